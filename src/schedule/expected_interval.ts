import type { Job } from "./job.ts";
import { nextRunsOf, type ScheduleOfJob } from "./job_due.ts";

/** What the distance of a job's runs depends on. */
export type Timing = Pick<Job, "schedules" | "timezone" | "blackout">;

const STEP_MS = 3_600_000;
// Longer than a week: a night, a weekend, hours of blackout are seen.
const HORIZON_MS = 8 * 86_400_000;
const FIRST_RUNS = 10;
// Of an hour: of a job that runs more often, the last one may be missed by seconds.
const MAX_RUNS = 400;

/** How long a job may be without a run while all is well: the longest time between two runs of its schedule, of those that
 * begin within eight days of the first one. `0 2 * * 1-5` has three days, because of the weekend.
 * @returns milliseconds; undefined when fewer than two runs are to come
 * @throws {CronError} when a schedule cannot be read */
export function expectedIntervalMs(timing: Timing, from: Date): number | undefined {
  const job: ScheduleOfJob = {
    ...timing,
    startAt: null,
    endAt: null,
    maxRuns: null,
    scheduledRuns: 0,
    createdAt: from.toISOString(),
  };
  const runsAfter = (at: number, count: number) => nextRunsOf(job, new Date(at), count).map((run) => run.getTime());
  let first = runsAfter(from.getTime(), 2);
  if (first.length < 2) return undefined;
  if (first[1]! - first[0]! <= STEP_MS) first = runsAfter(from.getTime(), FIRST_RUNS);
  let longest = Math.max(...first.slice(1).map((run, i) => run - first[i]!));
  // From hour to hour while runs are close together, from run to run where they are not.
  let [at, isRun] = [first[0]!, true];
  while (at < first[0]! + HORIZON_MS) {
    const [run] = runsAfter(at, 1);
    if (run === undefined) break;
    if (run - at <= STEP_MS) [at, isRun] = [at + STEP_MS, false];
    else {
      const before = isRun ? at : lastRun(runsAfter(at - STEP_MS, MAX_RUNS), at);
      longest = Math.max(longest, run - before);
      [at, isRun] = [run, true];
    }
  }
  return longest;
}

function lastRun(runs: number[], until: number): number {
  return runs.findLast((run) => run <= until) ?? until;
}
