import { newExecution } from "./apply_firing.ts";
import { blackoutAt } from "./blackout.ts";
import type { Execution } from "./execution.ts";
import type { Job } from "./job.ts";
import { nextDueOf } from "./job_due.ts";

/** The due times of an interval that the job's schedule would have run, ascending: those in blackout hours are left out.
 * @param from inclusive @param to inclusive
 * @throws {CronError} when a schedule cannot be read */
export function* backfillSlots(job: Job, from: Date, to: Date): Generator<Date> {
  let due = nextDueOf(job, new Date(from.getTime() - 1));
  while (due !== undefined && due <= to) {
    const blackout = blackoutAt(job.blackout, job.timezone, due);
    if (blackout === undefined) yield due;
    due = nextDueOf(job, blackout === undefined ? due : new Date(blackout.end.getTime() - 1));
  }
}

/** The execution that makes up for a due time: it waits for those before it, unless the job lets runs overlap. */
export function backfillExecution(job: Job, dueAt: Date): Execution {
  const execution = newExecution(job, dueAt, "backfill");
  return { ...execution, overlap: job.overlapPolicy === "allow" ? "allow" : "wait" };
}
