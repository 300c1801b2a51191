import { giveName } from "../bundle/give_name.ts";
import { uncheckedPath } from "../bundle/quarantine_paths.ts";
import type { PipelineRequest } from "./request.ts";

/** Where a run's archive is until it is whole and checked. Two commands that want the same name at the same time do not write
 * into one file. */
export function unnamedPath({ archivePath, execution }: PipelineRequest): string {
  return uncheckedPath(execution === undefined ? `${archivePath}.${Deno.pid}` : archivePath);
}

/** Gives a finished archive its name. An attempt of an execution replaces what an earlier one left; any other run replaces
 * nothing.
 * @param inFull makes the file's name from that of an archive
 * @returns the name that it has now */
export async function nameArchive(
  unnamed: string,
  { archivePath, execution }: PipelineRequest,
  inFull = (archive: string) => archive,
): Promise<string> {
  if (execution === undefined) return await giveName(unnamed, archivePath, inFull);
  await Deno.rename(unnamed, inFull(archivePath));
  return inFull(archivePath);
}
