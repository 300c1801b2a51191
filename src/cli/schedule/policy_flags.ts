import { parseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import type { Job } from "../../schedule/job.ts";
import type { JobFlags } from "./job_options.ts";

/** Applies the flags that say when a job is run and when not, beside its schedule.
 * @throws {UsageError} that names the flag */
export function applyPolicyFlags(draft: Job, flags: JobFlags): void {
  if (flags.overlap !== undefined) draft.overlapPolicy = flags.overlap;
  if (flags.catchUp !== undefined) draft.catchUp = { ...draft.catchUp, policy: flags.catchUp };
  if (flags.catchUpWindow !== undefined) {
    draft.catchUp = { ...draft.catchUp, window: durationFlag("--catch-up-window", flags.catchUpWindow, "1s", "366d") };
  }
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
