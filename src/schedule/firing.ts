import { parseDuration } from "../core/duration.ts";
import type { Job } from "./job.ts";
import { countDue, latestDue, nextDue } from "./next_due.ts";
import { type ActiveExecution, decideOverlap } from "./overlap.ts";

/** A start within this time of its due time is on time; beyond it, it is a catch-up. */
export const ON_TIME_MS = 5_000;

/** Why a due time passed without a run: the previous one was still active; as many as may wait did; it was noticed too
 * late; a later due time took its place; the job was disabled. A key of `job.skipped`. */
export type SkipReason = "overlap" | "queue-full" | "too-late" | "superseded" | "disabled";

export type Firing =
  | { do: "start"; trigger: "schedule" | "catch-up"; lateByMs: number }
  | { do: "skip"; why: SkipReason; lateByMs: number };

/** Decides about one due time that has come.
 * @param active executions, of this job or any; those of other jobs and finished ones do not count */
export function decideFiring(job: Job, dueAt: Date, now: Date, active: readonly ActiveExecution[]): Firing {
  const lateByMs = now.getTime() - dueAt.getTime();
  if (!job.enabled) return { do: "skip", why: "disabled", lateByMs };
  const late = lateByMs > ON_TIME_MS;
  if (late && job.catchUp.policy === "none") return { do: "skip", why: "too-late", lateByMs };
  if (late && lateByMs > parseDuration(job.catchUp.window, "catchUp.window")) {
    return { do: "skip", why: "too-late", lateByMs };
  }
  const overlap = decideOverlap(job, active);
  if (overlap.do === "skip") return { do: "skip", why: overlap.why, lateByMs };
  return { do: "start", trigger: late ? "catch-up" : "schedule", lateByMs };
}

/** What happens with the due times of a job that have come: one of them is decided, the ones before it are counted. */
export interface DuePlan {
  /** The newest due time that has come. */
  dueAt: Date;
  firing: Firing;
  /** How many older due times passed with nothing started, and why; see `countDue` for how exact that is. */
  missed: number;
  missedWhy: SkipReason;
  /** The first due time that has not come yet. */
  nextRun: Date | undefined;
}

/** Plans the due times from `job.nextRun` to now. However long nobody looked, it costs the same: they are counted, not
 * walked through.
 * @returns undefined when nothing is due
 * @throws {CronError} when a schedule cannot be read */
export function planDue(job: Job, now: Date, active: readonly ActiveExecution[]): DuePlan | undefined {
  if (job.nextRun === null) return undefined;
  const oldest = new Date(job.nextRun);
  if (oldest > now) return undefined;
  const anchor = new Date(job.createdAt);
  const dueAt = latestDue(job.schedules, job.timezone, oldest, now, anchor) ?? oldest;
  const firing = decideFiring(job, dueAt, now, active);
  return {
    dueAt,
    firing,
    missed: dueAt > oldest ? countDue(job.schedules, job.timezone, oldest, dueAt, anchor) : 0,
    missedWhy: firing.do === "skip" && (firing.why === "too-late" || firing.why === "disabled")
      ? firing.why
      : "superseded",
    nextRun: nextDue(job.schedules, job.timezone, now, anchor),
  };
}
