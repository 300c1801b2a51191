import { lastSuccess } from "../../store/last_success.ts";
import { deadLetters } from "../../schedule/dead_letter.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { JobStore } from "../../store/job_store.ts";

/** Failures that are looked at, at most, the newest first: a job that fails each second has more than anybody reads. */
const MAX_LOOKS = 10_000;

/** The dead letters of one job, or of all that exist, newest due time first.
 * @param since only those due after it */
export async function findDeadLetters(
  store: JobStore,
  { jobId, since }: { jobId?: string; since?: Date } = {},
): Promise<Execution[]> {
  const ended: Execution[] = [];
  for (const status of ["failed", "cancelled"] as const) {
    ended.push(...await store.listExecutions({ jobId, status, since, limit: MAX_LOOKS }));
  }
  const found: Execution[] = [];
  for (const [id, ofJob] of Map.groupBy(ended, (it) => it.jobId)) {
    // Of a job that is gone, nothing can be made good any more.
    if (await store.getJob(id) === undefined) continue;
    found.push(...deadLetters(ofJob, await lastSuccess(store, id)));
  }
  return found.sort((a, b) => Date.parse(b.scheduledAt) - Date.parse(a.scheduledAt));
}
