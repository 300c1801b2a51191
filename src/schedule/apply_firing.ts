import { formatDuration } from "../core/duration.ts";
import { type Execution, executionId, executionSchema, type ExecutionStatus } from "./execution.ts";
import type { DuePlan, SkipReason } from "./firing.ts";
import type { Job } from "./job.ts";
import { hasRunOut, nextDueOf } from "./job_due.ts";
import { OVERLAP_OF } from "./overlap.ts";

/** The job with its next due time after `now`: after its schedules were set or changed, or it was enabled or disabled.
 * @throws {CronError} when a schedule cannot be read */
export function withNextRun(job: Job, now: Date): Job {
  if (!job.enabled || hasRunOut(job)) return { ...job, nextRun: null };
  const next = nextDueOf(job, now);
  return { ...job, nextRun: next?.toISOString() ?? null };
}

/** The job, disabled by somebody. An earlier pause is overwritten. */
export function withPause(job: Job, paused: NonNullable<Job["paused"]>): Job {
  return { ...job, enabled: false, paused, nextRun: null, status: "disabled" };
}

/** The job, enabled: the pause and the failures before it are forgotten. Its next due time is still to be set. */
export function withoutPause(job: Job): Job {
  return { ...job, enabled: true, paused: null, failuresInRow: 0 };
}

/** The execution that records what was decided about a due time: pending, or skipped with the reason. */
export function plannedExecution(job: Job, plan: DuePlan, now: Date): Execution {
  const { firing } = plan;
  if (firing.do === "start") {
    const notBefore = firing.notBefore?.toISOString() ?? null;
    return { ...newExecution(job, plan.dueAt, firing.trigger), overlap: firing.overlap, notBefore };
  }
  const execution = newExecution(job, plan.dueAt, "schedule");
  return skippedExecution({ ...execution, runNumber: 0 }, firing.why, firing.lateByMs, now);
}

/** The execution, not run for a reason. */
export function skippedExecution(execution: Execution, why: SkipReason, lateByMs: number, now: Date): Execution {
  return {
    ...execution,
    status: "skipped",
    endTime: now.toISOString(),
    error: skipMessage(why, lateByMs),
    errorCode: `SKIPPED_${why.toUpperCase().replace("-", "_")}` as Uppercase<string>,
  };
}

/** A pending execution, as `run JOB` makes it (due now, `manual`) or a due time does: the job's next run. */
export function newExecution(job: Job, scheduledAt: Date, trigger: Execution["trigger"]): Execution {
  return executionSchema.parse({
    id: executionId(job.id, scheduledAt),
    jobId: job.id,
    jobName: job.name,
    scheduledAt: scheduledAt.toISOString(),
    trigger,
    runNumber: job.runCount + 1,
    overlap: OVERLAP_OF[job.overlapPolicy],
    priority: job.priority,
  });
}

/** The job after its due times were decided as planned: counters, status, next due time. A job that was advanced past the
 * plan in the meantime stays as it is, so that a plan counts once, however often it is applied.
 * @param slotTaken the due time has its execution already, made by other means: it counts as that one's run */
export function applyPlan(job: Job, plan: DuePlan, slotTaken = false): Job {
  if (job.nextRun === null || new Date(job.nextRun) > plan.dueAt) return job;
  let changed: Job = { ...job, nextRun: plan.nextRun?.toISOString() ?? null };
  for (const [why, count] of Object.entries(plan.missed)) changed = countSkipped(changed, why as SkipReason, count);
  if (slotTaken) return changed;
  if (plan.firing.do === "skip") return countSkipped(changed, plan.firing.why, 1);
  const ran = { ...applyRun(changed), scheduledRuns: changed.scheduledRuns + 1 };
  return hasRunOut(ran) ? { ...ran, nextRun: null } : ran;
}

/** The job after an execution was created for it: by its schedule, or by hand. */
export function applyRun(job: Job): Job {
  return { ...job, runCount: job.runCount + 1, status: job.enabled ? "pending" : job.status };
}

/** The job while an attempt of its execution starts. */
export function applyStart(job: Job, startedAt: Date): Job {
  return { ...job, lastRun: startedAt.toISOString(), status: job.enabled ? "running" : job.status };
}

const JOB_STATUS: Readonly<Record<ExecutionStatus, Job["status"] | undefined>> = {
  pending: "pending",
  running: "running",
  retrying: "running",
  completed: "completed",
  partial: "partial",
  failed: "failed",
  cancelled: "failed",
  quarantined: "failed",
  skipped: undefined, // the job's status is that of its last run
};

/** The job after its execution reached a status. */
export function applyOutcome(job: Job, execution: Pick<Execution, "status" | "error" | "endTime">): Job {
  const next = countFailure(withStatusOf(job, execution), execution.status);
  const { failuresInRow, pauseAfterFailures } = next;
  if (!next.enabled || pauseAfterFailures === null || failuresInRow < pauseAfterFailures) return next;
  const times = failuresInRow === 1 ? "it failed" : `it failed ${failuresInRow} times in a row`;
  const note = `${times}, the last time: ${execution.error.slice(0, MAX_REASON)}`;
  return withPause(next, { by: SCHEDULER, note, since: execution.endTime ?? new Date(0).toISOString() });
}

/** Who disables a job that fails too often. */
export const SCHEDULER = "scheduler";

const MAX_REASON = 300;

/** The status of the job as it follows from an execution's. */
export function withStatusOf(job: Job, execution: Pick<Execution, "status" | "error">): Job {
  const status = JOB_STATUS[execution.status];
  if (status === undefined) return job;
  const settled = execution.status !== "pending" && execution.status !== "running";
  const lastError = settled ? execution.error : job.lastError;
  return { ...job, status: job.enabled ? status : "disabled", lastError };
}

function countFailure(job: Job, status: ExecutionStatus): Job {
  if (status === "failed" || status === "quarantined") return { ...job, failuresInRow: job.failuresInRow + 1 };
  return status === "completed" || status === "partial" ? { ...job, failuresInRow: 0 } : job;
}

/** The job after due times of it were not run. */
export function countSkipped(job: Job, why: SkipReason, count: number): Job {
  return { ...job, skipped: { ...job.skipped, [why]: (job.skipped[why] ?? 0) + count } };
}

function skipMessage(why: SkipReason, lateByMs: number): string {
  switch (why) {
    case "blackout":
      return "Skipped: it was due in blackout hours";
    case "overlap":
      return "Skipped: the run before it was still active";
    case "queue-full":
      return "Skipped: as many runs as may wait for the one before to end were waiting already";
    case "too-late":
      return `Skipped: it was noticed ${formatDuration(Math.round(lateByMs / 1000) * 1000)} late`;
    case "superseded":
      return "Skipped: a later due time had come";
    case "disabled":
      return "Skipped: the job was disabled";
  }
}
