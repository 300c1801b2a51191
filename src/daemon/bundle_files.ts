import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { removeResumeFile } from "../bundle/resume_path.ts";
import { leaksPathOf } from "../bundle/quarantine_paths.ts";
import type { Execution } from "../schedule/execution.ts";
import type { StateFolder } from "../schedule/state_folder.ts";

/** What a record says of an execution's files. */
export type BundleNames = Pick<Execution, "bundlePath" | "analysisPath"> & Partial<Pick<Execution, "companions">>;

/** The files of an execution that has ended: its bundle, the analysis and the signature beside it, and the places of a
 * quarantined one. Where the state folder was moved since, they are looked for in its new place. */
export function bundleFilesOf(
  { bundlePath, analysisPath, companions = [] }: BundleNames,
  { bundles }: Pick<StateFolder, "bundles">,
): string[] {
  return namedFiles({ bundlePath, analysisPath, companions }).map((path) =>
    isInside(bundles, path) ? path : join(bundles, basename(dirname(path)), basename(path))
  ).filter((path) => isInside(bundles, path));
}

/** Paths that an execution's record names, by itself or through others. */
export function namedFiles({ bundlePath, analysisPath, companions = [] }: BundleNames): string[] {
  return [bundlePath, analysisPath, leaksPathOf(bundlePath) ?? "", ...companions].filter((path) => path !== "");
}

/** Removes the files of an execution. Only those inside the folder of bundles are touched, whatever the record says. A folder
 * goes with its last file.
 * @returns bytes of each file that was there, the bundle's first */
export async function removeBundleFiles(
  state: StateFolder,
  execution: BundleNames,
): Promise<Map<string, number>> {
  const removed = new Map<string, number>();
  const [bundle] = bundleFilesOf({ ...execution, analysisPath: "" }, state);
  if (bundle !== undefined) await removeResumeFile(bundle);
  for (const path of bundleFilesOf(execution, state)) {
    const bytes = await removeFile(path);
    if (bytes !== undefined) removed.set(path, bytes);
  }
  for (const folder of new Set([...removed.keys()].map((path) => dirname(path)))) {
    if (isInside(state.bundles, folder)) await Deno.remove(folder).catch(() => {}); // stays when something is in it
  }
  return removed;
}

/** @returns its bytes; undefined when it was not there */
async function removeFile(path: string): Promise<number | undefined> {
  try {
    const { size } = await Deno.lstat(path);
    await Deno.remove(path);
    return size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(".." + sep) && !isAbsolute(way);
}
