import { describeError } from "../core/errors.ts";
import type { AnalyzerResult, Outcomes } from "./analyzer.ts";
import { SpecConditionError } from "./condition_error.ts";
import type { Condition } from "./when.ts";

export type Verdict = "pass" | "warn" | "fail";

/** One entry of `outcomes` in a form that can be asked: the first of its `fail`, `warn`, `pass`. */
export interface ReadOutcome<Value> {
  status: Verdict;
  /** Trimmed; empty when the outcome always matches. */
  when: string;
  message: string;
  uri?: string;
  holds: Condition<Value>;
}

/** Reads all outcomes, so that a mistake in any of them shows when the spec is loaded. An entry in which nothing is
 * written (`- pass:`) stands for nothing.
 * @param readWhen reads the conditions that are not empty
 * @throws {SpecConditionError} */
export function readOutcomes<Value>(
  outcomes: Outcomes | undefined,
  readWhen: (when: string, status: Verdict) => Condition<Value>,
): ReadOutcome<Value>[] {
  return (outcomes ?? []).flatMap((entry, index) => {
    for (const status of ["fail", "warn", "pass"] as const) {
      const body = entry[status];
      if (body === undefined) continue;
      const when = (body.when ?? "").trim();
      const holds = when === "" ? () => true : readWhen(when, status);
      return [{ status, when, message: body.message ?? "", uri: body.uri || undefined, holds }];
    }
    if (Object.keys(entry).length > 0) return [];
    throw new SpecConditionError(
      `outcome number ${index + 1}`,
      "it has none of fail, warn, pass",
      "Write one of fail, warn, pass, with a message under it",
    );
  });
}

/** The same outcomes, each `fail`, `warn` and `pass` of an entry in an entry of its own: for kinds that look at all. */
export function oneVerdictEach(outcomes: Outcomes | undefined): Outcomes {
  return (outcomes ?? []).flatMap((entry) => {
    const { fail, warn, pass } = entry;
    const split = [{ fail }, { warn }, { pass }].filter((one) => Object.values(one)[0] !== undefined) as Outcomes;
    return split.length === 0 ? [entry] : split;
  });
}

/** The outcome that counts where all are looked at: the most severe, of equal ones the last. */
export function mostSevere<Outcome extends { status: Verdict }>(outcomes: readonly Outcome[]): Outcome | undefined {
  const [first, ...rest] = outcomes;
  if (first === undefined) return undefined;
  return rest.reduce((worst, next) => SEVERITY[next.status] >= SEVERITY[worst.status] ? next : worst, first);
}

const SEVERITY: Record<Verdict, number> = { pass: 0, warn: 1, fail: 2 };

/** The first outcome, in the order of the spec, whose condition holds. */
export function firstMatch<Value, Outcome extends Pick<ReadOutcome<Value>, "holds">>(
  outcomes: readonly Outcome[],
  value: Value,
): Outcome | undefined {
  return outcomes.find((outcome) => outcome.holds(value));
}

/** The result that an outcome stands for. */
export function toResult(
  outcome: Pick<ReadOutcome<unknown>, "status" | "message" | "uri">,
  more: Omit<AnalyzerResult, "outcome" | "uri"> = {},
): AnalyzerResult {
  const { status, message, uri } = outcome;
  return { ...more, outcome: { status, message }, ...(uri === undefined ? {} : { uri }) };
}

/** The result when no outcome matched: visible, and no verdict.
 * @param what was looked at: `the version 1.27.3` */
export function noOutcomeMatched(what: string, more: Omit<AnalyzerResult, "outcome" | "uri"> = {}): AnalyzerResult {
  return {
    ...more,
    outcome: { status: "skipped", reason: "no-outcome-matched", message: `No outcome of the spec matched ${what}` },
  };
}

/** First match, and what to say when there is none. */
export function judge<Value>(
  outcomes: readonly ReadOutcome<Value>[],
  value: Value,
  what: string,
  more: Omit<AnalyzerResult, "outcome" | "uri"> = {},
): AnalyzerResult {
  const outcome = firstMatch(outcomes, value);
  return outcome === undefined ? noOutcomeMatched(what, more) : toResult(outcome, more);
}

/** The result when an input is not in the bundle. */
export function fileMissing(path: string, more: Omit<AnalyzerResult, "outcome" | "uri"> = {}): AnalyzerResult {
  const message = `The bundle does not have ${path}, or it is empty`;
  return { ...more, outcome: { status: "skipped", reason: "file-missing", message } };
}

/** The result when a part of the input cannot be judged, and the other parts can. */
export function notJudged(error: unknown, more: Omit<AnalyzerResult, "outcome" | "uri"> = {}): AnalyzerResult {
  return { ...more, outcome: { status: "error", message: describeError(error) } };
}
