import { skippedExecution } from "../schedule/apply_firing.ts";
import { blackoutAt } from "../schedule/blackout.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";

/** What becomes of an execution whose turn has come: `running`, or it ends without an attempt, or is put off. */
export function beginAttempt(execution: Execution, job: Job | undefined, now: Date): Execution {
  if (job === undefined) {
    const endTime = now.toISOString();
    return { ...execution, status: "cancelled", error: "its job is gone", errorCode: "JOB_GONE", endTime };
  }
  if (execution.status === "pending" && !byHand(execution)) {
    if (!job.enabled && execution.trigger !== "backfill") {
      return skippedExecution(execution, "disabled", now.getTime() - Date.parse(execution.scheduledAt), now);
    }
    // It waited for a slot or for another run, and blackout hours have begun meanwhile.
    const blackout = blackoutAt(job.blackout, job.timezone, now);
    if (blackout !== undefined) return { ...execution, notBefore: blackout.end.toISOString() };
  }
  return {
    ...execution,
    status: "running",
    startTime: now.toISOString(),
    endTime: null,
    retryAt: null,
    process: null,
    bundleRemoved: null,
  };
}

/** What somebody wants now is run now, whatever the job's policies say. */
function byHand({ trigger }: Execution): boolean {
  return trigger === "manual" || trigger === "recover";
}

/** Whether an attempt may begin now, as far as the execution itself says. */
export function isRunnable({ status, retryAt, notBefore }: Execution, now: Date): boolean {
  const from = status === "pending" ? notBefore : status === "retrying" ? retryAt : undefined;
  return from !== undefined && (from === null || new Date(from) <= now);
}
