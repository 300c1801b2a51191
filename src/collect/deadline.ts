import { tryParseDuration } from "../core/duration.ts";
import { SupportBundleError } from "../core/errors.ts";

export { type Deadline, startDeadline } from "../core/deadline.ts";

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
