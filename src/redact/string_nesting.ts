/** How text lies in string literals: JSON in JSON in JSON escapes the quotes of each level once more.
 *
 * A quote of level 0 is `"`, of level 1 `\"`, of level 2 `\\\"`. Text between quotes of level n is at depth n + 1. */
export function quoteLevel(backslashes: number): number {
  let level = 0;
  for (let n = backslashes; n % 2 === 1; n = (n - 1) / 2) level++;
  return level;
}

/** Depth at which `\n`, `\t` … after this many backslashes is the escaped character: 1 for `\n`, 2 for `\\n`. */
export function escapeLevel(backslashes: number): number {
  let level = 1;
  for (let n = backslashes; n > 0 && n % 2 === 0; n /= 2) level++;
  return level;
}

/** Number of backslashes right before a position. */
export function backslashesBefore(text: string, position: number, from = 0): number {
  let i = position;
  while (i > from && text.charCodeAt(i - 1) === 92) i--;
  return position - i;
}

/** Position of the quote (its first backslash, where it has some) that ends a string opened by a quote of this level,
 * or -1. */
export function stringEnd(text: string, from: number, level: number): number {
  for (let i = text.indexOf('"', from); i >= 0; i = text.indexOf('"', i + 1)) {
    const backslashes = backslashesBefore(text, i, from);
    const found = quoteLevel(backslashes);
    // of `\\"`, which ends a string of level 0, all backslashes belong to the string
    if (found <= level) return i - ((1 << found) - 1);
  }
  return -1;
}

/** Tells the depth of positions in a line, asked in any order, cheapest from left to right. */
export class StringNesting {
  readonly #text: string;
  readonly #startDepth: number;
  /** The first quote not yet counted in `#depth`. */
  #quote = -1;
  #position = 0;
  #depth = 0;

  /** @param startDepth how deep the text begins */
  constructor(text: string, startDepth = 0) {
    this.#text = text;
    this.#startDepth = startDepth;
  }

  /** 0 outside of strings. */
  depthAt(position: number): number {
    if (position < this.#position || this.#quote < 0) {
      this.#depth = this.#startDepth;
      this.#quote = this.#nextQuote(0);
    }
    while (this.#quote < position) {
      const level = quoteLevel(backslashesBefore(this.#text, this.#quote));
      this.#depth = level < this.#depth ? level : level + 1;
      this.#quote = this.#nextQuote(this.#quote + 1);
    }
    this.#position = position;
    return this.#depth;
  }

  #nextQuote(from: number): number {
    const found = this.#text.indexOf('"', from);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  }
}
