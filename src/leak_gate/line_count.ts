import { PROBE_MARGIN } from "./word_probe.ts";

const LF = 10;

/** Lines and columns of places in a window that moves over a file. Counts only where it is asked, and what leaves the
 * window. */
export class LineCount {
  /** Line feeds before the window, and bytes of the line that it begins in. */
  #lines = 0;
  #lead = 0;
  /** As counted last. */
  #at = PROBE_MARGIN;
  #atLines = 0;
  #atLineStart = PROBE_MARGIN;

  /** @returns both from 1 */
  position(bytes: Uint8Array, at: number): { line: number; column: number } {
    this.#countTo(bytes, at);
    const column = at - this.#atLineStart + 1 + (this.#atLines === 0 ? this.#lead : 0);
    return { line: this.#lines + this.#atLines + 1, column };
  }

  /** The window's bytes before `from` leave it. */
  forget(bytes: Uint8Array, from: number): void {
    this.#countTo(bytes, from);
    this.#lead = from - this.#atLineStart + (this.#atLines === 0 ? this.#lead : 0);
    this.#lines += this.#atLines;
    this.#rewind();
  }

  reset(): void {
    this.#lines = this.#lead = 0;
    this.#rewind();
  }

  #rewind(): void {
    this.#at = this.#atLineStart = PROBE_MARGIN;
    this.#atLines = 0;
  }

  #countTo(bytes: Uint8Array, to: number): void {
    if (to < this.#at) this.#rewind();
    for (let i = this.#at; i < to; i++) {
      if (bytes[i] !== LF) continue;
      this.#atLines++;
      this.#atLineStart = i + 1;
    }
    this.#at = to;
  }
}
