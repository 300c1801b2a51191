import type { Execution } from "../schedule/execution.ts";
import type { JobStore } from "./job_store.ts";

/** When the last execution of a job that gave a bundle ended. Reads two records, however many failed since. */
export async function lastSuccess(store: JobStore, jobId: string): Promise<Date | undefined> {
  const newest: Execution[] = [];
  for (const status of ["completed", "partial"] as const) {
    newest.push(...await store.listExecutions({ jobId, status, limit: 1 }));
  }
  const ends = newest.flatMap(({ endTime }) => endTime === null ? [] : [Date.parse(endTime)]);
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}
