import { skippedExecution } from "../schedule/apply_firing.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";

/** What becomes of an execution whose turn has come: `running`, or it ends without an attempt. */
export function beginAttempt(execution: Execution, job: Job | undefined, now: Date): Execution {
  if (job === undefined) {
    const endTime = now.toISOString();
    return { ...execution, status: "cancelled", error: "its job is gone", errorCode: "JOB_GONE", endTime };
  }
  if (!job.enabled && isScheduled(execution) && execution.status === "pending") {
    return skippedExecution(execution, "disabled", now.getTime() - Date.parse(execution.scheduledAt), now);
  }
  return {
    ...execution,
    status: "running",
    startTime: now.toISOString(),
    endTime: null,
    retryAt: null,
    process: null,
  };
}

/** Whether a due time of the job made it. What somebody asked for is run whatever the job's policies say now. */
function isScheduled({ trigger }: Execution): boolean {
  return trigger === "schedule" || trigger === "catch-up";
}

/** Whether an attempt may begin now, as far as the execution itself says. */
export function isRunnable({ status, retryAt }: Execution, now: Date): boolean {
  return status === "pending" || (status === "retrying" && (retryAt === null || new Date(retryAt) <= now));
}
