import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { JobStore } from "../store/job_store.ts";

const LOOKED_AT = 20;

/** The job's last execution before this one that came to an end and was not skipped. */
export async function previousExecution(store: JobStore, current: Execution): Promise<Execution | undefined> {
  const recent = await store.listExecutions({ jobId: current.jobId, limit: LOOKED_AT });
  return recent.find((it) =>
    it.id !== current.id && it.scheduledAt < current.scheduledAt && it.status !== "skipped" &&
    it.status !== "cancelled" && !ACTIVE_STATUSES.includes(it.status)
  );
}
