import { fromBytes, toBytes } from "./latin1.ts";
import type { PreviousLine } from "./line_pass.ts";
import type { Emit } from "./stage.ts";

const LF = 10;

const NO_BYTES = new Uint8Array();

/** Puts lines together again, changed ones and those that stay, in order. Holds the last one back, because the next may
 * still change it. */
export class LineOutput implements PreviousLine {
  #pieces: Uint8Array[] = [];
  /** The last whole line before `#copied`, its line feed included. */
  #held: Uint8Array | undefined;
  /** Lines as they came, and how many of these bytes have been taken over. */
  #lines: Uint8Array = NO_BYTES;
  #copied = 0;
  /** Where the line at hand begins. */
  #at = 0;

  /** Goes on with whole lines; only the last of all may lack its line feed. */
  begin(lines: Uint8Array): void {
    this.#lines = lines;
    this.#copied = this.#at = 0;
  }

  /** Makes the line that begins here the line at hand. */
  moveTo(start: number): void {
    this.#at = start;
  }

  /** The line before the one at hand. */
  text(): string | undefined {
    if (this.#copied < this.#at) return fromBytes(this.#lines.subarray(this.#previousStart(), this.#at - 1));
    return this.#held && fromBytes(this.#held.subarray(0, -1));
  }

  replacePrevious(text: string): void {
    if (this.#copied < this.#at) {
      this.#take(this.#previousStart());
      this.#flush();
      this.#copied = this.#at;
    }
    this.#held = toBytes(text + "\n");
  }

  /** @param end of the line at hand, its line feed included */
  replaceLine(text: string, end: number): void {
    this.#take(this.#at);
    this.#flush();
    this.#held = toBytes(this.#lines[end - 1] === LF ? text + "\n" : text);
    this.#copied = end;
  }

  /** Takes over what is left of the lines. */
  finish(): void {
    const { length } = this.#lines;
    if (this.#copied < length) {
      this.#at = length;
      const start = this.#previousStart();
      this.#take(start);
      this.#flush();
      this.#held = this.#lines.subarray(start);
    }
    this.begin(NO_BYTES);
  }

  /** Adds a part of a line. No line can change the one before it any more. */
  addPart(bytes: Uint8Array): void {
    this.#flush();
    this.#held = undefined;
    if (bytes.length > 0) this.#pieces.push(bytes);
  }

  emitTo(emit: Emit): void {
    for (const piece of this.#pieces) emit(piece);
    this.#pieces = [];
  }

  end(emit: Emit): void {
    this.#flush();
    this.emitTo(emit);
  }

  /** Lines before this position stay as they came. */
  #take(end: number): void {
    if (end > this.#copied) {
      this.#flush();
      this.#pieces.push(this.#lines.subarray(this.#copied, end));
    }
  }

  #flush(): void {
    if (this.#held !== undefined) this.#pieces.push(this.#held);
    this.#held = undefined;
  }

  #previousStart(): number {
    return this.#at < 2 ? 0 : this.#lines.lastIndexOf(LF, this.#at - 2) + 1;
  }
}
