import { describeError, SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";

/** A custom redactor with a pattern or a glob that cannot be read. Nothing was redacted with it. */
export class InvalidRedactorError extends SupportBundleError {
  constructor(redactor: string, what: "pattern" | "glob", text: string, cause: unknown) {
    super(
      `Cannot use redactor "${redactor}": its ${what} ${JSON.stringify(text)} is not valid: ${describeError(cause)}`,
      {
        code: "REDACTOR_INVALID",
        exitCode: EXIT.spec,
        hint: what === "pattern"
          ? "Write the pattern in RE2 syntax (https://github.com/google/re2/wiki/Syntax)"
          : "Write the glob with *, **, ?, [a-z], [!a] and {x,y}",
        cause,
      },
    );
  }
}
