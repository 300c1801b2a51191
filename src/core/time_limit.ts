import { anySignal } from "./any_signal.ts";

/** Runs an action that gives up when its signal is aborted, and aborts it after `ms`, or together with `signal`.
 * @throws what the action throws: after `ms` that is, for well-behaved ones, a `TimeoutError` */
export async function withTimeLimit<T>(
  ms: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // AbortSignal.timeout() would keep its timer when the action has long ended.
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new DOMException(`No answer within ${ms / 1000} s`, "TimeoutError")),
    ms,
  );
  try {
    return await action(signal === undefined ? limit.signal : anySignal(signal, limit.signal));
  } finally {
    clearTimeout(timer);
  }
}
