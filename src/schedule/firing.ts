import { parseDuration } from "../core/duration.ts";
import type { Job } from "./job.ts";
import type { Execution } from "./execution.ts";
import { blackoutAt } from "./blackout.ts";
import { jitterMs } from "./jitter.ts";
import { countDueOf, latestDueOf, nextDueOf } from "./job_due.ts";
import { type ActiveExecution, decideOverlap, OVERLAP_OF } from "./overlap.ts";

/** A start within this time of its due time is on time; beyond it, it is a catch-up. */
export const ON_TIME_MS = 5_000;

/** Why a due time passed without a run: it lay in blackout hours; the previous one was still active; as many as may wait did; it was noticed too
 * late; a later due time took its place; the job was disabled. A key of `job.skipped`. */
export type SkipReason = "blackout" | "overlap" | "queue-full" | "too-late" | "superseded" | "disabled";

export type Firing =
  | {
    do: "start";
    trigger: "schedule" | "catch-up";
    overlap: Execution["overlap"];
    /** When it may begin; absent: at once. */
    notBefore?: Date;
    lateByMs: number;
  }
  | { do: "skip"; why: SkipReason; lateByMs: number };

/** Decides about one due time that has come.
 * @param active executions, of this job or any; those of other jobs and finished ones do not count
 * @param host name of this machine, which jitter depends on
 * @returns undefined while it has to wait for room in the queue: nothing is lost by it */
export function decideFiring(
  job: Job,
  dueAt: Date,
  now: Date,
  active: readonly ActiveExecution[],
  host = "",
): Firing | undefined {
  const lateByMs = now.getTime() - dueAt.getTime();
  if (!job.enabled) return { do: "skip", why: "disabled", lateByMs };
  if (blackoutAt(job.blackout, job.timezone, dueAt) !== undefined) return { do: "skip", why: "blackout", lateByMs };
  const late = lateByMs > ON_TIME_MS;
  if (late && (job.catchUp.policy === "none" || lateByMs > catchUpWindowMs(job))) {
    return { do: "skip", why: "too-late", lateByMs };
  }
  // To run each of many missed due times, and to skip all but one because they overlap, would contradict each other.
  const mustRun = late && job.catchUp.policy === "all" && job.overlapPolicy !== "allow";
  const overlap = decideOverlap(mustRun ? { id: job.id, overlapPolicy: "queue-all" } : job, active);
  if (overlap.do === "skip") return mustRun ? undefined : { do: "skip", why: overlap.why, lateByMs };
  return {
    do: "start",
    trigger: late ? "catch-up" : "schedule",
    overlap: mustRun ? "wait" : OVERLAP_OF[job.overlapPolicy],
    notBefore: decideStart(job, dueAt, now, host),
    lateByMs,
  };
}

/** When a run may begin: later by its jitter, but not in blackout hours because of it, and after those that it is in now.
 * @returns undefined for at once */
function decideStart(job: Job, dueAt: Date, now: Date, host: string): Date | undefined {
  const earliest = blackoutAt(job.blackout, job.timezone, now)?.end ?? dueAt;
  const shifted = new Date(earliest.getTime() + jitterMs(job, dueAt, host));
  const start = blackoutAt(job.blackout, job.timezone, shifted) === undefined ? shifted : earliest;
  return start > now ? start : undefined;
}

/** What happens with the due times of a job that have come: one of them is decided, the others are counted. */
export interface DuePlan {
  dueAt: Date;
  firing: Firing;
  /** How many other due times passed with nothing started, by reason; see `countDue` for how exact that is. */
  missed: Partial<Record<SkipReason, number>>;
  /** The first due time that is not decided by this. */
  nextRun: Date | undefined;
}

/** Plans the due times from `job.nextRun` to now: the newest of them (outside of blackout hours, if there is one), or, where all are caught up with, the oldest. However
 * long nobody looked, it costs the same: they are counted, not walked through.
 * @returns undefined when nothing is due, or nothing can be decided yet
 * @throws {CronError} when a schedule cannot be read */
export function planDue(
  job: Job,
  now: Date,
  active: readonly ActiveExecution[],
  host?: string,
): DuePlan | undefined {
  if (job.nextRun === null) return undefined;
  const oldest = new Date(job.nextRun);
  if (oldest > now) return undefined;
  const each = job.catchUp.policy === "all" ? oldestToCatchUp(job, oldest, now) : undefined;
  const dueAt = each ?? newestToRun(job, oldest, now);
  const firing = decideFiring(job, dueAt, now, active, host);
  if (firing === undefined) return undefined;
  const missed: DuePlan["missed"] = {};
  const older = dueAt > oldest ? countDueOf(job, oldest, dueAt) : 0;
  if (older > 0) missed[each === undefined ? missedWhy(job, firing) : "too-late"] = older;
  const newer = each === undefined ? countDueOf(job, dueAt, now) : 0;
  if (newer > 0) missed.blackout = (missed.blackout ?? 0) + newer;
  return {
    dueAt,
    firing,
    missed,
    nextRun: nextDueOf(job, each ?? now),
  };
}

/** The oldest due time that is still within the catch-up window. */
function oldestToCatchUp(job: Job, oldest: Date, now: Date): Date | undefined {
  const from = now.getTime() - catchUpWindowMs(job);
  const first = oldest.getTime() >= from ? oldest : nextDueOf(job, new Date(from - 1));
  return first !== undefined && first <= now ? first : undefined;
}

function catchUpWindowMs(job: Job): number {
  return parseDuration(job.catchUp.window, "catchUp.window");
}

/** The newest due time that has come; where it lies in blackout hours, the newest before them is caught up with. */
function newestToRun(job: Job, oldest: Date, now: Date): Date {
  let newest = latestDueOf(job, oldest, now) ?? oldest;
  if (job.catchUp.policy === "none") return newest;
  for (let blackout; newest > oldest && (blackout = blackoutAt(job.blackout, job.timezone, newest)) !== undefined;) {
    newest = latestDueOf(job, oldest, new Date(blackout.start.getTime() - 1)) ?? oldest;
  }
  return newest;
}

function missedWhy(job: Job, firing: Firing): SkipReason {
  if (firing.do === "skip" && firing.why === "blackout") return job.catchUp.policy === "none" ? "too-late" : "blackout";
  return firing.do === "skip" && (firing.why === "too-late" || firing.why === "disabled") ? firing.why : "superseded";
}
