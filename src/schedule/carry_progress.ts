import type { Job } from "./job.ts";

/** What decides when a job is due. */
const TIMES = [
  "schedules",
  "timezone",
  "enabled",
  "startAt",
  "endAt",
  "maxRuns",
] as const satisfies readonly (keyof Job)[];

/** A job as it was earlier, with how far it has come since: what ran stays counted, and due times that have been decided
 * are not decided again, as long as they are the same due times. */
export function carryProgress(earlier: Job, newer: Job): Job {
  const { runCount, scheduledRuns, lastRun, skipped } = newer;
  const counted = { ...earlier, runCount, scheduledRuns, lastRun, skipped };
  if (!TIMES.every((field) => JSON.stringify(earlier[field]) === JSON.stringify(newer[field]))) return counted;
  const { nextRun, failuresInRow, status, lastError } = newer;
  return { ...counted, nextRun, failuresInRow, status, lastError };
}
