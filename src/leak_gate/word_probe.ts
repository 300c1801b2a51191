/** Bytes that must be there before and behind what {@linkcode WordProbe.probe} looks at. */
export const PROBE_MARGIN = 4;

/** Finds where any of many literals stands, in one pass that looks at one machine word in every two bytes: of each
 * literal, two words of four bytes are kept, one for each parity of its place. Whatever does not fall into a small table
 * of these words is passed by, so the speed hardly depends on how many literals there are. ASCII letters are compared
 * without case.
 *
 * A literal of three or four bytes is found only next to ASCII. */
export class WordProbe {
  readonly #literals: readonly Uint8Array[];
  /** Of each word the place that came last, and of each place the one before it: `#places` has, three numbers each, the
   * literal, the offset of the word in it, and the number of the next place of the word, or -1. */
  readonly #last = new Map<number, number>();
  readonly #places: number[] = [];
  /** One bit for each value of a word's hash: set where a literal may have the word. */
  readonly #filter: Uint32Array;
  readonly #shift: number;

  /** @param literals none shorter than three bytes */
  constructor(literals: readonly Uint8Array[]) {
    this.#literals = literals;
    literals.forEach((literal, number) => {
      this.#add(literal, number, 0);
      this.#add(literal, number, 1);
    });
    // A hundredth of the bits set, and a table that stays in the processor's cache.
    const bits = Math.min(23, Math.max(18, 38 - Math.clz32(this.#last.size)));
    this.#shift = 32 - bits;
    this.#filter = new Uint32Array(1 << (bits - 5));
    for (const word of this.#last.keys()) {
      const hash = Math.imul(word, MULTIPLIER) >>> this.#shift;
      this.#filter[hash >>> 5]! |= 1 << (hash & 31);
    }
  }

  /** Tells of each literal that begins in `from` to `to`, in no particular order.
   * @param bytes from an even offset of its buffer; with a margin of any bytes before `from` and behind the last literal */
  probe(bytes: Uint8Array, from: number, to: number, found: (literal: number, at: number) => void): void {
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
    const filter = this.#filter, shift = this.#shift;
    const first = (from - 1) >> 1, last = Math.min(halves.length - 1, (to + MAX_OFFSET + 1) >> 1);
    let low = halves[first]!;
    for (let i = first; i < last; i++) {
      const high = halves[i + 1]!;
      const word = (low | (high << 16)) | FOLD_WORD;
      const hash = Math.imul(word, MULTIPLIER) >>> shift;
      if ((filter[hash >>> 5]! & (1 << (hash & 31))) !== 0) this.#confirm(word, bytes, i << 1, from, to, found);
      low = high;
    }
  }

  #confirm(
    word: number,
    bytes: Uint8Array,
    at: number,
    from: number,
    to: number,
    found: (literal: number, at: number) => void,
  ): void {
    for (let place = this.#last.get(word) ?? -1; place >= 0; place = this.#places[place + 2]!) {
      const number = this.#places[place]!, start = at - this.#places[place + 1]!;
      if (start >= from && start < to && startsWith(bytes, start, this.#literals[number]!)) found(number, start);
    }
  }

  /** Keeps the word of one parity that fewest literals have so far, and among those the rarest in text. */
  #add(literal: Uint8Array, number: number, parity: number): void {
    let best = -1, least = Infinity;
    const end = Math.min(literal.length - WORD_BYTES, MAX_OFFSET);
    for (let offset = parity; offset <= end && least > GOOD; offset += 2) {
      const word = wordAt(literal, offset);
      const cost = this.#load(word) * SHARED + commonness(literal, offset, word);
      if (cost < least) [best, least] = [offset, cost];
    }
    if (best >= 0) return this.#put(wordAt(literal, best), number, best);
    // Too short: whatever comes before, or behind, is in the word too.
    const offset = (literal.length - 3 - parity) % 2 === 0 ? literal.length - 3 : -1;
    for (let any = 0; any < 0x80; any++) {
      if ((any & FOLD) === 0) continue;
      const bytes = offset === -1 ? [any, ...literal.subarray(0, 3)] : [...literal.subarray(offset), any];
      this.#put(wordAt(bytes, 0), number, offset);
    }
  }

  #put(word: number, number: number, offset: number): void {
    const place = this.#places.length;
    this.#places.push(number, offset, this.#last.get(word) ?? -1);
    this.#last.set(word, place);
  }

  /** How many literals have a word, up to {@linkcode MAX_LOAD}. */
  #load(word: number): number {
    let load = 0;
    for (let place = this.#last.get(word) ?? -1; place >= 0 && load < MAX_LOAD; place = this.#places[place + 2]!) {
      load++;
    }
    return load;
  }
}

/** Makes lower-case letters of capitals, and keeps every pair of other bytes that differ in more than this bit apart. */
const FOLD = 0x20;
const FOLD_WORD = 0x20202020;
const WORD_BYTES = 4;
/** Words are chosen from the beginning of a literal. */
const MAX_OFFSET = 60;
const MAX_LOAD = 20;
/** 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1;

/** The cost of a word of which no better one need be looked for, and of sharing one with another literal. */
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

function commonness(literal: Uint8Array, offset: number, word: number): number {
  let sum = COMMON_WORDS.has(word) ? 1000 : 0;
  for (let i = offset; i < offset + WORD_BYTES; i++) sum += COMMONNESS[literal[i]!]!;
  return sum;
}

/** Folded, as little-endian machines, all that there are builds for, read four bytes. */
function wordAt(bytes: ArrayLike<number>, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24) | FOLD_WORD;
}

function startsWith(bytes: Uint8Array, at: number, literal: Uint8Array): boolean {
  for (let i = 0; i < literal.length; i++) if ((bytes[at + i]! | FOLD) !== (literal[i]! | FOLD)) return false;
  return true;
}
