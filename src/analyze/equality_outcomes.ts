import { bundlePath } from "../bundle/bundle_path.ts";
import type { AnalyzerResult, Outcomes } from "./analyzer.ts";
import type { Comparison } from "./compare_values.ts";
import { requiredText } from "./condition_error.ts";
import { hiddenValue } from "./hidden.ts";
import { firstMatch, readOutcomes, toResult } from "./outcome_engine.ts";
import { compileTemplate, type Template } from "./template/template.ts";
import { boolCondition } from "./when.ts";

type EqualityOutcome = ReturnType<typeof readOutcomes<boolean>>[number] & { template: Template };

/** The file that a spec names.
 * @throws {SpecConditionError} when it names none
 * @throws {UnsafePathError} when it would lead out of the bundle */
export function comparedFile(collectorName = "", fileName = ""): string {
  requiredText(collectorName + fileName, "fileName");
  return bundlePath(collectorName, fileName);
}

/** Reads outcomes over whether a value is equal: `when` is a boolean, true for `pass` and false for `fail` and `warn`
 * where it is not written.
 * @param templates tells whether messages are templates
 * @throws {SpecConditionError} */
export function equalityOutcomes(outcomes: Outcomes | undefined, templates: boolean): EqualityOutcome[] {
  return readOutcomes(outcomes, boolCondition).map((outcome) => ({
    ...outcome,
    holds: outcome.when === "" ? boolCondition(outcome.status === "pass" ? "true" : "false") : outcome.holds,
    template: templates ? compileTemplate(outcome.message) : { render: () => outcome.message },
  }));
}

/** The first outcome that holds. Where none does, the analyzer is called invalid, as readers know it.
 * @param data of templates
 * @throws {Error} when nobody can tell */
export function judgeEquality(
  outcomes: readonly EqualityOutcome[],
  comparison: Comparison,
  path: string,
  data: () => unknown,
): AnalyzerResult {
  const evidence = [{ path }];
  if (comparison === "hidden") throw new Error(hiddenValue(path));
  const outcome = firstMatch(outcomes, comparison === "equal");
  if (outcome === undefined) return toResult({ status: "fail", message: "Invalid analyzer" }, { evidence });
  return toResult({ ...outcome, message: outcome.template.render(data()) }, { evidence });
}
