import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";

/** A template that cannot be read or rendered. */
export class TemplateError extends SupportBundleError {
  /** What is wrong, without a word of the template but the one that it is about. */
  readonly problem: string;

  constructor(template: string, problem: string) {
    const shown = template.length > 200 ? template.slice(0, 200) + "…" : template;
    super(`Cannot use the template "${shown}": ${problem}`, {
      code: "SPEC_WHEN",
      exitCode: EXIT.spec,
      hint: "Write it in the syntax of Go templates, with the functions that the documentation lists",
    });
    this.problem = problem;
  }
}
