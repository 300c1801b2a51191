import { parseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import type { Job } from "../../schedule/job.ts";
import { coversTheWeek, parseBlackout } from "../../schedule/blackout.ts";
import { hasRunOut, nextDueOf, nextRunsOf } from "../../schedule/job_due.ts";
import { parseInstant } from "../../schedule/parse_instant.ts";
import type { JobFlags } from "./job_options.ts";

/** Applies the flags that say when a job is run and when not, beside its schedule.
 * @returns warnings
 * @throws {UsageError} that names the flag */
export function applyPolicyFlags(draft: Job, flags: JobFlags, isNew: boolean, now: Date): string[] {
  if (flags.overlap !== undefined) draft.overlapPolicy = flags.overlap;
  if (flags.catchUp !== undefined) draft.catchUp = { ...draft.catchUp, policy: flags.catchUp };
  if (flags.catchUpWindow !== undefined) {
    draft.catchUp = { ...draft.catchUp, window: durationFlag("--catch-up-window", flags.catchUpWindow, "1s", "366d") };
  }
  if (flags.pauseAfterFailures !== undefined) {
    const text = flags.pauseAfterFailures;
    draft.pauseAfterFailures = text.trim() === "" ? null : countFlag("--pause-after-failures", text, 1, 1_000);
  }
  if (flags.priority !== undefined) draft.priority = countFlag("--priority", flags.priority, -100, 100);
  if (flags.jitter !== undefined) {
    const none = ["", "0", "0s"].includes(flags.jitter.trim());
    draft.jitter = none ? "" : durationFlag("--jitter", flags.jitter, "1s", "24h");
  }
  if (flags.jitterMode !== undefined) draft.jitterMode = flags.jitterMode;
  applyBounds(draft, flags, now);
  if (flags.blackout !== undefined) draft.blackout = blackoutFlag(flags.blackout);
  const touched = isNew ? draft.blackout.length > 0 : [flags.blackout, flags.cron, flags.every].some((it) => it);
  return touched && nextDueOf(draft, now) !== undefined && nextRunsOf(draft, now, 1).length === 0
    ? ["The job will not run: all of its due times lie in its blackout hours"]
    : [];
}

function blackoutFlag(windows: string[]): string[] {
  for (const text of windows) parseBlackout(text, "--blackout");
  if (coversTheWeek(windows)) {
    throw new UsageError(
      "--blackout: these hours are the whole week, so nothing would ever start",
      "Leave some hours free, or stop the job with `support-bundle schedule disable JOB`",
    );
  }
  return windows.map((text) => text.trim().replace(/\s+/g, " "));
}

/** From when to when, and how often. An empty value takes a bound away. */
function applyBounds(draft: Job, { start, end, maxRuns }: JobFlags, now: Date): void {
  if (start === undefined && end === undefined && maxRuns === undefined) return;
  const instant = (flag: string, text: string, edge: "start" | "end") =>
    text.trim() === "" ? null : parseInstant(text, draft.timezone, edge, flag).toISOString();
  if (start !== undefined) draft.startAt = instant("--start", start, "start");
  if (end !== undefined) draft.endAt = instant("--end", end, "end");
  if (draft.startAt !== null && draft.endAt !== null && draft.startAt > draft.endAt) {
    throw new UsageError(`--end: ${draft.endAt} comes before the start, ${draft.startAt}`, "Write a later end");
  }
  if (maxRuns !== undefined) {
    draft.maxRuns = maxRuns.trim() === "" ? null : countFlag("--max-runs", maxRuns, 1, 1_000_000);
  }
  if (draft.maxRuns !== null && hasRunOut(draft)) {
    throw new UsageError(
      `--max-runs: the schedule has made ${draft.scheduledRuns} runs already`,
      "Write a larger number, or stop the job with `support-bundle schedule disable JOB`",
    );
  }
  if (draft.schedules.length > 0 && nextDueOf(draft, now) === undefined) {
    throw new UsageError(
      `${end === undefined ? "--start" : "--end"}: the job would have no due time any more`,
      "Write a start and an end that have a due time between them, and an end that is still to come",
    );
  }
}

/** Reads a whole number. @throws {UsageError} when it is none, or not between the two */
export function countFlag(flag: string, text: string, least: number, most: number): number {
  const count = /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : NaN;
  if (count >= least && count <= most) return count;
  throw new UsageError(`${flag}: "${text}" is not a whole number from ${least} to ${most}`, "Write one");
}

/** Checks a duration. @param least, most as users write them @returns it as it was written
 * @throws {UsageError} when it is none, or not between the two */
export function durationFlag(flag: string, text: string, least: string, most: string): string {
  const ms = parseDuration(text, flag);
  if (ms < parseDuration(least, flag) || ms > parseDuration(most, flag)) {
    throw new UsageError(`${flag}: ${text} is not between ${least} and ${most}`, "Write a time such as 30m");
  }
  return text.trim();
}
