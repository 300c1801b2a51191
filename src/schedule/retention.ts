import { tryParseDuration } from "../core/duration.ts";
import { parseSize } from "../core/size.ts";
import { ACTIVE_STATUSES, type Execution } from "./execution.ts";
import type { Job } from "./job.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** History outlives its bundles: for at least so long, and so many executions of a job. */
export const HISTORY_MS = 90 * DAY_MS;
export const HISTORY_COUNT = 1_000;
/** What has just ended stays, however much has ended since: chains and notifications may still look at it. */
const YOUNG_MS = HOUR_MS;

/** What may be kept of a job's bundles; absent: no bound. */
export interface RetentionBounds {
  maxAgeMs?: number;
  maxCount?: number;
  maxBytes?: number;
}

/** Why a bundle goes: too old, too many, too large together, no space left, or somebody asked for it. */
export type RemovalReason = "age" | "count" | "size" | "space" | "cleanup";

export interface RetentionPlan {
  /** Executions whose bundles go, oldest first. */
  bundles: { execution: Execution; why: RemovalReason }[];
  /** Executions whose bundles would go, and stay until they were delivered. */
  undelivered: Execution[];
  /** Executions that go as a whole, with their logs. */
  history: Execution[];
}

/** The bounds of a job: its own, and where it does not say, the age that the settings give. */
export function boundsOf(job: Pick<Job, "retention"> | undefined, defaultAgeMs?: number): RetentionBounds {
  const { maxAge = "", maxCount = null, maxBytes = "" } = job?.retention ?? {};
  const ageMs = maxAge === "" ? defaultAgeMs : tryParseDuration(maxAge);
  return {
    ...ageMs ? { maxAgeMs: ageMs } : {},
    ...maxCount === null ? {} : { maxCount },
    ...maxBytes === "" ? {} : { maxBytes: parseSize(maxBytes, "retention.maxBytes") },
  };
}

/** Decides what of a job goes now. Bundles that are pinned are outside of all bounds, those that wait for their destination
 * outside of all but that of age, and the newest one is never too large. One that could not be delivered by a version that did
 * not try again stays until somebody does.
 * @param executions all of one job
 * @param job undefined: it was deleted */
export function planRetention(
  executions: readonly Execution[],
  job: Pick<Job, "upload"> | undefined,
  bounds: RetentionBounds,
  now: Date,
): RetentionPlan {
  const ended = endedNewestFirst(executions);
  const bundles: RetentionPlan["bundles"] = [];
  const undelivered: Execution[] = [];
  let count = 0;
  let bytes = 0;
  for (const execution of ended) {
    if (execution.bundlePath === "" || execution.pinned) continue;
    const waits = isUndelivered(execution, job);
    // What is tried again and again has as much time as any other bundle; what nobody tries any more stays.
    const stays = waits && execution.upload.state !== "waiting";
    if (!waits) {
      count++;
      bytes += execution.bundleSize;
    }
    const why = ageOf(execution, now) > (bounds.maxAgeMs ?? Infinity)
      ? "age"
      : !waits && count > (bounds.maxCount ?? Infinity)
      ? "count"
      : !waits && count > 1 && bytes > (bounds.maxBytes ?? Infinity)
      ? "size"
      : undefined;
    if (why === undefined) continue;
    if (stays) undelivered.push(execution);
    else bundles.push({ execution, why });
  }
  return { bundles: bundles.reverse(), undelivered: undelivered.reverse(), history: oldHistory(ended, bounds, now) };
}

/** Decides what goes when somebody asks for all that is older.
 * @param options.undelivered bundles go, too, whose upload did not succeed */
export function planCleanup(
  executions: readonly Execution[],
  job: Pick<Job, "upload"> | undefined,
  olderThanMs: number,
  now: Date,
  options: { undelivered?: boolean } = {},
): RetentionPlan {
  const old = endedNewestFirst(executions).reverse().filter((it) => !it.pinned && ageOf(it, now) > olderThanMs);
  const undelivered = options.undelivered ? [] : old.filter((it) => isUndelivered(it, job));
  const going = old.filter((it) => !undelivered.includes(it));
  return {
    bundles: going.filter((it) => it.bundlePath !== "").map((execution) => ({ execution, why: "cleanup" })),
    undelivered,
    history: going,
  };
}

/** Decides which bundles make room before their time: of those that were delivered, as many as it takes, oldest first.
 * @param executions of all jobs */
export function planRoom(executions: readonly Execution[], bytes: number): Execution[] {
  const going: Execution[] = [];
  let freed = 0;
  for (const execution of endedNewestFirst(executions).reverse()) {
    if (freed >= bytes) break;
    if (execution.bundlePath === "" || execution.pinned || execution.uploadUrl === "") continue;
    going.push(execution);
    freed += execution.bundleSize;
  }
  return going;
}

/** Whether the bundle was to be uploaded, and is here alone. One that is held back is not to be. */
export function isUndelivered(execution: Execution, job: Pick<Job, "upload"> | undefined): boolean {
  if (execution.bundlePath === "" || execution.uploadUrl !== "" || execution.status === "quarantined") return false;
  if (execution.upload.state === "failed") return false; // somebody has given it up
  const upload = execution.stages.find(({ stage }) => stage === "upload");
  return upload === undefined ? job?.upload.enabled === true : upload.status !== "ok";
}

/** When it ended, or would have begun where it never did. */
export function endedAt({ endTime, scheduledAt }: Pick<Execution, "endTime" | "scheduledAt">): number {
  return Date.parse(endTime ?? scheduledAt);
}

function oldHistory(newestFirst: readonly Execution[], { maxAgeMs = 0 }: RetentionBounds, now: Date): Execution[] {
  const maxMs = Math.max(HISTORY_MS, maxAgeMs);
  return newestFirst.filter((execution, older) =>
    execution.bundlePath === "" && !execution.pinned &&
    (ageOf(execution, now) > maxMs || older >= HISTORY_COUNT && ageOf(execution, now) > YOUNG_MS)
  ).reverse();
}

function endedNewestFirst(executions: readonly Execution[]): Execution[] {
  return executions.filter(({ status }) => !ACTIVE_STATUSES.includes(status))
    .sort((a, b) => endedAt(b) - endedAt(a) || (a.id < b.id ? 1 : -1));
}

function ageOf(execution: Execution, now: Date): number {
  return now.getTime() - endedAt(execution);
}
