import { describeSchedule } from "../../schedule/describe_schedule.ts";
import type { Job } from "../../schedule/job.ts";
import { hasRunOut, nextRunsOf } from "../../schedule/job_due.ts";
import { oneLine } from "../render/table.ts";
import { relativeTime, utcTime, wallTime } from "../render/time.ts";

/** The schedules, what they mean, and their zone, for `renderFields`. */
export function scheduleLines(
  { schedules, timezone }: Pick<Job, "schedules" | "timezone">,
): [label: string, value: string | string[]][] {
  if (schedules.length === 0) return [["Schedule", "none: it follows other jobs"], ["Time zone", timezone]];
  return [
    ["Schedule", schedules.map(oneLine)],
    ["Time zone", timezone],
    ["Meaning", describeSchedule(schedules, timezone)],
  ];
}

/** Lines such as `2026-03-29 02:00 CET (in 3 h), 2026-03-29T01:00:00Z`. */
export function nextRunLines(job: Job, now: Date, count: number): string[] {
  if (!job.enabled) return [`none: the job is disabled; \`schedule enable\` lets it run`];
  const runs = nextRunsOf(job, now, count);
  return runs.length === 0 ? [`none: ${whyNothingDue(job, now)}`] : runs.map((at) => runText(job, at, now));
}

/** Why an enabled job has no next due time. */
export function whyNothingDue(job: Job, now: Date): string {
  if (job.schedules.length === 0) return "it has no schedule, it follows other jobs";
  if (hasRunOut(job)) return `its schedule has made all of its ${job.maxRuns} runs`;
  if (job.endAt !== null && new Date(job.endAt) < now) return `its end was at ${utcTime(new Date(job.endAt))}`;
  return "its schedule has no due time any more";
}

/** The job's stored next due time, for one line. */
export function nextRunText(job: Job, now: Date): string {
  if (job.nextRun === null) return job.enabled ? `none: ${whyNothingDue(job, now)}` : "none, it is disabled";
  return runText(job, new Date(job.nextRun), now);
}

function runText(job: Job, at: Date, now: Date): string {
  const zone = job.timezone;
  const local = zone === "UTC" ? utcTime(at) : `${wallTime(at, zone)} = ${utcTime(at)}`;
  return `${local} (${relativeTime(at, now)})`;
}
