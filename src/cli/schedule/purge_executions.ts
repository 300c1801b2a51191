import { dirname, isAbsolute, relative, sep } from "node:path";
import { leaksPathOf } from "../../bundle/quarantine_paths.ts";
import { describeError } from "../../core/errors.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { StateFolder } from "../../schedule/state_folder.ts";
import type { JobStore } from "../../store/job_store.ts";

export interface Purged {
  executions: number;
  bundles: number;
  bytes: number;
  /** What could not be removed; its record stays, so that it can be tried again. One line each. */
  faults: string[];
}

/** Deletes executions with their local files. Only files inside the folder of bundles are touched, whatever a record
 * says; uploaded copies are not. */
export async function purgeExecutions(store: JobStore, state: StateFolder, executions: Execution[]): Promise<Purged> {
  const purged: Purged = { executions: 0, bundles: 0, bytes: 0, faults: [] };
  const folders = new Set<string>();
  for (const execution of executions) {
    if (execution.status === "running") {
      purged.faults.push(`${execution.id} is not purged: it has just started`);
      continue;
    }
    try {
      const bytes = await removeFile(state, execution.bundlePath);
      await removeFile(state, execution.analysisPath);
      await removeFile(state, leaksPathOf(execution.bundlePath) ?? "");
      await store.deleteExecution(execution.id);
      if (bytes !== undefined) {
        purged.bundles++;
        purged.bytes += bytes;
        folders.add(dirname(execution.bundlePath));
      }
      purged.executions++;
    } catch (error) {
      purged.faults.push(`${execution.id} is not purged: ${describeError(error)}`);
    }
  }
  for (const folder of folders) {
    if (isInside(state.bundles, folder)) await Deno.remove(folder).catch(() => {}); // stays when something is in it
  }
  return purged;
}

/** @returns its size; undefined when there was nothing to remove */
async function removeFile(state: StateFolder, path: string): Promise<number | undefined> {
  if (path === "" || !isInside(state.bundles, path)) return undefined;
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
