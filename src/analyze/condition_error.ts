import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";

/** A condition, a pattern or a template in a spec that cannot be read. Found when the spec is loaded. */
export class SpecConditionError extends SupportBundleError {
  /** @param what is quoted in the message: `when "=> 3"`, `regex "("` */
  constructor(what: string, problem: string, hint: string, options: ErrorOptions = {}) {
    super(`Cannot read the ${what}: ${problem}`, { ...options, code: "SPEC_WHEN", exitCode: EXIT.spec, hint });
  }
}

/** The error for a `when` of an outcome. */
export function badWhen(when: string, problem: string, hint: string): SpecConditionError {
  return new SpecConditionError(`condition "${when}"`, problem, hint);
}

/** A field that the kind cannot do without, trimmed.
 * @throws {SpecConditionError} when it is not there */
export function requiredText(value: string | undefined, field: string): string {
  const text = value?.trim() ?? "";
  if (text === "") throw new SpecConditionError(`field ${field}`, "it is missing", `Add ${field} to the analyzer`);
  return text;
}
