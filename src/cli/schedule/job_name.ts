import { UsageError } from "../../core/errors.ts";

/** Checks the name of a new or renamed job, or of a template: 1 to 100 characters after trimming, none that a path or a terminal minds.
 * @returns the trimmed name */
export function checkJobName(text: string, what: "job" | "template" = "job"): string {
  const name = text.trim();
  const length = [...name].length;
  if (length === 0) throw new UsageError(`A ${what} cannot have an empty name`, "Write a name of 1 to 100 characters");
  if (length > 100) {
    throw new UsageError(`A ${what} cannot have a name of ${length} characters`, "Write a name of 1 to 100 characters");
  }
  // deno-lint-ignore no-control-regex
  const fault = /[/\\:*?"<>|\x00-\x1f\x7f]/.exec(name)?.[0];
  if (fault !== undefined) {
    const shown = fault < " " || fault === "\x7f" ? `the control character ${fault.charCodeAt(0)}` : fault;
    throw new UsageError(
      `The name "${name.replace(/\p{Cc}/gu, "�")}" cannot be used: it has ${shown} in it`,
      'Leave out / \\ : * ? " < > | and control characters',
    );
  }
  return name;
}
