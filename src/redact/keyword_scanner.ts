/** Finds lines that have one of many literals on them, in one pass over the bytes whatever the number of literals.
 *
 * An Aho-Corasick automaton (https://doi.org/10.1145/360825.360855) over bytes, ASCII letters compared without case. */
export class KeywordScanner {
  /** Next state by state and class of byte. A state is its number, shifted by `#classBits`: the place of its moves. States
   * from `#accepting` up have found something. */
  readonly #next: Uint16Array | Uint32Array;
  /** Bytes that no keyword tells apart are one class: a smaller table stays in the processor's cache. */
  readonly #classes: Uint8Array;
  readonly #classBits: number;
  readonly #accepting: number;
  /** Keyword numbers by accepting state, minus `#accepting`. */
  readonly #found: number[][];

  /** @param keywords lower-case, of characters up to U+00FF, none empty, none with a line feed */
  constructor(keywords: readonly string[]) {
    const trie = buildTrie(keywords);
    const { next, found } = addFailureMoves(trie);
    const size = found.length;
    const place = new Uint32Array(size);
    let at = 0;
    for (let s = 0; s < size; s++) if (found[s]!.length === 0) place[s] = at++;
    const firstAccepting = at;
    this.#found = [];
    for (let s = 0; s < size; s++) {
      if (found[s]!.length === 0) continue;
      place[s] = at++;
      this.#found.push([...new Set(found[s])]);
    }
    this.#classes = classesOf(keywords);
    const bits = this.#classBits = 32 - Math.clz32(Math.max(...this.#classes));
    this.#accepting = firstAccepting << bits;
    this.#next = (size << bits) > 0xffff ? new Uint32Array(size << bits) : new Uint16Array(size << bits);
    for (let s = 0; s < size; s++) {
      for (let byte = 0; byte < 256; byte++) {
        this.#next[(place[s]! << bits) | this.#classes[byte]!] = place[next[s * 256 + byte]!]! << bits;
      }
    }
  }

  /** Position of the last byte of the first keyword in bytes `start` to `end`, or -1. */
  first(bytes: Uint8Array, start: number, end: number): number {
    const next = this.#next, classes = this.#classes, accepting = this.#accepting;
    let state = 0;
    for (let i = start; i < end; i++) {
      state = next[state | classes[bytes[i]!]!]!;
      if (state >= accepting) return i;
    }
    return -1;
  }

  /** Adds the number of each keyword in bytes `start` to `end` to a list that does not have it yet. */
  collect(bytes: Uint8Array, start: number, end: number, into: number[]): void {
    const next = this.#next, classes = this.#classes, accepting = this.#accepting;
    let state = 0;
    for (let i = start; i < end; i++) {
      state = next[state | classes[bytes[i]!]!]!;
      if (state < accepting) continue;
      for (const keyword of this.#found[(state - accepting) >> this.#classBits]!) {
        if (!into.includes(keyword)) into.push(keyword);
      }
    }
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

interface Trie {
  children: Map<number, number>[];
  found: number[][];
}

function buildTrie(keywords: readonly string[]): Trie {
  const children: Map<number, number>[] = [new Map()];
  const found: number[][] = [[]];
  keywords.forEach((keyword, number) => {
    let state = 0;
    for (let i = 0; i < keyword.length; i++) {
      const byte = keyword.charCodeAt(i);
      let child = children[state]!.get(byte);
      if (child === undefined) {
        child = children.length;
        children.push(new Map());
        found.push([]);
        children[state]!.set(byte, child);
      }
      state = child;
    }
    found[state]!.push(number);
  });
  return { children, found };
}

function addFailureMoves({ children, found }: Trie): { next: Uint32Array; found: number[][] } {
  const next = new Uint32Array(children.length * 256);
  const fallback = new Uint32Array(children.length);
  const queue: number[] = [];
  for (const [byte, child] of children[0]!) {
    next[byte] = child;
    queue.push(child);
  }
  for (let i = 0; i < queue.length; i++) {
    const state = queue[i]!, back = fallback[state]!;
    found[state]!.push(...found[back]!);
    next.copyWithin(state * 256, back * 256, back * 256 + 256);
    for (const [byte, child] of children[state]!) {
      fallback[child] = next[back * 256 + byte]!;
      next[state * 256 + byte] = child;
      queue.push(child);
    }
  }
  for (let state = 0; state < children.length; state++) {
    for (let upper = 65; upper <= 90; upper++) next[state * 256 + upper] = next[state * 256 + upper + 32]!;
  }
  return { next, found };
}
