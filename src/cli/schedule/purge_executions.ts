import { basename } from "node:path";
import { describeError } from "../../core/errors.ts";
import { removeBundleFiles } from "../../daemon/bundle_files.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { StateFolder } from "../../schedule/state_folder.ts";
import type { JobStore } from "../../store/job_store.ts";

export interface Purged {
  executions: number;
  bundles: number;
  /** Of the bundles. */
  bytes: number;
  /** What could not be removed; its record stays, so that it can be tried again. One line each. */
  faults: string[];
}

/** Deletes executions with their local files. Only files inside the folder of bundles are touched, whatever a record
 * says; uploaded copies are not.
 * @param beforeRemoval called for those whose bundles wait for their destinations */
export async function purgeExecutions(
  store: JobStore,
  state: StateFolder,
  executions: Execution[],
  beforeRemoval: (execution: Execution) => Promise<void> = () => Promise.resolve(),
): Promise<Purged> {
  const purged: Purged = { executions: 0, bundles: 0, bytes: 0, faults: [] };
  for (const execution of executions) {
    if (execution.status === "running") {
      purged.faults.push(`${execution.id} is not purged: it has just started`);
      continue;
    }
    try {
      if (execution.upload.state === "waiting") await beforeRemoval(execution);
      const files = await removeBundleFiles(state, execution);
      const bytes = [...files].find(([path]) => basename(path) === basename(execution.bundlePath))?.[1];
      await store.deleteExecution(execution.id);
      if (bytes !== undefined) {
        purged.bundles++;
        purged.bytes += bytes;
      }
      purged.executions++;
    } catch (error) {
      purged.faults.push(`${execution.id} is not purged: ${describeError(error)}`);
    }
  }
  return purged;
}
