import { parseDuration } from "../core/duration.ts";
import type { Job } from "./job.ts";

export type RetryDecision =
  | { do: "retry"; at: Date }
  /** `permanent`: trying again cannot help. `exhausted`: it was the last attempt. */
  | { do: "give-up"; why: "permanent" | "exhausted" };

/** Decides whether a failed attempt is followed by another, and when: the delay doubles with each attempt up to the
 * policy's maximum, and between half and the whole of it is waited, so that jobs that failed together do not come back
 * together.
 * @param attempt the number of the attempt that failed, from 1
 * @param random a number in [0, 1) */
export function decideRetry(
  policy: Job["retry"],
  attempt: number,
  failure: { transient: boolean; code: string },
  now: Date,
  random: number,
): RetryDecision {
  if (!failure.transient) return { do: "give-up", why: "permanent" };
  if (attempt >= policy.maxAttempts) return { do: "give-up", why: "exhausted" };
  const first = parseDuration(policy.delay, "retry.delay");
  const most = parseDuration(policy.maxDelay, "retry.maxDelay");
  const delayMs = Math.min(most, first * 2 ** Math.max(0, attempt - 1));
  return { do: "retry", at: new Date(now.getTime() + Math.round(delayMs * (0.5 + random / 2))) };
}
