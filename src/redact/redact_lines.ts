import { concatBytes } from "../core/concat_bytes.ts";
import { fromBytes, toBytes } from "./latin1.ts";
import { LinePass, type RuleSet, type Tally } from "./line_pass.ts";
import { type FileMasks, HIDDEN } from "./mask.ts";
import { RedactionError } from "./redaction_error.ts";
import type { Emit, Step } from "./stage.ts";

/** Longest line that is read into memory. */
export const MAX_LINE_BYTES = 16 << 20;

/** Input is looked at in pieces of this size, so that the bound of a line holds however large a chunk is. */
const PIECE_BYTES = 1 << 20;

const LF = 10;

/** Hides what the rules find, line by line, and leaves every other byte as it is.
 *
 * Holds a piece of input and one line at a time.
 * @param done told what was hidden, by rule number, when the stream has ended
 * @throws {RedactionError} REDACTION_LINE_TOO_LONG, into the stream */
export function redactLines(
  set: RuleSet,
  path: string,
  done: (tallies: Tally[]) => void,
  maxLineBytes = MAX_LINE_BYTES,
  masks: FileMasks = HIDDEN,
): Step {
  const lines = new LineRedactor(set, path, maxLineBytes, masks);
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
  readonly #maxLineBytes: number;
  /** A line whose end has not come yet, in pieces. */
  #open: Uint8Array[] = [];
  #openBytes = 0;
  /** The last whole line, its line feed included, kept back because the next one may still change it. */
  #kept: Uint8Array | undefined;

  constructor(set: RuleSet, path: string, maxLineBytes: number, masks: FileMasks) {
    this.#set = set;
    this.#path = path;
    this.#pass = new LinePass(set, path, masks);
    this.#maxLineBytes = maxLineBytes;
  }

  get tallies(): Tally[] {
    return this.#pass.tallies;
  }

  push(piece: Uint8Array, emit: Emit): void {
    const first = piece.indexOf(LF);
    const lineBytes = this.#openBytes + (first < 0 ? piece.length : first);
    if (lineBytes > this.#maxLineBytes) throw RedactionError.lineTooLong(this.#path, this.#maxLineBytes);
    this.#open.push(piece);
    this.#openBytes += piece.length;
    if (first < 0) return;
    const bytes = concatBytes(this.#open);
    const end = bytes.lastIndexOf(LF) + 1;
    const rest = bytes.length - end;
    this.#open = rest > 0 ? [bytes.slice(end)] : [];
    this.#openBytes = rest;
    this.#redact(bytes.subarray(0, end), emit);
  }

  end(emit: Emit): void {
    if (this.#openBytes > 0) this.#redact(concatBytes(this.#open), emit);
    this.#open = [];
    if (this.#kept !== undefined) emit(this.#kept);
    this.#kept = undefined;
  }

  /** @param bytes whole lines; only the last of a file may lack its line feed */
  #redact(bytes: Uint8Array, emit: Emit): void {
    const out: Uint8Array[] = this.#kept === undefined ? [] : [this.#kept];
    let copied = 0;
    for (let at = 0; at < bytes.length;) {
      let start = at;
      if (!this.#pass.wantsNext) {
        const hit = this.#set.scanner.first(bytes, at, bytes.length);
        if (hit < 0) break;
        start = bytes.lastIndexOf(LF, hit) + 1;
      }
      const feed = bytes.indexOf(LF, start);
      const end = feed < 0 ? bytes.length : feed;
      at = feed < 0 ? end : feed + 1;
      const change = this.#pass.run(bytes, start, end, () => lastLine(out, bytes.subarray(copied, start)));
      if (change === undefined) continue;
      if (start > copied) out.push(bytes.subarray(copied, start));
      if (change.previous !== undefined) replaceLastLine(out, change.previous);
      out.push(change.text === undefined ? bytes.subarray(start, end) : toBytes(change.text));
      copied = end;
    }
    if (copied < bytes.length) out.push(bytes.subarray(copied));
    this.#emitAllButLastLine(concatBytes(out), emit);
  }

  #emitAllButLastLine(bytes: Uint8Array, emit: Emit): void {
    const from = bytes.length < 2 ? 0 : bytes.lastIndexOf(LF, bytes.length - 2) + 1;
    if (from > 0) emit(bytes.subarray(0, from));
    this.#kept = from === 0 ? bytes : bytes.slice(from);
  }
}

/** Text of the last whole line in pieces of output, without its line feed. */
function lastLine(out: Uint8Array[], more: Uint8Array): string | undefined {
  const pieces = more.length > 0 ? [...out, more] : out;
  const { from, at } = lastLineStart(pieces);
  if (from < 0) return undefined;
  const bytes = concatBytes([pieces[from]!.subarray(at), ...pieces.slice(from + 1)]);
  return fromBytes(bytes.subarray(0, bytes.length - 1));
}

function replaceLastLine(out: Uint8Array[], text: string): void {
  const { from, at } = lastLineStart(out);
  if (from < 0) return;
  const before = out[from]!.subarray(0, at);
  out.splice(from, out.length - from, before, toBytes(text + "\n"));
}

/** Where the last whole line begins: number of the piece, or -1, and position in it. */
function lastLineStart(pieces: Uint8Array[]): { from: number; at: number } {
  const last = pieces.at(-1);
  if (last === undefined || last[last.length - 1] !== LF) return { from: -1, at: 0 };
  for (let from = pieces.length - 1; from >= 0; from--) {
    const piece = pieces[from]!;
    const until = from === pieces.length - 1 ? piece.length - 2 : piece.length - 1;
    const feed = until < 0 ? -1 : piece.lastIndexOf(LF, until);
    if (feed >= 0 || from === 0) return { from, at: feed + 1 };
  }
  return { from: -1, at: 0 };
}
