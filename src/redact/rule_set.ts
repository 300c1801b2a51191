import { KeywordScanner } from "./keyword_scanner.ts";
import { KnownLines } from "./known_lines.ts";
import type { LineRule } from "./line_rule.ts";
import type { TextFormat } from "./text_format.ts";

/** The rules of one pass with their keywords, made once and used for every file.
 *
 * Sets of rules are bits: 32 rules in each number, the first rule of all the lowest bit of the first number. */
export class RuleSet {
  readonly rules: readonly LineRule[];
  /** Knows the keywords of all rules, what they need besides, and the line feed. */
  readonly scanner: KeywordScanner;
  /** What the scanner finds at the end of a line. */
  readonly lineFeed: number;
  /** How many numbers a set of rules has. In a set of what a line calls for, one more follows: a bit for each condition
   * that is met. */
  readonly words: number;
  /** The rules that look at every line, and whether there are any. */
  readonly always: Int32Array;
  readonly looksAtAll: boolean;
  /** By its bit: the rules that do not run unless the condition is met. */
  readonly conditions: readonly Int32Array[];
  /** By what the scanner found, one set after the other. */
  readonly #calledFor: Int32Array;
  readonly #knownLines: { [format in TextFormat]?: KnownLines } = {};

  constructor(rules: readonly LineRule[]) {
    this.rules = rules;
    this.words = Math.ceil(rules.length / 32);
    this.always = this.#setOf(rules.flatMap((rule, i) => rule.keywords === undefined ? [i] : []));
    this.looksAtAll = this.always.some((word) => word !== 0);

    const literals = new Map<string, { rules: number[]; conditions: number }>([["\n", { rules: [], conditions: 0 }]]);
    const literal = (text: string) => {
      const known = literals.get(text) ?? { rules: [], conditions: 0 };
      literals.set(text, known);
      return known;
    };
    const byCondition = new Map<string, number[]>();
    rules.forEach(({ keywords = [], alsoHas = [] }, i) => {
      // no line has one with a line feed
      for (const keyword of keywords) if (!keyword.includes("\n")) literal(keyword).rules.push(i);
      const condition = JSON.stringify([alsoHas].flat());
      if (alsoHas.length > 0) byCondition.set(condition, [...byCondition.get(condition) ?? [], i]);
    });
    // those without a bit are not asked for: their rules run more often
    const conditions = [...byCondition].slice(0, 32);
    conditions.forEach(([condition], bit) => {
      for (const text of JSON.parse(condition)) literal(text).conditions |= 1 << bit;
    });
    this.conditions = conditions.map(([, numbers]) => this.#setOf(numbers));

    this.scanner = new KeywordScanner([...literals.keys()]);
    const meaning = [...literals.values()];
    this.lineFeed = this.scanner.keywords.findIndex((numbers) => numbers.includes(0));
    this.#calledFor = new Int32Array(this.scanner.keywords.length * (this.words + 1));
    this.scanner.keywords.forEach((numbers, found) => {
      const at = found * (this.words + 1);
      this.#calledFor.set(this.#setOf(numbers.flatMap((number) => meaning[number]!.rules)), at);
      for (const number of numbers) this.#calledFor[at + this.words]! |= meaning[number]!.conditions;
    });
  }

  knownLines(format: TextFormat): KnownLines {
    return this.#knownLines[format] ??= new KnownLines();
  }

  /** Adds what something found calls for. */
  addCalledFor(found: number, to: Int32Array): void {
    const words = this.words + 1;
    for (let word = 0, at = found * words; word < words; word++, at++) to[word]! |= this.#calledFor[at]!;
  }

  #setOf(numbers: number[]): Int32Array {
    const set = new Int32Array(this.words);
    for (const number of numbers) set[number >> 5]! |= 1 << (number & 31);
    return set;
  }
}
