import type { LineOutput } from "./line_output.ts";
import type { LinePass } from "./line_pass.ts";
import { LineParts } from "./line_parts.ts";
import { findItemCuts } from "./safe_cut.ts";
import { endsAlike, TextWindow, type WindowSize } from "./text_window.ts";

export interface LongLineSize extends WindowSize {
  /** A line of more than this is looked at in parts. */
  lineBytes: number;
  /** Of a list, as many items as make this much are looked at together. */
  itemsBytes: number;
}

/** A Kubernetes object of 1.5 MB, the most there is, is seen whole. */
export const LONG_LINE: LongLineSize = {
  lineBytes: 2 << 20,
  itemsBytes: 64 << 10,
  windowBytes: 96 << 10,
  overlapBytes: 24 << 10,
};

/** Redacts a line of any length in bounded memory: a list of JSON item by item, each of which is seen whole; what is no
 * list, or has an item longer than the bound of a line, through a {@linkcode TextWindow}. */
export class LongLine {
  readonly #parts: LineParts;
  readonly #size: LongLineSize;
  readonly #buffer: Uint8Array;
  #filled = 0;
  /** How many string literals the buffer begins in. */
  #depth = 0;
  /** Has the beginning of what is in the buffer. */
  #window: TextWindow | undefined;

  /** @param trial for the same rules and file as `pass`, to see what they would do */
  constructor(pass: LinePass, trial: LinePass, output: LineOutput, size: LongLineSize) {
    this.#parts = new LineParts(pass, trial, output);
    this.#size = size;
    this.#buffer = new Uint8Array(size.lineBytes);
  }

  /** @param bytes of the line, without its line feed */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === this.#buffer.length) this.#makeRoom();
      const part = bytes.subarray(at, at + this.#buffer.length - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  end(): void {
    const bytes = this.#buffer.subarray(0, this.#filled);
    if (this.#window === undefined) return this.#parts.give(this.#parts.redact(bytes, this.#depth) ?? bytes.slice());
    this.#window.push(bytes);
    this.#window.end();
  }

  #makeRoom(): void {
    const { cuts, depth } = findItemCuts(this.#buffer, this.#depth, this.#size.itemsBytes);
    if (cuts.length === 0) {
      this.#window ??= new TextWindow(this.#parts, this.#size, this.#depth);
      this.#window.push(this.#buffer);
      this.#filled = 0;
      this.#depth = depth;
      return;
    }
    let start = 0;
    for (const cut of cuts) {
      this.#redactItems(this.#buffer.subarray(start, cut));
      this.#depth = 0;
      start = cut;
    }
    this.#buffer.copyWithin(0, start);
    this.#filled -= start;
  }

  /** @param bytes up to the end of an item, and the comma */
  #redactItems(bytes: Uint8Array): void {
    if (this.#window === undefined) {
      const now = this.#parts.redact(bytes, this.#depth);
      if (now === undefined || endsAlike(bytes, now, END_OF_ITEM)) return this.#parts.give(now ?? bytes.slice());
      this.#window = new TextWindow(this.#parts, this.#size, this.#depth);
    }
    this.#window.push(bytes);
    if (this.#window.isOpen(END_OF_ITEM)) return;
    this.#window.end();
    this.#window = undefined;
  }
}

/** `},` or `],`: a value that reaches over it, as to the end of the line, goes on in the next item. */
const END_OF_ITEM = 2;
