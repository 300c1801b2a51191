import { blackoutAt } from "./blackout.ts";
import type { Job } from "./job.ts";
import { countDue, latestDue, nextDue, nextDues } from "./next_due.ts";

// A due time counts from the job's start to its end, both inclusive. All of these throw as `nextDue` does.

/** What the runs of a job depend on. */
export type ScheduleOfJob = Pick<
  Job,
  "schedules" | "timezone" | "blackout" | "startAt" | "endAt" | "maxRuns" | "scheduledRuns" | "createdAt"
>;

/** The job's first due time after an instant. */
export function nextDueOf(job: Job, after: Date): Date | undefined {
  const due = nextDue(job.schedules, job.timezone, notBeforeStart(job, after), anchorOf(job));
  return due !== undefined && due <= endOf(job) ? due : undefined;
}

/** The next due times after an instant at which the job will run, ascending, no more of them than it may: those in
 * blackout hours are left out. */
export function nextRunsOf(job: ScheduleOfJob, after: Date, count: number): Date[] {
  const wanted = job.maxRuns === null ? count : Math.min(count, Math.max(0, job.maxRuns - job.scheduledRuns));
  const runs: Date[] = [];
  let from = notBeforeStart(job, after);
  for (let looks = 0; looks < MAX_LOOKS && runs.length < wanted; looks++) {
    const dues = nextDues(job.schedules, job.timezone, from, anchorOf(job), wanted - runs.length);
    if (dues.length === 0) break;
    for (const due of dues) {
      if (due > endOf(job)) return runs;
      const blackout = blackoutAt(job.blackout, job.timezone, due);
      from = blackout === undefined ? due : new Date(blackout.end.getTime() - 1);
      if (blackout !== undefined) break;
      runs.push(due);
    }
  }
  return runs;
}

/** Blackouts that a preview looks behind, at most: a job may be due in nothing else. */
const MAX_LOOKS = 100;

/** The job's last due time of an interval. @param after exclusive @param until inclusive */
export function latestDueOf(job: Job, after: Date, until: Date): Date | undefined {
  const last = endOf(job) < until ? endOf(job) : until;
  return latestDue(job.schedules, job.timezone, notBeforeStart(job, after), last, anchorOf(job));
}

/** How many due times of the job an interval has. @param after exclusive @param until inclusive */
export function countDueOf(job: Job, after: Date, until: Date): number {
  const last = endOf(job) < until ? endOf(job) : until;
  return countDue(job.schedules, job.timezone, notBeforeStart(job, after), last, anchorOf(job));
}

/** Whether the schedule has made all the runs that it may. */
export function hasRunOut(job: Pick<Job, "maxRuns" | "scheduledRuns">): boolean {
  return job.maxRuns !== null && job.scheduledRuns >= job.maxRuns;
}

const MAX_DATE_MS = 8_640_000_000_000_000;

function anchorOf(job: ScheduleOfJob): Date {
  return new Date(job.createdAt);
}

function notBeforeStart({ startAt }: ScheduleOfJob, after: Date): Date {
  const beforeStart = startAt === null ? -Infinity : Date.parse(startAt) - 1;
  return after.getTime() < beforeStart ? new Date(beforeStart) : after;
}

function endOf({ endAt }: ScheduleOfJob): Date {
  return new Date(endAt ?? MAX_DATE_MS);
}
