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

/** As {@linkcode withTimeLimit}, for an action that takes as long as it takes, and is given up when it stands still.
 * @param action calls `alive` when it gets on: the time begins anew then, at the end of the promise it passes, if it does */
export async function withStallLimit<T>(
  ms: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal, alive: (waiting?: Promise<void>) => Promise<void>) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const stalled = () => limit.abort(new DOMException(`Nothing went on for ${ms / 1000} s`, "TimeoutError"));
  let timer = setTimeout(stalled, ms);
  let ended = false;
  const alive = async (waiting?: Promise<void>) => {
    clearTimeout(timer);
    await waiting;
    if (!ended) timer = setTimeout(stalled, ms);
  };
  try {
    return await action(signal === undefined ? limit.signal : anySignal(signal, limit.signal), alive);
  } finally {
    ended = true;
    clearTimeout(timer);
  }
}
