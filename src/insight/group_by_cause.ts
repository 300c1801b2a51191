import type { AnalyzerResult } from "../analyze/analyzer.ts";
import { type Affected, MAX_AFFECTED } from "./affected.ts";

const MAX_EVIDENCE = 6;
const MAX_CONSEQUENCES = 3;

/** Makes one result of those with equal causes, where the first of them was: it keeps its title, message and next step, has
 * the worst verdict of all, the objects of all, and says what follows. Results without a cause stay as they are. */
export function groupByCause<Result extends AnalyzerResult>(results: readonly Result[]): Result[] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    if (result.cause === undefined) continue;
    const group = groups.get(result.cause);
    if (group === undefined) groups.set(result.cause, [result]);
    else group.push(result);
  }
  return results.flatMap((result) => {
    const group = result.cause === undefined ? undefined : groups.get(result.cause);
    if (group === undefined || group.length === 1) return [result];
    return group[0] === result ? [merge(result, group.slice(1))] : [];
  });
}

function merge<Result extends AnalyzerResult>(first: Result, rest: readonly Result[]): Result {
  const worst = rest.some(({ outcome }) => outcome.status === "fail") && first.outcome.status === "warn";
  const firstLine = ({ outcome }: AnalyzerResult) => outcome.message.split("\n")[0]!;
  const follows = [...new Set(rest.map(firstLine))].filter((line) => line !== firstLine(first));
  const more = follows.length > MAX_CONSEQUENCES ? ` And ${follows.length - MAX_CONSEQUENCES} more.` : "";
  const consequence = follows.length === 0
    ? ""
    : `What follows: ${follows.slice(0, MAX_CONSEQUENCES).map(sentence).join(" ")}${more}`;
  const merged: Result = { ...first };
  if (worst) merged.outcome = { status: "fail", message: (first.outcome as { message: string }).message };
  const explanation = [first.explanation, consequence].filter(Boolean).join(" ");
  if (explanation !== "") merged.explanation = explanation;
  const evidence = [first, ...rest].flatMap((result) => result.evidence ?? []);
  if (evidence.length > 0) merged.evidence = distinctPlaces(evidence).slice(0, MAX_EVIDENCE);
  return Object.assign(merged, joinAffected([first, ...rest]));
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function distinctPlaces(places: NonNullable<AnalyzerResult["evidence"]>): NonNullable<AnalyzerResult["evidence"]> {
  return [...new Map(places.map((place) => [`${place.path}:${place.line}`, place])).values()];
}

/** Objects that several results name count once; of those that they only count, nobody knows. */
function joinAffected(results: readonly AnalyzerResult[]): Pick<AnalyzerResult, "affected" | "affectedCount"> {
  const objects = new Map<string, Affected>();
  let unnamed = 0;
  for (const { affected = [], affectedCount = affected.length } of results) {
    for (const each of affected) objects.set(`${each.kind}/${each.namespace}/${each.name}`, each);
    unnamed += affectedCount - affected.length;
  }
  if (objects.size === 0) return {};
  return { affected: [...objects.values()].slice(0, MAX_AFFECTED), affectedCount: objects.size + unnamed };
}
