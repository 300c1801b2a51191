import type { RE2JS } from "re2js";
import * as z from "zod";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { flagField } from "../core/flag_field.ts";
import { type AnalyzerResult, type Outcomes, outcomesField, textField } from "./analyzer.ts";
import { bundleGlob, isGlob } from "./bundle_glob.ts";
import { icon } from "./icons.ts";
import { mostSevere, noOutcomeMatched, readOutcomes, toResult } from "./outcome_engine.ts";
import { compileRegex, firstRegexMatch, lineAt } from "./regex.ts";
import { searchText, type TextMatch } from "./search_text.ts";
import { compileTemplate } from "./template/template.ts";
import { boolCondition, regexGroupCondition } from "./when.ts";

/** The fields of `textAnalyze`, in a cluster and on a host. */
export function textFields() {
  return {
    collectorName: textField().describe("Folder of the files"),
    fileName: textField().describe("Name of the files in it; may have * and ?"),
    regex: textField().describe("RE2 pattern. when: true (the default of pass) where it shall match, false where not"),
    regexGroups: textField().describe("RE2 pattern with named groups. when: <group> <op> <value>"),
    ignoreIfNoFiles: flagField().describe("true: no result when no file matches"),
    excludeFiles: z.array(z.string()).nullish().describe("Files to leave out; may have * and ?"),
    outcomes: outcomesField(),
  };
}

export interface TextConfig {
  collectorName?: string;
  fileName?: string;
  regex?: string;
  regexGroups?: string;
  ignoreIfNoFiles?: boolean;
  excludeFiles?: string[] | null;
  outcomes?: Outcomes;
}

/** Of results about groups and values. */
export const GROUPS_ICON = icon("kubernetes_text_analyze", "text-analyze.svg?w=13&h=16");

/** @throws {SpecConditionError} */
export function validateText(config: TextConfig): void {
  globOf(config, config.fileName);
  for (const exclude of config.excludeFiles ?? []) globOf(config, exclude);
  if (config.regex) presenceJudge(config.regex, config.outcomes);
  if (config.regexGroups) groupsJudge(config.regexGroups, config.outcomes);
}

/** Matches the patterns with each file, one result a file and pattern. */
export async function* analyzeText(config: TextConfig, bundle: BundleReader): AsyncIterable<AnalyzerResult> {
  const judges: TextJudge[] = [];
  if (config.regex) judges.push(presenceJudge(config.regex, config.outcomes));
  if (config.regexGroups) judges.push(groupsJudge(config.regexGroups, config.outcomes));

  const excluded = new Set<string>();
  for (const exclude of config.excludeFiles ?? []) {
    for (const path of await bundle.find(globOf(config, exclude))) excluded.add(path);
  }
  const paths = (await bundle.find(globOf(config, config.fileName))).filter((path) => !excluded.has(path));
  if (paths.length === 0) {
    if (!config.ignoreIfNoFiles) yield { outcome: { status: "warn", message: "No matching files" } };
    return;
  }
  if (judges.length === 0) {
    yield { outcome: { status: "fail", message: "Invalid analyzer" } };
    return;
  }
  for (const path of paths) {
    const found = await searchText(judges.map(({ regex }) => regex), bundle, path);
    if (found !== undefined) yield* judges.map(({ judge }, i) => judge(path, found[i]));
  }
}

/** `collectorName/fileName`. Output of the exec collector lies two folders deeper. */
function globOf({ collectorName }: TextConfig, fileName = ""): string {
  const glob = bundleGlob(collectorName, fileName);
  if (isGlob(glob) || !/-(?:stdout\.txt|stderr\.txt|errors\.json)$/.test(fileName)) return glob;
  return bundleGlob(collectorName, "*/*", fileName);
}

/** A pattern with what its matches mean. */
export interface TextJudge {
  regex: RE2JS;
  judge(path: string, match: TextMatch | undefined): AnalyzerResult;
}

/** Judges a text that is at hand. */
export function judgeText({ regex, judge }: TextJudge, text: string, path: string): AnalyzerResult {
  const match = firstRegexMatch(regex, text);
  return judge(path, match && { line: lineAt(text, match.index), groups: match.groups });
}

function evidenceOf(path: string, match: TextMatch | undefined) {
  return [match === undefined ? { path } : { path, line: match.line }];
}

/** Whether the pattern matches decides. Of several outcomes that hold the most severe counts, of equal ones the last. */
export function presenceJudge(pattern: string, spec: Outcomes | undefined): TextJudge {
  const regex = compileRegex(pattern, "regex");
  const outcomes = readOutcomes(spec, boolCondition).map((outcome) =>
    outcome.when === "" ? { ...outcome, holds: boolCondition(outcome.status === "pass" ? "true" : "false") } : outcome
  );
  const judge = (path: string, match: TextMatch | undefined) => {
    const evidence = evidenceOf(path, match);
    const worst = mostSevere(outcomes.filter((outcome) => outcome.holds(match !== undefined)));
    if (worst === undefined) {
      return noOutcomeMatched(`${path}, in which the pattern ${match === undefined ? "does not match" : "matches"}`, {
        evidence,
      });
    }
    return toResult(worst, { evidence });
  };
  return { regex, judge };
}

/** What the named groups of the first match hold decides. Messages are templates of the groups. */
export function groupsJudge(pattern: string, spec: Outcomes | undefined): TextJudge {
  const regex = compileRegex(pattern, "regexGroups");
  const outcomes = readOutcomes(spec, regexGroupCondition).map((outcome) => ({
    ...outcome,
    template: compileTemplate(outcome.message),
  }));
  const noGroups = Object.fromEntries(Object.keys(regex.namedGroups()).map((name) => [name, ""]));
  const judge = (path: string, match: TextMatch | undefined) => {
    const more = { icon: GROUPS_ICON, evidence: evidenceOf(path, match) };
    const outcome = outcomes.find(({ when, holds }) => when === "" || (match !== undefined && holds(match.groups)));
    if (outcome === undefined) {
      return noOutcomeMatched(match === undefined ? `${path}, in which the pattern does not match` : path, more);
    }
    return toResult({ ...outcome, message: outcome.template.render(match?.groups ?? noGroups, "") }, more);
  };
  return { regex, judge };
}
