import { countedInGroups } from "../../core/counted.ts";
import type { Finding } from "../../analyze/analyzer.ts";
import type { Colors } from "../render/color.ts";
import { headline, repeatsTitle } from "../render/headline.ts";
import { cut, oneLine } from "../render/table.ts";
import { wrap } from "../render/wrap.ts";
import type { Analysis } from "./analysis.ts";
import { type FindingGroup, groupFindings } from "./group_findings.ts";
import { type Counts, detailOf, isUnevaluated, levelOf } from "./verdict.ts";

const WIDTH = 80;
/** Of a section. */
const SHOWN = 50;
const EVIDENCE = 3;
const AFFECTED = 5;
/** Characters of one message. */
const MAX_MESSAGE = 1_200;

type Paint = (text: string) => string;

/** The analysis for a person: by severity, each cause once, with where it shows and what to do. */
export function renderHuman(analysis: Analysis, colors: Colors): string {
  const { findings, source, files, analyzers, sha256 } = analysis;
  const head = `${oneLine(source)}: ${countedInGroups(files, "file")}, ${countedInGroups(analyzers, "analyzer")}`;
  const lines = [...wrap(head, WIDTH)];
  if (sha256 !== undefined) lines.push(colors.dim(`sha256 ${sha256}`));
  for (const { title, mark, paint, takes, brief } of sections(colors)) {
    const groups = groupFindings(findings.filter(takes));
    if (groups.length === 0) continue;
    lines.push("", colors.bold(title));
    for (const group of groups.slice(0, SHOWN)) {
      lines.push(...brief ? briefLines(group, paint(mark)) : fullLines(group, paint(mark), colors));
    }
    if (groups.length > SHOWN) lines.push(`  and ${groups.length - SHOWN} more, see -o json`);
  }
  lines.push("", summaryLine(analysis, colors));
  return lines.join("\n") + "\n";
}

/** `2 failures, 1 warning, 12 passed`. */
export function summaryLine({ counts, silent }: Pick<Analysis, "counts" | "silent">, colors: Colors): string {
  const { fail, warn, pass, none, unevaluated }: Counts = counts;
  const parts = [
    fail > 0 ? colors.red(countedInGroups(fail, "failure")) : "no failures",
    ...warn > 0 ? [colors.yellow(countedInGroups(warn, "warning"))] : [],
    `${pass} passed`,
    ...none > 0 ? [`${none} without a verdict`] : [],
    ...silent.length > 0 ? [`${silent.length} with nothing to say`] : [],
  ];
  return parts.join(", ") + (unevaluated > 0 ? ` (${unevaluated} could not be evaluated)` : "");
}

function sections({ red, yellow, green, dim }: Colors) {
  const section = (title: string, mark: string, paint: Paint, takes: (finding: Finding) => boolean, brief = false) => ({
    title,
    mark,
    paint,
    takes,
    brief,
  });
  const unevaluated = (finding: Finding) => isUnevaluated(finding) && levelOf(finding) !== "fail";
  return [
    section("Failures", "✗", red, (finding) => levelOf(finding) === "fail"),
    section("Warnings", "!", yellow, (finding) => levelOf(finding) === "warn" && !unevaluated(finding)),
    section("Could not be evaluated", "?", yellow, unevaluated),
    section("Passed", "✓", green, (finding) => levelOf(finding) === "pass", true),
    section("Without a verdict", "-", dim, (finding) => levelOf(finding) === "none", true),
  ];
}

function briefLines({ finding, count }: FindingGroup, mark: string): string[] {
  const text = headline(finding.title, detailOf(finding)) + times(count);
  return marked(wrap(cut(oneLine(text), 4 * WIDTH), WIDTH, "    "), mark);
}

function fullLines({ finding, count, evidence, affected, affectedCount }: FindingGroup, mark: string, colors: Colors) {
  const { title, explanation, nextStep, uri } = finding;
  // The title says that it could not be evaluated: that is the section, or stands in the message of a failure.
  const detail = levelOf(finding) !== "fail" && isUnevaluated(finding) ? finding.outcome.message : detailOf(finding);
  const message = shortened(detail);
  const indent = "    ";
  const lines = title === "" || repeatsTitle(title, message)
    ? marked(wrap(message + times(count), WIDTH, indent), mark)
    : [...marked(wrap(title + times(count), WIDTH, indent), mark), ...wrap(message, WIDTH, indent)];
  if (affected.length > 0) {
    const names = affected.slice(0, AFFECTED).map(({ kind, namespace, name }) =>
      `${kind} ${namespace ? `${namespace}/` : ""}${name}`
    );
    const more = affectedCount - names.length;
    lines.push(...wrap(`Affects ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`, WIDTH, indent));
  }
  if (explanation) lines.push(...wrap(explanation, WIDTH, indent));
  if (nextStep) lines.push(...wrap(`Next: ${nextStep}`, WIDTH, indent));
  if (uri) lines.push(...wrap(`See ${uri}`, WIDTH, indent));
  const places = evidence.slice(0, EVIDENCE).map(({ path, line }) => `${path}${line === undefined ? "" : `:${line}`}`);
  for (const place of places) lines.push(colors.dim(`${indent}${oneLine(place)}`));
  const hidden = evidence.length - places.length;
  if (hidden > 0) lines.push(colors.dim(`${indent}and ${countedInGroups(hidden, "more place")}`));
  return lines;
}

function marked([first = "    ", ...rest]: string[], mark: string): string[] {
  return [`  ${mark} ${first.slice(4)}`, ...rest];
}

function shortened(text: string): string {
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
}

function times(count: number): string {
  return count > 1 ? ` (${count} times)` : "";
}
