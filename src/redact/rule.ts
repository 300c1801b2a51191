import type { TextFormat } from "./text_format.ts";
import type { StringNesting } from "./string_nesting.ts";

/** One thing that redaction hides, with its proof. A file in `rules/` defines one or a family of them.
 *
 * Lines reach a rule as one character per byte (ISO 8859-1), so that every byte survives: text in UTF-8 shows up as
 * several characters above U+007F. */
export interface RedactionRule {
  /** Stable: it names the rule in manifests and reports, unless `title` does. */
  id: string;
  /** The name existing readers of reports know it by. */
  title?: string;
  /** Why it is hidden: what a reader could do with it. */
  why: string;
  /** Lower-case literals, one of which is on every line the rule could touch (lower-cased). Tested before the pattern
   * runs. */
  keywords: string[];
  /** A lower-case literal that every such line has besides, or several of which it has one: where keywords alone are on too
   * many lines. */
  alsoHas?: string | string[];
  /** What is hidden: each group called `mask` (or `mask1`, `mask2` …). `drop` groups are deleted. The rest stays.
   * Every repetition in it is bounded or cannot overlap its neighbours: lines can be megabytes long. */
  pattern?: RegExp;
  /** Instead of `pattern`, where a regular expression cannot say it. Called for lines with a keyword on them, and for
   * the line after one whose findings had a `carry`. Time linear in the line. */
  find?: (line: RuleLine) => Findings;
  /** Set for rules of two lines: this matches one line, and `pattern` then works on the next. */
  selector?: RegExp;
  /** Only files whose bundle path matches. */
  files?: RegExp;
  /** Path under which the proofs are tried, where it matters. */
  proofPath?: string;
  /** Lines (or pairs of lines) in which it must hide something … */
  hides: string[];
  /** … and lines that it must not touch. */
  keeps: string[];
}

/** One line of a file, without its line feed. */
export interface RuleLine {
  text: string;
  /** Bundle path of the file. */
  path: string;
  format: TextFormat;
  /** What the same rule carried over from the line before. */
  carried?: unknown;
  /** How deep in string literals a position is; computed on first use. */
  nesting(): StringNesting;
  /** The line before as it is now, undefined on the first line. */
  previous(): string | undefined;
}

export interface Findings {
  hide: Span[];
  /** Set to see the next line too, whatever is on it. Not changed afterwards: lines that come again share it. */
  carry?: unknown;
  /** What to hide on the line before. */
  hideBefore?: Span[];
}

/** Characters `start` to `end` (exclusive) that become the mask, or nothing when `drop` is set. */
export interface Span {
  start: number;
  end: number;
  drop?: boolean;
}

/** The findings of a rule that found nothing. */
export const NOTHING: Findings = Object.freeze({ hide: [] });
