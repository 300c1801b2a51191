import type { LineParts } from "./line_parts.ts";
import { type Cut, endsWord, findCut } from "./safe_cut.ts";

export interface WindowSize {
  /** How much is looked at in one go, … */
  windowBytes: number;
  /** … and how much of it, at least, again with what follows: no more than half. */
  overlapBytes: number;
}

/** Redacts a text of any length that has no parts to speak of.
 *
 * Looks at as much as fits into the window, up to a place where nothing is torn apart, as if it were the line. The end of
 * what comes out, the overlap, is looked at again with what follows; redaction changes nothing of what it has hidden, and
 * sees what lay across the border. A word that fills the window is looked at in pieces too; of one in which a secret
 * reaches up to the border, everything is hidden up to its end. */
export class TextWindow {
  readonly #parts: LineParts;
  readonly #size: WindowSize;
  readonly #window: Uint8Array;
  #filled = 0;
  /** How many string literals the window begins in. */
  #depth: number;
  /** True while everything is hidden up to the end of a word. */
  #hiding = false;

  /** @param depth how many string literals the text begins in */
  constructor(parts: LineParts, size: WindowSize, depth: number) {
    this.#parts = parts;
    this.#size = size;
    this.#window = new Uint8Array(size.windowBytes);
    this.#depth = depth;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#hiding) at += this.#hide(bytes.subarray(at));
      if (this.#filled === this.#window.length) this.#makeRoom();
      else {
        const part = bytes.subarray(at, at + this.#window.length - this.#filled);
        this.#window.set(part, this.#filled);
        this.#filled += part.length;
        at += part.length;
      }
    }
  }

  end(): void {
    const bytes = this.#window.slice(0, this.#filled);
    this.#parts.give(this.#parts.redact(bytes, this.#depth) ?? bytes);
  }

  #makeRoom(): void {
    const end = this.#findEnd();
    const before = this.#window.slice(0, end.at), rest = this.#window.slice(end.at);
    const now = this.#parts.redact(before, this.#depth) ?? before;
    const start = this.#findStart(now);
    if (start.at > 0) this.#parts.give(now.subarray(0, start.at));
    this.#depth = start.depth;
    this.#window.set(now.subarray(start.at));
    this.#filled = now.length - start.at;
    this.#hiding = !end.safe && !endsAlike(before, now);
    const skipped = this.#hiding ? this.#hide(rest) : 0;
    this.#window.set(rest.subarray(skipped), this.#filled);
    this.#filled += rest.length - skipped;
  }

  /** Where to cut off the end of the window: where nothing is hidden right before, since it might be part of something. */
  #findEnd(): Cut {
    const { windowBytes } = this.#size;
    return this.#findGoodCut(this.#window, windowBytes - (windowBytes >> 2), windowBytes, ({ at, depth }) => {
      const end = this.#window.slice(Math.max(0, at - this.#triedBytes), at);
      const now = this.#parts.try(end, depth);
      return now === undefined || endsAlike(end, now);
    });
  }

  /** From where on to look again at what came out: where nothing changes because the line seems to begin there. */
  #findStart(now: Uint8Array): Cut {
    const { windowBytes, overlapBytes } = this.#size;
    const to = now.length - overlapBytes;
    if (to <= 0) return { at: 0, depth: this.#depth, safe: true };
    return this.#findGoodCut(now, Math.max(0, now.length - (windowBytes >> 1)), to, ({ at, depth }) => {
      const start = now.slice(at, at + this.#triedBytes);
      const again = this.#parts.try(start, depth);
      return again === undefined || beginsAlike(start, again, this.#triedBytes >> 1);
    });
  }

  #findGoodCut(bytes: Uint8Array, from: number, to: number, isGood: (cut: Cut) => boolean): Cut {
    const last = findCut(bytes, from, to, this.#depth);
    const step = ((to - from) >> 4) & ~3;
    let cut = last;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (isGood(cut)) return cut;
      const before = cut.at - step;
      if (before <= from) break;
      cut = last.safe ? findCut(bytes, from, before, this.#depth) : { ...last, at: before };
    }
    return last;
  }

  /** How much before or after a cut is looked at to judge it. */
  get #triedBytes(): number {
    return this.#size.windowBytes >> 4;
  }

  /** @returns how many bytes belong to the word that is being hidden */
  #hide(bytes: Uint8Array): number {
    const end = bytes.findIndex(endsWord);
    if (end >= 0) this.#hiding = false;
    const hidden = end < 0 ? bytes.length : end;
    this.#parts.hidMore(hidden);
    return hidden;
  }
}

const MAX_TRIES = 8;

/** Longer than a mask. */
const END_BYTES = 16;

function endsAlike(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 1; i <= END_BYTES; i++) if (a[a.length - i] !== b[b.length - i]) return false;
  return true;
}

function beginsAlike(a: Uint8Array, b: Uint8Array, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) if (a[i] !== b[i]) return false;
  return true;
}
