import { FORMAT_BYTES } from "../bundle/file_format.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { archiveFormat } from "./archive.ts";
import { redactionStages } from "./create_redactor.ts";
import { fromBytes } from "./latin1.ts";
import { compileRule, type LineRule } from "./line_rule.ts";
import { PERSONAL_DATA, type PersonalData, personalDataRules } from "./personal_data.ts";
import { RedactionError } from "./redaction_error.ts";
import type { RedactorSpec } from "./redactor.ts";
import { builtInRules } from "./registry.ts";
import { secretManifest } from "./rules/secret_manifest.ts";
import { secretDataStage } from "./secret_data_stage.ts";
import { chain, RedactionTotals } from "./stage.ts";
import { TracedLine } from "./traced_line.ts";

/** What redaction does to a file, and why. No value is in it. */
export interface Explanation {
  lines: number;
  findings: Finding[];
}

export interface Finding {
  /** From 1. Absent for what rules hide that look at the file as a whole. */
  line?: number;
  /** In the line as it came, from 1. */
  column?: number;
  /** Characters that were hidden. */
  characters: number;
  /** As reports call it. */
  rule: string;
  builtIn: boolean;
  why: string;
  /** The line as it is after all rules; absent where the line is. */
  text?: string;
}

const LF = 10;

/** Shows which rule hides what in a file.
 * @param path by which rules know it: they may be limited to files, and the format follows from it
 * @param hide classes of personal data that are hidden too
 * @throws {RedactionError} as redaction of the file does, and for archives: name the files in them */
export function explainRedaction(
  path: string,
  bytes: Uint8Array,
  custom: RedactorSpec[],
  hide: readonly PersonalData[] = [],
): Explanation {
  if (archiveFormat(path, bytes.subarray(0, FORMAT_BYTES)) !== undefined) {
    throw RedactionError.archive(path, "only single files can be explained");
  }
  const lines = linesOf(bytes);
  const file = new TracedFile(lines);
  const totals = new RedactionTotals();
  const ahead = hideAhead(path, bytes, totals);
  ahead.forEach((line, i) => file.ahead(i + 1, line));
  const stages = redactionStages({ builtIn: true, custom, hide, trace: (...change) => file.change(...change) });
  const step = chain(stages.flatMap((stage) => stage.start(path, totals.add) ?? []));
  const out: Uint8Array[] = [];
  const emit = (piece: Uint8Array) => void out.push(piece.slice());
  // One line after the other: the changes that come in between are those of that line.
  file.number = 0;
  for (const line of ahead) {
    file.number++;
    step.push(line, emit);
  }
  step.end(emit);
  const findings = file.findings(totals);
  const after = linesOf(concatBytes(out));
  // A value of several lines may have become one.
  if (after.length === lines.length) {
    for (const finding of findings) {
      if (finding.line !== undefined) finding.text = textOf(after[finding.line - 1]!);
    }
  }
  return { lines: lines.length, findings };
}

/** The lines as they come to the rules: without the values of Secrets that only looking ahead finds. */
function hideAhead(path: string, bytes: Uint8Array, totals: RedactionTotals): Uint8Array[] {
  const out: Uint8Array[] = [];
  const step = secretDataStage(secretManifest.id).start(path, totals.add);
  if (step === undefined) return linesOf(bytes);
  step.push(bytes, (piece) => void out.push(piece));
  step.end((piece) => void out.push(piece));
  return linesOf(concatBytes(out));
}

/** Puts the changes of a file together, by line. */
class TracedFile {
  /** Of the line that is being redacted, from 1. */
  number = 0;
  readonly #lines: Uint8Array[];
  readonly #traced = new Map<number, TracedLine>();
  readonly #findings: Finding[] = [];

  constructor(lines: Uint8Array[]) {
    this.#lines = lines;
  }

  change(rule: LineRule, before: string, after: string, which: "this" | "previous"): void {
    const line = which === "this" ? this.number : this.number - 1;
    for (const { column, characters } of this.#line(line).change(before, after)) {
      const { name, builtIn } = rule;
      this.#findings.push({ line, column, characters, rule: name, builtIn, why: whyOf(name, builtIn) });
    }
  }

  /** A line as it was before the rules saw it. */
  ahead(number: number, line: Uint8Array): void {
    const before = withoutFeed(fromBytes(this.#lines[number - 1]!)), after = withoutFeed(fromBytes(line));
    this.number = number;
    if (before !== after) this.change(compileRule(secretManifest), before, after, "this");
  }

  #line(number: number): TracedLine {
    let line = this.#traced.get(number);
    if (line === undefined) {
      line = new TracedLine(withoutFeed(fromBytes(this.#lines[number - 1] ?? new Uint8Array())));
      this.#traced.set(number, line);
    }
    return line;
  }

  /** By place; at the end what rules hid elsewhere, by their count. */
  findings(totals: RedactionTotals): Finding[] {
    const sorted = this.#findings.sort((a, b) => a.line! - b.line! || a.column! - b.column!);
    for (const { rule, builtIn, bytesHidden } of totals.list()) {
      if (sorted.some((finding) => finding.rule === rule)) continue;
      sorted.push({ characters: bytesHidden, rule, builtIn, why: whyOf(rule, builtIn) });
    }
    return sorted;
  }
}

function whyOf(rule: string, builtIn: boolean): string {
  if (!builtIn) return "A redactor of a spec says so";
  return [...builtInRules, ...personalDataRules(PERSONAL_DATA)].find(({ id, title }) => (title ?? id) === rule)?.why ??
    "";
}

/** Each with its line feed. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(LF, at);
    const end = feed < 0 ? bytes.length : feed + 1;
    lines.push(bytes.subarray(at, end));
    at = end;
  }
  return lines;
}

function withoutFeed(line: string): string {
  return line.endsWith("\n") ? line.slice(0, -1) : line;
}

function textOf(line: Uint8Array): string {
  return new TextDecoder().decode(line).replace(/\r?\n$/, "");
}
