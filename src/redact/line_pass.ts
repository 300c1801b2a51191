import { KeywordScanner } from "./keyword_scanner.ts";
import { fromBytes } from "./latin1.ts";
import type { LineRule } from "./line_rule.ts";
import type { FileMasks } from "./mask.ts";
import type { RuleLine } from "./rule.ts";
import { StringNesting } from "./string_nesting.ts";
import { type TextFormat, textFormatOf } from "./text_format.ts";

/** The rules of one pass with their keywords, made once and used for every file. */
export class RuleSet {
  readonly rules: LineRule[];
  readonly scanner: KeywordScanner;
  /** Numbers of the rules that each keyword calls for. */
  readonly rulesOf: number[][] = [];
  /** Numbers of the rules that look at every line. */
  readonly always: number[] = [];

  constructor(rules: LineRule[]) {
    this.rules = rules;
    const numbers = new Map<string, number>();
    rules.forEach((rule, i) => {
      if (rule.keywords === undefined) this.always.push(i);
      for (const keyword of rule.keywords ?? []) {
        const number = numbers.get(keyword) ?? numbers.size;
        numbers.set(keyword, number);
        (this.rulesOf[number] ??= []).push(i);
      }
    });
    this.scanner = new KeywordScanner([...numbers.keys()]);
  }
}

/** What a rule hid so far, by rule number. */
export interface Tally {
  count: number;
  hidden: number;
}

/** Runs the rules over the lines of one file, one after the other. What it knows of earlier lines is what rules asked it
 * to carry, so the result does not depend on how the lines arrive. */
export class LinePass {
  readonly tallies: Tally[];
  readonly #set: RuleSet;
  readonly #path: string;
  readonly #format: TextFormat;
  readonly #masks: FileMasks;
  /** Keyword numbers found on the line at hand. */
  #hits: number[] = [];
  /** By rule number: 1 when it is to run on the line at hand. */
  readonly #wanted: Uint8Array;
  /** By rule number. */
  readonly #carried = new Map<number, unknown>();

  constructor(set: RuleSet, path: string, masks: FileMasks) {
    this.#set = set;
    this.#path = path;
    this.#format = textFormatOf(path);
    this.#masks = masks;
    this.#wanted = new Uint8Array(set.rules.length);
    this.tallies = set.rules.map(() => ({ count: 0, hidden: 0 }));
  }

  /** True when the next line must be run whatever is on it. */
  get wantsNext(): boolean {
    return this.#set.always.length > 0 || this.#carried.size > 0;
  }

  /** One line, without its line feed.
   * @param previous the line before as it is now
   * @returns undefined where nothing changes */
  run(
    bytes: Uint8Array,
    start: number,
    end: number,
    previous: () => string | undefined,
  ): { text?: string; previous?: string } | undefined {
    if (!this.#chooseRules(bytes, start, end)) return undefined;
    let line: Line | undefined;
    let changed = false, before: string | undefined;
    for (let number = 0; number < this.#wanted.length; number++) {
      if (this.#wanted[number] === 0) continue;
      const carried = this.#carried.get(number);
      this.#carried.delete(number);
      line ??= new Line(fromBytes(bytes.subarray(start, end)), this.#path, this.#format, () => before ?? previous());
      const change = this.#set.rules[number]!.run(line, carried, this.#masks);
      if (change === undefined) continue;
      if (change.carry !== undefined) this.#carried.set(number, change.carry);
      const tally = this.tallies[number]!;
      tally.count += change.count;
      tally.hidden += change.hidden;
      before = change.previous ?? before;
      if (change.text !== undefined) {
        changed = true;
        line = new Line(change.text, this.#path, this.#format, () => before ?? previous());
      }
    }
    if (!changed && before === undefined) return undefined;
    return { text: changed ? line!.text : undefined, previous: before };
  }

  /** Marks the rules to run. @returns false when there are none */
  #chooseRules(bytes: Uint8Array, start: number, end: number): boolean {
    this.#hits.length = 0;
    this.#set.scanner.collect(bytes, start, end, this.#hits);
    this.#wanted.fill(0);
    let any = false;
    const want = (number: number) => {
      this.#wanted[number] = 1;
      any = true;
    };
    for (const number of this.#carried.keys()) want(number);
    for (const number of this.#set.always) want(number);
    for (const keyword of this.#hits) {
      for (const number of this.#set.rulesOf[keyword]!) {
        const { alsoHas } = this.#set.rules[number]!;
        if (alsoHas === undefined || bytes.subarray(start, end).includes(alsoHas.charCodeAt(0))) want(number);
      }
    }
    return any;
  }
}

class Line implements RuleLine {
  carried: unknown;
  #nesting: StringNesting | undefined;

  constructor(
    readonly text: string,
    readonly path: string,
    readonly format: TextFormat,
    readonly previous: () => string | undefined,
  ) {}

  nesting(): StringNesting {
    return this.#nesting ??= new StringNesting(this.text);
  }
}
