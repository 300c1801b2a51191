import { UsageError } from "../../core/errors.ts";
import { withNextRun, withStatusOf } from "../../schedule/apply_firing.ts";
import { parseCron } from "../../schedule/cron_expression.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import { scheduleWarnings } from "../../schedule/schedule_warnings.ts";
import { parseTimezone } from "../../schedule/timezone.ts";

/** Reads the schedules and the zone of a job.
 * @returns them in their usual form, and what they mean that their writer may not expect
 * @throws {CronError} and what `parseTimezone` throws */
export function checkSchedules(schedules: string[], timezone: string, now: Date) {
  const zone = parseTimezone(timezone);
  const checked: string[] = [];
  for (const text of schedules) {
    parseCron(text);
    const source = text.trim().replace(/\s+/g, " ");
    if (checked.includes(source)) {
      throw new UsageError(`The schedule "${source}" is given twice`, "Leave one of them out");
    }
    checked.push(source);
  }
  return { schedules: checked, timezone: zone, warnings: scheduleWarnings(checked, zone, now) };
}

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
