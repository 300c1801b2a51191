import { anySignal } from "./any_signal.ts";
import type { Clock } from "./clock.ts";

/** A signal that is aborted with its parent, or after a time of its own. */
export interface Deadline extends Disposable {
  signal: AbortSignal;
  /** True when the time ran out; false while it has not, or when the parent was aborted first. */
  readonly expired: boolean;
}

/** Starts a deadline. Dispose it, or its timer stays.
 * @param ms undefined: the parent alone decides */
export function startDeadline(clock: Clock, ms: number | undefined, parent: AbortSignal): Deadline {
  const timer = new AbortController();
  const own = new AbortController();
  let expired = false;
  if (ms !== undefined) {
    clock.sleep(ms, anySignal(timer.signal, parent)).then(() => {
      if (timer.signal.aborted || parent.aborted) return;
      expired = true;
      own.abort(new DOMException("The deadline passed", "TimeoutError"));
    });
  }
  return {
    signal: anySignal(parent, own.signal),
    get expired() {
      return expired;
    },
    [Symbol.dispose]: () => timer.abort(),
  };
}
