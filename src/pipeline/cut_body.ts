import { concatBytes } from "../core/concat_bytes.ts";
import { eventTurn } from "../core/event_turn.ts";
import { type SizeBudget, TooLargeError } from "./size_budget.ts";

const NEWLINE = 10;
/** A line longer than this is passed on in pieces: what is held back is bounded. */
const MAX_HELD_BYTES = 1 << 20;
/** The end of a file is held in memory until it is known to be the end. */
const MAX_END_BYTES = 4 << 20;
/** Where less room is left, two halves and the line between them are worth less than one piece. */
const MIN_BOTH_ENDS_BYTES = 4096;
/** Room for the line that says what is left out. */
const MARKER_BYTES = 200;
const PROBED_BYTES = 8000;

export interface CutOptions {
  /** What is left out comes from the middle, and a line says so: for logs, whose end says most. */
  bothEnds?: boolean;
  /** A part of it is of no use: it comes whole, or not at all. Files with binary content are always taken so. */
  whole?: boolean;
  /** Told, once, which budget did not hold it. */
  onCut(budget: SizeBudget): void;
}

/** Passes a body on as far as there is room for it, and ends it after a whole line where the room ends. What comes after
 * that is read and dropped: with `bothEnds` up to the end, which is kept; otherwise whoever is told by `onCut` ends the
 * body.
 *
 * @param budget of this file. What was taken and not passed on is given back
 * @throws {TooLargeError} into the stream, when nothing of it can stay */
export function cutBody(
  body: ReadableStream<Uint8Array>,
  budget: SizeBudget,
  options: CutOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const file = new CutFile(budget, options);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (true) {
        const { done, value } = await reader.read().catch((error) => {
          file.discard();
          throw error;
        });
        if (!done) {
          const pieces = file.push(value);
          for (const piece of pieces) controller.enqueue(piece);
          if (!file.full) {
            if (pieces.length > 0) return;
            await eventTurn();
            continue;
          }
        }
        try {
          for (const piece of file.end()) controller.enqueue(piece);
        } catch (error) {
          await reader.cancel(error).catch(() => {});
          throw error;
        }
        // What comes after `onCut` is dropped.
        await drain(reader).catch(() => {});
        return controller.close();
      }
    },
    cancel(reason) {
      file.discard();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

/** As {@linkcode cutBody}, for bytes at hand.
 * @throws {TooLargeError} */
export function cutBytes(bytes: Uint8Array, budget: SizeBudget, options: CutOptions): Uint8Array {
  if (bytes.length <= budget.room) {
    budget.take(bytes.length);
    return bytes;
  }
  const file = new CutFile(budget, options);
  const pieces: Uint8Array[] = [];
  // In pieces, as a stream has them, so that both ends of it can stay.
  for (let at = 0; at < bytes.length && !file.full; at += MAX_HELD_BYTES) {
    pieces.push(...file.push(bytes.subarray(at, at + MAX_HELD_BYTES)));
  }
  return concatBytes([...pieces, ...file.end()]);
}

/** Decides what of a file stays. */
class CutFile {
  /** Nothing more is wanted of it. */
  full = false;
  readonly #budget: SizeBudget;
  readonly #options: CutOptions;
  #whole: boolean;
  #began = false;
  #passed = 0;
  /** Since the last line's end. Its bytes are taken already. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #midLine = false;
  /** The budget that did not hold it. */
  #cutBy?: SizeBudget;
  #end?: EndOfFile;

  constructor(budget: SizeBudget, options: CutOptions) {
    this.#budget = budget;
    this.#options = options;
    this.#whole = options.whole === true;
  }

  /** @returns what can be passed on */
  push(chunk: Uint8Array): Uint8Array[] {
    if (!this.#began && chunk.length > 0) {
      this.#began = true;
      this.#whole ||= chunk.subarray(0, PROBED_BYTES).includes(0);
    }
    if (this.#end !== undefined) {
      this.#end.push(chunk);
      return [];
    }
    const bothEnds = this.#options.bothEnds === true && !this.#whole;
    const { room } = this.#budget;
    const kept = bothEnds ? endBytes(room + this.#passed + this.#heldBytes) : 0;
    if (chunk.length <= room - (kept > 0 ? kept + MARKER_BYTES : 0)) {
      this.#budget.take(chunk.length);
      return this.#pass(chunk);
    }
    if (kept > 0 && room >= kept + MARKER_BYTES) {
      // It may still come to an end in time.
      this.#end = new EndOfFile(kept + MARKER_BYTES);
      this.#cutBy = this.#budget.tightest;
      this.#budget.take(this.#end.room);
      const pieces = this.#passLines(chunk.subarray(0, room - kept - MARKER_BYTES));
      this.#end.push(chunk.subarray(pieces.taken));
      return pieces.passed;
    }
    this.full = true;
    this.#cutBy = this.#budget.tightest;
    if (this.#whole) return [];
    return this.#passLines(chunk.subarray(0, room)).passed;
  }

  /** @returns what is left to be passed on when nothing more is read
   * @throws {TooLargeError} when nothing of the file stays */
  end(): Uint8Array[] {
    if (this.#end !== undefined) return this.#endOfBothEnds(this.#end);
    const cutBy = this.#cutBy;
    if (cutBy === undefined) return this.#takeHeld();
    this.#cut(cutBy);
    if (!this.#whole && this.#passed > 0) return [];
    this.#budget.giveBack(this.#passed);
    throw new TooLargeError(cutBy, `left out: there was no room for it within ${cutBy}`);
  }

  /** Nothing of it stays. */
  discard(): void {
    this.#budget.giveBack(this.#passed + this.#heldBytes + (this.#end?.room ?? 0));
    this.#passed = this.#heldBytes = 0;
    this.#end = undefined;
  }

  #endOfBothEnds(end: EndOfFile): Uint8Array[] {
    const { tail, dropped } = end.finish();
    if (dropped === 0) {
      this.#budget.giveBack(end.room - tail.length);
      return [...this.#takeHeld(), tail];
    }
    const leftOut = dropped + this.#heldBytes;
    this.#cut(this.#cutBy!);
    const marker = new TextEncoder().encode(
      `${this.#midLine ? "\n" : ""}[support-bundle left ${leftOut} bytes out here: the limit is ${this.#cutBy}]\n`,
    );
    this.#budget.giveBack(end.room - tail.length - marker.length);
    return [marker, tail];
  }

  #cut(cutBy: SizeBudget): void {
    this.#budget.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
    this.#held = [];
    cutBy.reached = true;
    this.#options.onCut(cutBy);
  }

  /** Passes whole lines on, and holds the rest back. Its bytes are taken already. */
  #pass(chunk: Uint8Array): Uint8Array[] {
    if (this.#whole) {
      this.#passed += chunk.length;
      return chunk.length > 0 ? [chunk] : [];
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const lines = end > 0 ? [...this.#takeHeld(), chunk.subarray(0, end)] : [];
    this.#passed += end;
    if (end > 0) this.#midLine = false;
    if (end < chunk.length) {
      this.#held.push(chunk.slice(end));
      this.#heldBytes += chunk.length - end;
    }
    if (this.#heldBytes <= MAX_HELD_BYTES) return lines;
    this.#midLine = true;
    return [...lines, ...this.#takeHeld()];
  }

  /** As {@linkcode #pass}, for the last lines that there is room for: what does not end in them is not taken. */
  #passLines(chunk: Uint8Array): { passed: Uint8Array[]; taken: number } {
    const taken = chunk.lastIndexOf(NEWLINE) + 1;
    if (taken === 0) return { passed: [], taken };
    this.#budget.take(taken);
    return { passed: this.#pass(chunk.subarray(0, taken)), taken };
  }

  #takeHeld(): Uint8Array[] {
    this.#passed += this.#heldBytes;
    this.#heldBytes = 0;
    return this.#held.splice(0);
  }
}

/** How much of the end of a file stays, where so much of it has room. 0: none. */
function endBytes(room: number): number {
  return room < MIN_BOTH_ENDS_BYTES ? 0 : Math.min(MAX_END_BYTES, Math.floor(room / 2) - MARKER_BYTES);
}

/** The last bytes of a stream whose end is not known before it comes. */
class EndOfFile {
  #chunks: Uint8Array[] = [];
  #held = 0;
  #dropped = 0;

  /** @param room for all that comes, or else for a line that says what is missing, and the last lines */
  constructor(readonly room: number) {}

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    while (this.#held - this.#chunks[0]!.length >= this.room) {
      const first = this.#chunks.shift()!;
      this.#held -= first.length;
      this.#dropped += first.length;
    }
  }

  /** @returns all that came, or whole lines */
  finish(): { tail: Uint8Array; dropped: number } {
    const all = concatBytes(this.#chunks);
    if (this.#dropped === 0 && all.length <= this.room) return { tail: all, dropped: 0 };
    const over = Math.max(1, all.length - (this.room - MARKER_BYTES));
    // What follows the cut may be a whole line: the byte before it tells.
    const feed = all.indexOf(NEWLINE, over - 1);
    const start = feed < 0 ? over : feed + 1;
    return { tail: all.subarray(start), dropped: this.#dropped + start };
  }
}
