import { MASK } from "./mask.ts";

/** A stretch of a line that a rule hid. */
export interface HiddenStretch {
  /** In the line as it came, from 1, counted in characters. */
  column: number;
  /** Characters that are no longer there. */
  characters: number;
}

/** Follows a line through the rules that change it, so that each change is known by its place in the line as it came. */
export class TracedLine {
  readonly #original: string;
  #text: string;
  /** By position in the text: the position in the line as it came, or -1 in masks, of earlier redaction too. */
  #origins: Int32Array;

  /** @param text one character per byte */
  constructor(text: string) {
    this.#original = this.#text = text;
    this.#origins = Int32Array.from({ length: text.length }, (_, i) => i);
    for (let at = text.indexOf(MASK); at >= 0; at = text.indexOf(MASK, at + MASK.length)) {
      this.#origins.fill(-1, at, at + MASK.length);
    }
  }

  /** @returns what the change hid; nothing for a line that is not the one that was followed */
  change(before: string, after: string): HiddenStretch[] {
    if (before !== this.#text) return [];
    const { hidden, kept } = compare(before, after);
    const stretches = hidden.flatMap(({ start, end }): HiddenStretch[] => {
      const gone = this.#origins.subarray(start, end).filter((origin) => origin >= 0);
      if (gone.length === 0) return [];
      const value = Array.from(gone, (origin) => this.#original[origin]).join("");
      return [{ column: characters(this.#original.slice(0, gone[0])) + 1, characters: characters(value) }];
    });
    this.#text = after;
    this.#origins = kept.map((position) => position < 0 ? -1 : this.#origins[position]!);
    return stretches;
  }
}

interface Comparison {
  /** Stretches of the text before that are gone. */
  hidden: { start: number; end: number }[];
  /** By position in the text after: the same character's position before, or -1. */
  kept: Int32Array;
}

/** Finds out which stretches of a line a rule replaced by masks. Quotes may have been put around them. Where a hidden text
 * repeats what stands behind it the places are guessed, and where more was changed than that, they are one. */
function compare(before: string, after: string): Comparison {
  const kept = new Int32Array(after.length).fill(-1);
  const pieces = after.split(MASK);
  const hidden: Comparison["hidden"] = [];
  let from = 0, at = 0;
  for (const [n, piece] of pieces.entries()) {
    const start = n === 0 ? 0 : find(before, piece, from + 1, n === pieces.length - 1);
    const end = start < 0 ? -1 : follow(before, start, piece);
    if (end < 0) return asOne(before, after);
    if (n > 0) hidden.push({ start: from, end: start });
    follow(before, start, piece, (position, k) => kept[at + k] = position);
    from = end;
    at += piece.length + MASK.length;
  }
  if (from < before.length) return asOne(before, after);
  return { hidden, kept };
}

/** Where a piece goes on in the text before; the last one must reach its end. -1: nowhere. */
function find(before: string, piece: string, from: number, isLast: boolean): number {
  const first = isLast ? Math.max(from, before.length - piece.length) : from;
  for (let start = first; start <= before.length; start++) {
    const end = follow(before, start, piece);
    if (end >= 0 && (!isLast || end === before.length)) return start;
  }
  return -1;
}

/** Follows a piece through the text before, from a position on.
 * @returns where it ends there, or -1 when it is not there */
function follow(before: string, start: number, piece: string, onMatch?: (position: number, k: number) => void): number {
  let position = start;
  for (let k = 0; k < piece.length; k++) {
    if (before[position] === piece[k]) {
      onMatch?.(position, k);
      position++;
    } else if (piece[k] !== "'") return -1;
  }
  return position;
}

/** All between what the two texts begin and end with. */
function asOne(before: string, after: string): Comparison {
  const shorter = Math.min(before.length, after.length);
  let start = 0, same = 0;
  while (start < shorter && before[start] === after[start]) start++;
  while (same < shorter - start && before.at(-1 - same) === after.at(-1 - same)) same++;
  const kept = new Int32Array(after.length).fill(-1);
  for (let i = 0; i < start; i++) kept[i] = i;
  for (let i = 1; i <= same; i++) kept[after.length - i] = before.length - i;
  return { hidden: [{ start, end: before.length - same }], kept };
}

/** How many characters some UTF-8 is, given as one character per byte. */
function characters(bytes: string): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if ((bytes.charCodeAt(i) & 0xc0) !== 0x80) count++;
  return count;
}
