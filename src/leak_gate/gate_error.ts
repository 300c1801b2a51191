import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";

/** The gate could not look through an archive: nobody can say that there is nothing in it. */
export class GateError extends SupportBundleError {
  constructor(why: string, options: ErrorOptions = {}) {
    super(`The archive could not be checked for secrets: ${why}`, {
      ...options,
      code: "LEAK_GATE_FAILED",
      exitCode: EXIT.quarantined,
      hint: "Run again. If it comes back, look through the archive before you release it by hand",
    });
  }
}
