import type { AnalyzerResult, Outcomes } from "./analyzer.ts";
import {
  firstMatch,
  noOutcomeMatched,
  type ReadOutcome,
  readOutcomes,
  toResult,
  type Verdict,
} from "./outcome_engine.ts";
import { compileTemplate, type Template } from "./template/template.ts";
import type { Condition } from "./when.ts";

/** An outcome whose message is a template. */
export interface TemplatedOutcome<Value> extends ReadOutcome<Value> {
  template: Template;
}

/** As {@linkcode readOutcomes}, and reads the messages too.
 * @throws {SpecConditionError}
 * @throws {TemplateError} */
export function templatedOutcomes<Value>(
  outcomes: Outcomes | undefined,
  readWhen: (when: string, status: Verdict) => Condition<Value>,
): TemplatedOutcome<Value>[] {
  return readOutcomes(outcomes, readWhen).map((outcome) => ({
    ...outcome,
    template: compileTemplate(outcome.message),
  }));
}

/** The first outcome that holds for a value, its message rendered.
 * @param data what the template knows
 * @param what was looked at, for when no outcome holds */
export function judgeTemplated<Value>(
  outcomes: readonly TemplatedOutcome<Value>[],
  value: Value,
  data: unknown,
  what: string,
  more: Omit<AnalyzerResult, "outcome" | "uri"> = {},
): AnalyzerResult {
  const outcome = firstMatch(outcomes, value);
  if (outcome === undefined) return noOutcomeMatched(what, more);
  return toResult({ ...outcome, message: outcome.template.render(data) }, more);
}
