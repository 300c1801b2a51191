import type { Execution } from "../../schedule/execution.ts";
import type { JobStore } from "../../store/job_store.ts";

/** The job's newest execution that was not skipped. Looks at the newest 50: beyond them nobody cares how it went. */
export async function lastExecution(store: JobStore, jobId: string): Promise<Execution | undefined> {
  return (await store.listExecutions({ jobId, limit: 50 })).find(({ status }) => status !== "skipped");
}
