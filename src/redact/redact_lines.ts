import { concatBytes } from "../core/concat_bytes.ts";
import { SCAN_BYTES } from "./keyword_scanner.ts";
import { LineOutput } from "./line_output.ts";
import { LinePass, type Tally } from "./line_pass.ts";
import { LONG_LINE, LongLine, type LongLineSize } from "./long_line.ts";
import { type FileMasks, HIDDEN } from "./mask.ts";
import type { RuleSet } from "./rule_set.ts";
import type { Emit, Step } from "./stage.ts";

/** Input is looked at in pieces of this size: the bound of a line holds however large a chunk is, and what is looked at
 * several times stays in the processor's cache. */
const PIECE_BYTES = 64 << 10;

const LF = 10;

/** Hides what the rules find, line by line, and leaves every other byte as it is.
 *
 * Holds a piece of input and one line at a time; of a long line, as much as `size` says.
 * @param done told what was hidden, by rule number, when the stream has ended */
export function redactLines(
  set: RuleSet,
  path: string,
  done: (tallies: Tally[]) => void,
  masks: FileMasks = HIDDEN,
  size = LONG_LINE,
): Step {
  const lines = new LineRedactor(set, path, masks, size);
  return {
    push(chunk, emit) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) lines.push(chunk.subarray(at, at + PIECE_BYTES), emit);
    },
    end(emit) {
      lines.end(emit);
      done(lines.tallies);
    },
  };
}

class LineRedactor {
  readonly #set: RuleSet;
  readonly #path: string;
  readonly #pass: LinePass;
  readonly #output = new LineOutput();
  readonly #size: LongLineSize;
  /** A line whose end has not come yet: in pieces, and when it gets long, in a window. */
  #open: Uint8Array[] = [];
  #openBytes = 0;
  #long: LongLine | undefined;

  constructor(set: RuleSet, path: string, masks: FileMasks, size: LongLineSize) {
    this.#set = set;
    this.#path = path;
    this.#pass = new LinePass(set, path, masks);
    this.#size = size;
  }

  get tallies(): Tally[] {
    return this.#pass.tallies;
  }

  push(piece: Uint8Array, emit: Emit): void {
    let start = 0;
    if (this.#openBytes > 0) {
      start = piece.indexOf(LF) + 1;
      this.#addToOpen(start === 0 ? piece : piece.subarray(0, start));
      if (start > 0) this.#closeOpen();
    }
    if (start > 0 || this.#openBytes === 0) {
      const end = piece.lastIndexOf(LF) + 1;
      if (end > start) this.#redact(piece.subarray(start, end));
      if (end < piece.length) this.#addToOpen(piece.subarray(end));
    }
    this.#output.emitTo(emit);
  }

  end(emit: Emit): void {
    this.#closeOpen();
    this.#output.end(emit);
  }

  /** @param part may end with the line's line feed */
  #addToOpen(part: Uint8Array): void {
    this.#openBytes += part.length;
    this.#open.push(part);
    const ends = part[part.length - 1] === LF;
    if (this.#long === undefined && this.#openBytes - Number(ends) > this.#size.lineBytes) {
      const trial = new LinePass(this.#set, this.#path, HIDDEN);
      this.#long = new LongLine(this.#pass, trial, this.#output, this.#size);
    }
    if (this.#long === undefined) return;
    for (const piece of this.#open) this.#long.push(piece === part && ends ? part.subarray(0, -1) : piece);
    this.#open = ends ? [part.subarray(-1)] : [];
  }

  #closeOpen(): void {
    if (this.#long !== undefined) {
      this.#long.end();
      this.#output.addPart(concatBytes(this.#open));
    } else if (this.#openBytes > 0) this.#redact(concatBytes(this.#open));
    this.#open = [];
    this.#openBytes = 0;
    this.#long = undefined;
  }

  /** @param bytes whole lines; only the last of a file may lack its line feed */
  #redact(bytes: Uint8Array): void {
    const { scanner, lineFeed } = this.#set;
    this.#output.begin(bytes);
    let start = 0, called = false;
    for (let from = 0; from < bytes.length; from += SCAN_BYTES) {
      const { count, found, ends } = scanner.scan(bytes, from, Math.min(from + SCAN_BYTES, bytes.length), 0);
      for (let i = 0; i < count; i++) {
        if (found[i] !== lineFeed) {
          this.#pass.want(found[i]!);
          called = true;
          continue;
        }
        if (called || this.#pass.wantsNext) this.#redactLine(bytes, start, ends[i]!);
        start = ends[i]! + 1;
        called = false;
      }
    }
    if (start < bytes.length && (called || this.#pass.wantsNext)) this.#redactLine(bytes, start, bytes.length);
    this.#output.finish();
  }

  /** @param end where its line feed is, or would be */
  #redactLine(bytes: Uint8Array, start: number, end: number): void {
    this.#output.moveTo(start);
    const change = this.#pass.run(bytes, start, end, this.#output);
    if (change === undefined) return;
    if (change.previous !== undefined) this.#output.replacePrevious(change.previous);
    if (change.text !== undefined) this.#output.replaceLine(change.text, Math.min(end + 1, bytes.length));
  }
}
