import type { Clock } from "./clock.ts";

export interface RetryOptions {
  /** Tries in all, the first included. */
  attempts: number;
  /** Longest wait before the second try; doubles with each further one, up to `maxDelayMs`. */
  baseDelayMs: number;
  /** A server that asks for more than this is not waited for: the failure is final. */
  maxDelayMs: number;
  clock: Clock;
  /** Ends waiting. */
  signal: AbortSignal;
  /** From 0 to 1, for jitter. */
  random?: () => number;
  /** Whether a later try may succeed, and how long the server asked to wait, if it did. */
  judge(error: unknown): { retry: boolean; afterMs?: number };
}

/** Tries again what failed for a passing reason.
 * @param action gets the number of the try, from 1
 * @throws the error of the last try, or the signal's reason when it was aborted while waiting */
export async function retry<T>(action: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1;; attempt++) {
    options.signal.throwIfAborted();
    try {
      return await action(attempt);
    } catch (error) {
      options.signal.throwIfAborted();
      const verdict = options.judge(error);
      if (!verdict.retry || attempt >= options.attempts) throw error;
      const delayMs = retryDelayMs(attempt, verdict.afterMs ?? 0, options);
      if (delayMs === undefined) throw error;
      await options.clock.sleep(delayMs, options.signal);
    }
  }
}

/** Half to all of the doubled delay, so that many who failed together don't come back together; never less than the
 * server asked for.
 * @returns undefined when the server asked for more than `maxDelayMs` */
export function retryDelayMs(
  attempt: number,
  afterMs: number,
  options: Pick<RetryOptions, "baseDelayMs" | "maxDelayMs" | "random">,
): number | undefined {
  if (afterMs > options.maxDelayMs) return undefined;
  const full = Math.min(options.baseDelayMs * 2 ** (attempt - 1), options.maxDelayMs);
  const random = options.random ?? Math.random;
  return Math.max(afterMs, Math.round(full / 2 + (full / 2) * random()));
}

/** The header `Retry-After`: seconds, or a date.
 * @returns milliseconds from `now`, not negative; undefined when it says neither
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function parseRetryAfter(value: string | null | undefined, now: Date): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
