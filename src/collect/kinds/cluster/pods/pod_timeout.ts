import { formatDuration } from "../../../../core/duration.ts";
import { SupportBundleError } from "../../../../core/errors.ts";

/** The time of a collector that waits for pods is over. */
export class PodTimeoutError extends SupportBundleError {
  /** @param what was waited for: `the pod "x" did not end`
   * @param why the state it was in, in words */
  constructor(what: string, limitMs: number, why: string, options: ErrorOptions = {}) {
    super(`timeout: ${what} within ${formatDuration(Math.round(limitMs))} (${why})`, {
      ...options,
      code: "TIMEOUT",
      hint: "Give the collector a longer timeout, or look at why the pod takes so long",
    });
  }
}
