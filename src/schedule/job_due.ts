import type { Job } from "./job.ts";
import { countDue, latestDue, nextDue } from "./next_due.ts";

/** The job's first due time after an instant. Throws as `nextDue` does, and so do the others here. */
export function nextDueOf(job: Job, after: Date): Date | undefined {
  return nextDue(job.schedules, job.timezone, after, anchorOf(job));
}

/** The job's last due time of an interval. @param after exclusive @param until inclusive */
export function latestDueOf(job: Job, after: Date, until: Date): Date | undefined {
  return latestDue(job.schedules, job.timezone, after, until, anchorOf(job));
}

/** How many due times of the job an interval has. @param after exclusive @param until inclusive */
export function countDueOf(job: Job, after: Date, until: Date): number {
  return countDue(job.schedules, job.timezone, after, until, anchorOf(job));
}

function anchorOf(job: Job): Date {
  return new Date(job.createdAt);
}
