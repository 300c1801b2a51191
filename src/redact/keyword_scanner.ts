import { toBytes } from "./latin1.ts";

/** Most bytes that are looked at in one go. */
export const SCAN_BYTES = 16 << 10;

/** Where keywords were found, in the order of the text. */
export interface KeywordHits {
  count: number;
  /** Position of the last byte. */
  readonly ends: Int32Array;
  /** What ends there: a number that {@linkcode KeywordScanner.keywords} knows. */
  readonly found: Int32Array;
}

/** Finds many literals in one pass over the bytes, whatever the number of literals.
 *
 * An Aho-Corasick automaton (https://doi.org/10.1145/360825.360855) over bytes, ASCII letters compared without case. */
export class KeywordScanner {
  /** Lists of keyword numbers that end at the same place. */
  readonly keywords: readonly (readonly number[])[];
  /** Next state by state and class of byte. A state is its number, shifted by `#classBits`: the place of its moves. States
   * from `#accepting` up have found something. */
  readonly #next: Uint16Array | Uint32Array;
  /** Bytes that no keyword tells apart are one class: a smaller table stays in the processor's cache. */
  readonly #classes: Uint8Array;
  readonly #classBits: number;
  readonly #accepting: number;
  /** How many bytes before a position decide about the state there. */
  readonly #memory: number;
  readonly #hits: KeywordHits = { count: 0, ends: new Int32Array(SCAN_BYTES), found: new Int32Array(SCAN_BYTES) };

  /** @param keywords lower-case, of characters up to U+00FF, none empty */
  constructor(keywords: readonly string[]) {
    this.#memory = keywords.reduce((longest, { length }) => Math.max(longest, length), 1) - 1;
    this.#classes = classesOf(keywords);
    const bits = this.#classBits = 32 - Math.clz32(Math.max(...this.#classes));
    const states = statesOf(keywords, this.#classes);
    const accepting = states.filter((state) => state.keywords.length > 0);
    [...states.filter((state) => state.keywords.length === 0), ...accepting].forEach((state, i) =>
      state.place = i << bits
    );
    this.keywords = accepting.map((state) => state.keywords);
    const size = states.length << bits;
    this.#accepting = size - (accepting.length << bits);
    this.#next = size > 0xffff ? new Uint32Array(size) : new Uint16Array(size);
    for (const { place, moves, shorter } of states) {
      if (shorter !== undefined) this.#next.copyWithin(place, shorter.place, shorter.place + (1 << bits));
      for (const [c, state] of moves) this.#next[place | c] = state.place;
    }
    this.#warmUp(toBytes(keywords[0] ?? "-"));
  }

  /** Finds the keywords that end in bytes `from` to `to`.
   * @param to at most `from` + {@linkcode SCAN_BYTES}
   * @param begin where the first of them may begin
   * @returns what the next scan overwrites */
  scan(bytes: Uint8Array, from: number, to: number, begin = from): KeywordHits {
    const next = this.#next, classes = this.#classes, accepting = this.#accepting, bits = this.#classBits;
    const hits = this.#hits, { ends, found } = hits;
    // Each step waits for the one before. Two halves at once wait half as long. They share a byte where it is odd.
    const half = (to - from + 1) >> 1, middle = to - half;
    let a = this.#stateAt(bytes, from, begin), b = this.#stateAt(bytes, middle, begin);
    let first = 0, second = half;
    for (let i = from, j = middle; j < to; i++, j++) {
      a = next[a | classes[bytes[i]!]!]!;
      b = next[b | classes[bytes[j]!]!]!;
      if (a < accepting && b < accepting) continue;
      if (a >= accepting) {
        ends[first] = i;
        found[first++] = (a - accepting) >> bits;
      }
      if (b >= accepting) {
        ends[second] = j;
        found[second++] = (b - accepting) >> bits;
      }
    }
    const isTwice = first > 0 && second > half && ends[first - 1] === ends[half];
    const start = isTwice ? half + 1 : half;
    ends.copyWithin(first, start, second);
    found.copyWithin(first, start, second);
    hits.count = first + second - start;
    return hits;
  }

  /** A short scan in which all happens that can. Otherwise the compiler, which steps in during the first long loop, knows
   * nothing of what comes after it, and has to give up at the end of each scan. */
  #warmUp(keyword: Uint8Array): void {
    const twice = new Uint8Array(2 * keyword.length + 1);
    twice.set(keyword);
    twice.set(keyword, keyword.length);
    this.scan(twice, 0, twice.length);
  }

  #stateAt(bytes: Uint8Array, position: number, begin: number): number {
    const next = this.#next, classes = this.#classes;
    let state = 0;
    for (let i = Math.max(begin, position - this.#memory); i < position; i++) {
      state = next[state | classes[bytes[i]!]!]!;
    }
    return state;
  }
}

function classesOf(keywords: readonly string[]): Uint8Array {
  const classes = new Uint8Array(256);
  let count = 0;
  for (const keyword of keywords) {
    for (let i = 0; i < keyword.length; i++) {
      if (classes[keyword.charCodeAt(i)] === 0) classes[keyword.charCodeAt(i)] = ++count;
    }
  }
  for (let upper = 65; upper <= 90; upper++) classes[upper] = classes[upper + 32]!;
  return classes;
}

/** Text that keywords begin with. */
interface State {
  /** By class of the byte that follows. */
  moves: Map<number, State>;
  /** The longest end of the text that is a state too, where the text goes on as no keyword does; undefined for no text. */
  shorter: State | undefined;
  /** Numbers of the keywords that the text ends with. */
  keywords: number[];
  place: number;
}

/** @returns all states, shorter texts first */
function statesOf(keywords: readonly string[], classes: Uint8Array): State[] {
  const newState = (): State => ({ moves: new Map(), shorter: undefined, keywords: [], place: 0 });
  const start = newState();
  keywords.forEach((keyword, number) => {
    let state = start;
    for (let i = 0; i < keyword.length; i++) {
      const c = classes[keyword.charCodeAt(i)]!;
      const next = state.moves.get(c) ?? newState();
      state.moves.set(c, next);
      state = next;
    }
    state.keywords.push(number);
  });
  const states = [start];
  for (const state of states) {
    for (const [c, next] of state.moves) {
      let shorter = state.shorter;
      while (shorter !== undefined && !shorter.moves.has(c)) shorter = shorter.shorter;
      next.shorter = shorter?.moves.get(c) ?? start;
      next.keywords.push(...next.shorter.keywords);
      states.push(next);
    }
  }
  return states;
}
