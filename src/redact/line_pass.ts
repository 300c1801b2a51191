import { SCAN_BYTES } from "./keyword_scanner.ts";
import { type KnownLine, type KnownLines, MAX_KNOWN_CHARACTERS } from "./known_lines.ts";
import { fromBytes } from "./latin1.ts";
import type { LineRule } from "./line_rule.ts";
import type { FileMasks } from "./mask.ts";
import type { RuleLine } from "./rule.ts";
import type { RuleSet } from "./rule_set.ts";
import { StringNesting } from "./string_nesting.ts";
import { type TextFormat, textFormatOf } from "./text_format.ts";

/** What a rule hid so far, by rule number. */
export interface Tally {
  count: number;
  hidden: number;
}

/** What became of a line. */
export interface ChangedLine {
  /** Undefined when it is as it was. */
  text?: string;
  /** The line before, when it changed too. */
  previous?: string;
}

/** Tells the line before the one at hand, as it is now and without its line feed; undefined on the first. */
export interface PreviousLine {
  text(): string | undefined;
}

/** What rules carry from one line to the next, by rule number. */
export type Carried = readonly { rule: number; value: unknown }[];

const MAX_UNKNOWN_LINES = 500;

/** Runs the rules over the lines of one file, one after the other. What it knows of earlier lines is what rules asked it
 * to carry, so the result does not depend on how the lines arrive. */
export class LinePass {
  /** Without those of rules that hid nothing. */
  readonly tallies: Tally[] = [];
  readonly #set: RuleSet;
  readonly #path: string;
  readonly #format: TextFormat;
  readonly #masks: FileMasks;
  /** What the line at hand calls for: rules, and conditions that are met. */
  readonly #wanted: Int32Array;
  /** The rules that run on it. */
  readonly #chosen: Int32Array;
  /** The rules that carry something, and what, by their number. */
  readonly #carrying: Int32Array;
  readonly #carriedValues = new Map<number, unknown>();
  /** Undefined where asking does not pay. */
  #known: KnownLines | undefined;
  /** Lines that were not among them, beyond four times those that were. */
  #unknownLines = 0;
  /** Number of the rule that changed a line last. */
  lastRule = -1;

  constructor(set: RuleSet, path: string, masks: FileMasks) {
    this.#set = set;
    this.#path = path;
    this.#format = textFormatOf(path);
    this.#masks = masks;
    this.#wanted = new Int32Array(set.words + 1);
    this.#chosen = new Int32Array(set.words);
    this.#carrying = new Int32Array(set.words);
    this.#known = set.knownLines(this.#format);
  }

  /** True when the next line must be run whatever is on it. */
  get wantsNext(): boolean {
    return this.#carriedValues.size > 0 || this.#set.looksAtAll;
  }

  /** What the last line left for the next. */
  get carried(): Carried {
    return [...this.#carriedValues].map(([rule, value]) => ({ rule, value }));
  }

  set carried(carried: Carried) {
    this.#carrying.fill(0);
    this.#carriedValues.clear();
    for (const { rule, value } of carried) this.#carry(rule, value);
  }

  /** Notes that the scanner found something on the line that is run next. */
  want(found: number): void {
    this.#set.addCalledFor(found, this.#wanted);
  }

  /** Notes all keywords on the line that is run next. */
  wantAll(line: Uint8Array): void {
    for (let from = 0; from < line.length; from += SCAN_BYTES) {
      const hits = this.#set.scanner.scan(line, from, Math.min(from + SCAN_BYTES, line.length), 0);
      for (let i = 0; i < hits.count; i++) this.want(hits.found[i]!);
    }
  }

  /** Counts more bytes as hidden by a rule. */
  countHidden(rule: number, bytes: number): void {
    this.#tally(rule).hidden += bytes;
  }

  /** One line, without its line feed, of which all keywords were noted.
   * @param depth how many string literals its beginning lies in
   * @returns undefined where nothing changes */
  run(bytes: Uint8Array, start: number, end: number, previous: PreviousLine, depth = 0): ChangedLine | undefined {
    if (!this.#chooseRules()) return undefined;
    const text = fromBytes(bytes.subarray(start, end));
    const alone = this.#carriedValues.size === 0 && depth === 0;
    const known = alone && text.length <= MAX_KNOWN_CHARACTERS ? this.#known : undefined;
    if (known !== undefined) {
      const line = this.#find(text, known, previous);
      if (line !== undefined) {
        for (const { rule, value } of line.carried) this.#carry(rule, value);
        return undefined;
      }
    }
    const line = new Line(text, this.#path, this.#format, previous, depth);
    let changed = false;
    for (let word = 0; word < this.#set.words; word++) {
      for (let left = this.#chosen[word]!; left !== 0; left &= left - 1) {
        if (this.#runRule(word * 32 + 31 - Math.clz32(left & -left), line)) changed = true;
      }
    }
    if (changed || line.changedPrevious !== undefined) {
      return { text: changed ? line.text : undefined, previous: line.changedPrevious };
    }
    if (known !== undefined && !line.askedPath) {
      const before = line.askedPrevious ? previous.text() : undefined;
      const isFirst = line.askedPrevious && before === undefined;
      if (!isFirst) known.add(text, { previous: before, carried: this.carried });
    }
    return undefined;
  }

  /** Chooses the rules to run: those that keywords call for and whose condition is met, those that carried something, and
   * those that look at all lines.
   * @returns false when there are none */
  #chooseRules(): boolean {
    const { conditions, words, always } = this.#set;
    const met = this.#wanted[words]!;
    this.#wanted[words] = 0;
    for (let bit = 0; bit < conditions.length; bit++) {
      if ((met & (1 << bit)) !== 0) continue;
      const rules = conditions[bit]!;
      for (let word = 0; word < words; word++) this.#wanted[word]! &= ~rules[word]!;
    }
    let any = 0;
    for (let word = 0; word < words; word++) {
      any |= this.#chosen[word] = this.#wanted[word]! | this.#carrying[word]! | always[word]!;
      this.#wanted[word] = 0;
    }
    return any !== 0;
  }

  #find(text: string, lines: KnownLines, previous: PreviousLine): KnownLine | undefined {
    const known = lines.find(text, () => previous.text());
    this.#unknownLines += known === undefined ? 1 : -4;
    if (this.#unknownLines > MAX_UNKNOWN_LINES) this.#known = undefined;
    return known;
  }

  /** @returns whether it changed the line */
  #runRule(number: number, line: Line): boolean {
    const rule: LineRule = this.#set.rules[number]!;
    const change = rule.run(line, this.#takeCarried(number), this.#masks);
    if (change === undefined) return false;
    if (change.carry !== undefined) this.#carry(number, change.carry);
    if (change.count > 0) {
      const tally = this.#tally(number);
      tally.count += change.count;
      tally.hidden += change.hidden;
    }
    if (change.previous !== undefined) line.changedPrevious = change.previous;
    if (change.text === undefined) return false;
    line.replaceText(change.text);
    this.lastRule = number;
    return true;
  }

  #carry(rule: number, value: unknown): void {
    this.#carrying[rule >> 5]! |= 1 << (rule & 31);
    this.#carriedValues.set(rule, value);
  }

  #takeCarried(rule: number): unknown {
    if (this.#carriedValues.size === 0) return undefined;
    const value = this.#carriedValues.get(rule);
    this.#carrying[rule >> 5]! &= ~(1 << (rule & 31));
    this.#carriedValues.delete(rule);
    return value;
  }

  #tally(rule: number): Tally {
    return this.tallies[rule] ??= { count: 0, hidden: 0 };
  }
}

class Line implements RuleLine {
  carried: unknown;
  /** True when a rule looked at more than its text. */
  askedPath = false;
  askedPrevious = false;
  /** The line before, when a rule changed it. */
  changedPrevious: string | undefined;
  #text: string;
  readonly #path: string;
  #nesting: StringNesting | undefined;

  constructor(
    text: string,
    path: string,
    readonly format: TextFormat,
    readonly before: PreviousLine,
    readonly depth: number,
  ) {
    this.#text = text;
    this.#path = path;
  }

  get path(): string {
    this.askedPath = true;
    return this.#path;
  }

  get text(): string {
    return this.#text;
  }

  replaceText(text: string): void {
    this.#text = text;
    this.#nesting = undefined;
  }

  nesting(): StringNesting {
    return this.#nesting ??= new StringNesting(this.#text, this.depth);
  }

  previous(): string | undefined {
    this.askedPrevious = true;
    return this.changedPrevious ?? this.before.text();
  }
}
