import { badWhen } from "./condition_error.ts";
import type { Condition } from "./when.ts";

/** A single word: holds for that status. Words that are not among the known ones are taken too: collectors may have
 * come to write more of them.
 * @param known for the hint
 * @throws {SpecConditionError} */
export function statusCondition(known: readonly string[]): (when: string) => Condition<string> {
  return (when) => {
    if (/^[\w-]+$/.test(when)) return (status) => status === when;
    throw badWhen(when, "it is not a status", `Write nothing but the status: ${known.join(", ")}`);
  };
}
