import { anySignal } from "../core/any_signal.ts";
import type { Clock } from "../core/clock.ts";
import { tryParseDuration } from "../core/duration.ts";
import { SupportBundleError } from "../core/errors.ts";

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

/** The `timeout` of a spec in milliseconds; undefined when there is none.
 * @throws {SupportBundleError} when the text is no positive duration */
export function timeoutMs(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const ms = tryParseDuration(text.trim());
  if (ms === undefined || ms < 0) {
    throw new SupportBundleError(`The timeout "${text}" is not a duration`, {
      code: "SPEC_VALUE",
      hint: "Write a number and a unit, such as 30s or 5m",
    });
  }
  return ms === 0 ? undefined : ms;
}
