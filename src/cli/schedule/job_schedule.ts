import { withNextRun, withStatusOf } from "../../schedule/apply_firing.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";

/** The job with its next due time counted from now, and a status that fits: for a new job, and after its schedule, its
 * zone or whether it is enabled has changed.
 * @param last the job's newest execution that was not skipped, if it has one */
export function rescheduled(job: Job, now: Date, last?: Execution): Job {
  const next = withNextRun(job, now);
  if (!job.enabled) return { ...next, status: "disabled" };
  if (job.status !== "disabled") return next;
  const pending: Job = { ...next, status: "pending" };
  return last === undefined ? pending : withStatusOf(pending, last);
}
