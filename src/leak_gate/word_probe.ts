import type { Literals } from "./literals.ts";

/** Bytes that must be there before what {@linkcode WordProbe.probe} looks at, and behind. */
export const PROBE_MARGIN = 8;

/** Shortest literals for probes that compare four and eight bytes. */
export const SHORT_LITERAL = 3, LONG_LITERAL = 11;

/** Finds where any of many literals stands, in one pass that takes one look at every two bytes, or at every four, where all
 * literals are long: of each literal, as many stretches of four bytes are kept, or of eight, one for each of the places that
 * it may have between two looks. Whatever does not fall into a small table of these is passed by, so the speed hardly depends
 * on how many literals there are. ASCII letters are compared without case.
 *
 * A literal of three or four bytes is found only next to ASCII. */
export class WordProbe {
  readonly #literals: Literals;
  /** True when stretches of eight bytes are compared. */
  readonly #wide: boolean;
  /** Bytes from one look to the next. */
  readonly #step: number;
  /** By key of a stretch, the place that came last, and of each place the one before it: `#places` has, three numbers
   * each, the literal, the offset of the stretch in it, and the number of the next place of that key, or -1. */
  readonly #last = new Map<number, number>();
  readonly #places: number[] = [];
  /** One bit for each value of a key's hash: set where a literal may have it. */
  readonly #filter: Uint32Array;
  readonly #shift: number;

  /** @param literals none shorter than {@linkcode SHORT_LITERAL} bytes */
  constructor(literals: Literals) {
    this.#literals = literals;
    const numbers = Array.from({ length: literals.count }, (_, number) => number);
    this.#wide = numbers.every((number) => literals.lengthOf(number) >= LONG_LITERAL);
    this.#step = this.#wide ? 4 : 2;
    for (const number of numbers) for (let place = 0; place < this.#step; place++) this.#add(number, place);
    // A hundredth of the bits set, and a table that stays in the processor's cache.
    const bits = Math.min(23, Math.max(18, 38 - Math.clz32(this.#last.size)));
    this.#shift = 32 - bits;
    this.#filter = new Uint32Array(1 << (bits - 5));
    for (const key of this.#last.keys()) {
      const hash = Math.imul(key, MULTIPLIER) >>> this.#shift;
      this.#filter[hash >>> 5]! |= 1 << (hash & 31);
    }
  }

  /** Tells of each literal that begins in `from` to `to`, in no particular order.
   * @param bytes from an offset of its buffer that four divides; with a margin of any bytes before `from` and behind the last
   * literal */
  probe(bytes: Uint8Array, from: number, to: number, found: (literal: number, at: number) => void): void {
    const last = to + MAX_OFFSET + this.#step - 1;
    if (this.#wide) {
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
      const end = Math.min(words.length - 1, last >> 2);
      for (let i = nextWide(words, (from - 1) >> 2, end, this.#filter, this.#shift); i < end;) {
        this.#confirm(keyOf(words[i]! | FOLD_WORD, words[i + 1]! | FOLD_WORD), bytes, i << 2, from, to, found);
        i = nextWide(words, i + 1, end, this.#filter, this.#shift);
      }
    } else {
      const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
      const end = Math.min(halves.length - 1, last >> 1);
      for (let i = nextNarrow(halves, (from - 1) >> 1, end, this.#filter, this.#shift); i < end;) {
        this.#confirm(wordFrom(halves[i]!, halves[i + 1]!), bytes, i << 1, from, to, found);
        i = nextNarrow(halves, i + 1, end, this.#filter, this.#shift);
      }
    }
  }

  #confirm(
    key: number,
    bytes: Uint8Array,
    at: number,
    from: number,
    to: number,
    found: (literal: number, at: number) => void,
  ): void {
    for (let place = this.#last.get(key) ?? -1; place >= 0; place = this.#places[place + 2]!) {
      const number = this.#places[place]!, start = at - this.#places[place + 1]!;
      if (start >= from && start < to && this.#stands(number, bytes, start)) found(number, start);
    }
  }

  #stands(number: number, bytes: Uint8Array, at: number): boolean {
    const { bytes: literals, starts } = this.#literals;
    const end = starts[number + 1]!;
    for (let i = starts[number]!; i < end; i++, at++) if ((bytes[at]! | FOLD) !== (literals[i]! | FOLD)) return false;
    return true;
  }

  /** Keeps the stretch that fewest literals have so far, and among those the rarest in text.
   * @param place of the first that may be kept, before the next look */
  #add(number: number, place: number): void {
    const { bytes, starts } = this.#literals;
    const start = starts[number]!, length = this.#literals.lengthOf(number);
    let best = -1, least = Infinity;
    const end = Math.min(length - (this.#wide ? 8 : 4), MAX_OFFSET);
    for (let offset = place; offset <= end && least > GOOD; offset += this.#step) {
      const cost = this.#load(this.#keyAt(start + offset)) * SHARED + commonness(bytes, start + offset);
      if (cost < least) [best, least] = [offset, cost];
    }
    if (best >= 0) return this.#put(this.#keyAt(start + best), number, best);
    // Too short: whatever comes before, or behind, is in the word too.
    const offset = (length - 3 - place) % 2 === 0 ? length - 3 : -1;
    const known = bytes.subarray(start + Math.max(0, offset), start + Math.max(0, offset) + 3);
    for (let any = 0; any < 0x80; any++) {
      if ((any & FOLD) !== 0) this.#put(wordAt(offset === -1 ? [any, ...known] : [...known, any], 0), number, offset);
    }
  }

  #keyAt(at: number): number {
    const { bytes } = this.#literals;
    const word = wordAt(bytes, at);
    return this.#wide ? keyOf(word, wordAt(bytes, at + 4)) : word;
  }

  #put(key: number, number: number, offset: number): void {
    const place = this.#places.length;
    this.#places.push(number, offset, this.#last.get(key) ?? -1);
    this.#last.set(key, place);
  }

  /** How many literals have a stretch, up to {@linkcode MAX_LOAD}. */
  #load(key: number): number {
    let load = 0;
    for (let place = this.#last.get(key) ?? -1; place >= 0 && load < MAX_LOAD; place = this.#places[place + 2]!) load++;
    return load;
  }
}

// Where the next stretch begins that may be one of those kept, in pairs of bytes, or in words. Functions of their own, and two
// of them: the compiler makes fast code of each after the first few thousand words.

function nextNarrow(halves: Uint16Array, from: number, to: number, filter: Uint32Array, shift: number): number {
  let low = halves[from]!;
  for (let i = from; i < to; i++) {
    const high = halves[i + 1]!;
    const hash = Math.imul(wordFrom(low, high), MULTIPLIER) >>> shift;
    if ((filter[hash >>> 5]! & (1 << (hash & 31))) !== 0) return i;
    low = high;
  }
  return to;
}

function nextWide(words: Uint32Array, from: number, to: number, filter: Uint32Array, shift: number): number {
  let low = words[from]! | FOLD_WORD;
  for (let i = from; i < to; i++) {
    const high = words[i + 1]! | FOLD_WORD;
    const hash = Math.imul(keyOf(low, high), MULTIPLIER) >>> shift;
    if ((filter[hash >>> 5]! & (1 << (hash & 31))) !== 0) return i;
    low = high;
  }
  return to;
}

/** Makes lower-case letters of capitals, and keeps every pair of other bytes that differ in more than this bit apart. */
const FOLD = 0x20;
const FOLD_WORD = 0x20202020;
/** Stretches are chosen from the beginning of a literal. */
const MAX_OFFSET = 60;
const MAX_LOAD = 20;
/** 2^32 divided by the golden ratio, and an odd number unlike it. */
const MULTIPLIER = 0x9e3779b1, OTHER_MULTIPLIER = 0x85ebca77;

/** The cost of a stretch of which no better one need be looked for, and of sharing one with another literal. */
const GOOD = 40;
const SHARED = 10_000;
/** By byte: the commoner in text, the more. */
const COMMONNESS = new Uint8Array(256);
[..."qzjxkvbywgpmucdlhrsnioate"].forEach((letter, i) => {
  COMMONNESS[letter.charCodeAt(0)] = COMMONNESS[letter.toUpperCase().charCodeAt(0)] = i;
});
/** Words that the state of a cluster is full of. */
const COMMON_WORDS = new Set(
  "sion tion apiv app- path name meta spec stat kube time cont ment ject node labe port conf".split(" ").map((word) =>
    wordAt(new TextEncoder().encode(word), 0)
  ),
);

function commonness(bytes: Uint8Array, at: number): number {
  let sum = COMMON_WORDS.has(wordAt(bytes, at)) ? 1000 : 0;
  for (let i = at; i < at + 4; i++) sum += COMMONNESS[bytes[i]!]!;
  return sum;
}

/** Folded, as little-endian machines, all that there are builds for, read four bytes. */
function wordAt(bytes: ArrayLike<number>, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24) | FOLD_WORD;
}

function wordFrom(low: number, high: number): number {
  return low | (high << 16) | FOLD_WORD;
}

/** Two words in one number. Others may come to the same: the literal itself decides. */
function keyOf(word: number, next: number): number {
  return Math.imul(word, OTHER_MULTIPLIER) ^ next;
}
