import type { LineParts } from "./line_parts.ts";
import { type Cut, findCut } from "./safe_cut.ts";

export interface WindowSize {
  /** How much is looked at in one go, … */
  windowBytes: number;
  /** … and how much of it, at least, again with what follows: at most a quarter. */
  overlapBytes: number;
}

/** Redacts a text of any length that has no parts to speak of.
 *
 * Looks at as much as fits into the window, up to a place where nothing is torn apart, as if it were the line. The end of
 * what comes out, the overlap, is looked at again with what follows; redaction changes nothing of what it has hidden, and
 * sees what lay across the border. Of a value that fills the window, the beginning stays in it, and is hidden with each of
 * its ends, as long as it goes on. */
export class TextWindow {
  readonly #parts: LineParts;
  readonly #size: WindowSize;
  readonly #window: Uint8Array;
  #filled = 0;
  /** How many string literals the window begins in. */
  #depth: number;
  /** A value that the window is too small for. */
  #value: LongValue | undefined;

  /** @param depth how many string literals the text begins in */
  constructor(parts: LineParts, size: WindowSize, depth: number) {
    this.#parts = parts;
    this.#size = size;
    this.#window = new Uint8Array(size.windowBytes);
    this.#depth = depth;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === this.#window.length) this.#makeRoom();
      const part = bytes.subarray(at, at + this.#window.length - this.#filled);
      this.#window.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  end(): void {
    const bytes = this.#window.subarray(0, this.#filled);
    this.#parts.give(this.#parts.redact(bytes, this.#depth) ?? bytes.slice());
  }

  /** True when something is hidden right up to the end: what comes next may belong to it.
   * @param marks how many bytes at the end belong to no value */
  isOpen(marks: number): boolean {
    const bytes = this.#window.subarray(0, this.#filled);
    const now = this.#parts.try(bytes, this.#depth);
    return now !== undefined && !endsAlike(bytes, now, marks);
  }

  #makeRoom(): void {
    if (this.#value !== undefined && this.#shorten(this.#value)) return;
    const eighth = this.#window.length >> 3;
    const end = this.#findCut(this.#window, 6 * eighth, this.#window.length, (cut) => this.#endsOpen(cut));
    const { now, reachesEnd } = this.#try(end);
    if (!reachesEnd) return this.#pass(end, now !== undefined);
    const middle = findCut(this.#window, 4 * eighth, 5 * eighth, this.#depth);
    const before = this.#try(middle);
    if (!before.reachesEnd) return this.#pass(middle, before.now !== undefined);
    // As little of the value as is known for it: the less stays, the less is looked at again.
    const head = findCut(this.#window, eighth >> 1, eighth, this.#depth);
    const hasHead = sameUpToLastMask(this.#try(head).now, now);
    this.#value = hasHead || sameUpToLastMask(before.now, now) ? { at: (hasHead ? head : middle).at, now } : undefined;
    if (this.#value === undefined || !this.#shorten(this.#value)) this.#pass(end, true);
  }

  /** Leaves out a part of a value that reaches from before a place to the end of the window.
   * @param value the place, and what redaction makes of the window up to there or further
   * @returns false when there is no such value */
  #shorten({ at, now }: LongValue): boolean {
    const end = findCut(this.#window, 6 * (this.#window.length >> 3), this.#window.length, this.#depth);
    const whole = this.#try(end);
    if (!whole.reachesEnd || !sameUpToLastMask(whole.now, now)) return false;
    this.#parts.hid(end.at - at);
    this.#window.copyWithin(at, end.at);
    this.#filled -= end.at - at;
    return true;
  }

  /** Redacts the window up to a place, and leaves in it the overlap and what lies behind the place. */
  #pass({ at }: Cut, changes: boolean): void {
    const before = this.#window.subarray(0, at);
    const now = changes ? this.#parts.redact(before, this.#depth) : undefined;
    if (now === undefined) {
      const start = this.#findStart(before);
      this.#parts.give(this.#window.slice(0, start.at));
      this.#window.copyWithin(0, start.at);
      this.#filled -= start.at;
      this.#depth = start.depth;
      return;
    }
    const start = this.#findStart(now), rest = this.#window.slice(at);
    if (start.at > 0) this.#parts.give(now.subarray(0, start.at));
    this.#window.set(now.subarray(start.at));
    this.#window.set(rest, now.length - start.at);
    this.#filled = now.length - start.at + rest.length;
    this.#depth = start.depth;
  }

  /** From where on to look again at what came out. */
  #findStart(now: Uint8Array): Cut {
    const { windowBytes, overlapBytes } = this.#size;
    const to = now.length - overlapBytes;
    if (to <= 0) return { at: 0, depth: this.#depth, safe: true };
    const from = Math.max(0, now.length - 3 * (windowBytes >> 3));
    return this.#findCut(now, from, to, (cut) => this.#beginsOpen(now, cut));
  }

  /** What redaction would make of the window up to its end, and whether it would hide something there: that might be the
   * beginning of a longer one. */
  #try({ at }: Cut): { now: Uint8Array | undefined; reachesEnd: boolean } {
    const bytes = this.#window.subarray(0, at);
    const now = this.#parts.try(bytes, this.#depth);
    return { now, reachesEnd: now !== undefined && !endsAlike(bytes, now) };
  }

  /** Whether something would be hidden right before a place in the window, as far as can be said from what is around. */
  #endsOpen({ at, depth }: Cut): boolean {
    const end = this.#window.subarray(Math.max(0, at - this.#aroundBytes), at);
    const now = this.#parts.try(end, depth);
    return now !== undefined && !endsAlike(end, now);
  }

  /** Whether something more would be hidden right behind a place, because the line would seem to begin there. */
  #beginsOpen(now: Uint8Array, { at, depth }: Cut): boolean {
    const start = now.subarray(at, at + this.#aroundBytes);
    const again = this.#parts.try(start, depth);
    return again !== undefined && !beginsAlike(start, again, this.#aroundBytes >> 1);
  }

  get #aroundBytes(): number {
    return this.#size.windowBytes >> 4;
  }

  /** The last good cut that is not open, if one of a few is not. */
  #findCut(bytes: Uint8Array, from: number, to: number, isOpen: (cut: Cut) => boolean): Cut {
    const last = findCut(bytes, from, to, this.#depth);
    const step = ((to - from) >> 4) & ~3;
    let cut = last;
    for (let tries = 0; tries < MAX_TRIES && isOpen(cut); tries++) {
      const before = cut.at - step;
      if (before <= from) return last;
      cut = last.safe ? findCut(bytes, from, before, this.#depth) : { ...last, at: before };
    }
    return cut;
  }
}

interface LongValue {
  at: number;
  now: Uint8Array | undefined;
}

const MAX_TRIES = 8;

/** Longer than a mask with quotes round it. */
const END_BYTES = 16;

export function endsAlike(a: Uint8Array, b: Uint8Array, bytes = END_BYTES): boolean {
  for (let i = 1; i <= bytes; i++) if (a[a.length - i] !== b[b.length - i]) return false;
  return true;
}

function beginsAlike(a: Uint8Array, b: Uint8Array, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Behind a mask, quotes and marks may stay. */
function sameUpToLastMask(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const end = a.lastIndexOf(STAR);
  return end === b.lastIndexOf(STAR) && beginsAlike(a, b, end + 1);
}

const STAR = 42;
