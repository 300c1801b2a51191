import { concatBytes } from "../../core/concat_bytes.ts";
import { fromBytes, toBytes } from "../latin1.ts";
import { BEFORE, type FileMasks, HIDDEN } from "../mask.ts";
import type { Emit, Report, Stage, Step } from "../stage.ts";
import type { KnownValue, KnownValues, ValueRule } from "./known_values.ts";
import { MAX_PIECE, ValueIndex } from "./value_index.ts";

/** A first chunk that is no larger may be the whole file: it waits for the next, and passes in one piece. */
const SMALL_BYTES = 16 << 10;

/** Hides known values wherever they are, in whatever spelling, before any rule sees the file: a rule that hid a part of
 * one would leave the rest. Values that overlap become one mask. */
export function valueStage(values: KnownValues): Stage {
  const index = new ValueIndex(values);
  return { start: (_path, report, masks = HIDDEN) => new ValueStep(index, report, masks) };
}

interface Hit {
  start: number;
  end: number;
  value: KnownValue;
}

/** Holds of a file, beside the chunk at hand, twice as much as a value can take. */
class ValueStep implements Step {
  /** The end of what has come: a value that begins in it may not be known yet. Positions are in it. */
  #held: Uint8Array = new Uint8Array();
  /** Where to look next. */
  #next = 0;
  /** Up to where all has been passed on: the last mask may reach into what is held. */
  #done = 0;
  /** What the last mask stands for, if nothing was passed on after it. */
  #masked?: KnownValue;
  #hits: Hit[] = [];
  readonly #tallies = new Map<ValueRule, { count: number; hidden: number }>();

  constructor(readonly index: ValueIndex, readonly report: Report, readonly masks: FileMasks) {}

  push(chunk: Uint8Array, emit: Emit): void {
    const border = 2 * this.index.reach;
    if (this.#held.length === 0 && chunk.length <= SMALL_BYTES) this.#held = chunk;
    else if (this.#held.length === 0) this.#take(chunk, emit);
    else if (chunk.length <= 2 * border) this.#take(concatBytes([this.#held, chunk]), emit);
    else {
      this.#take(concatBytes([this.#held, chunk.subarray(0, border)]), emit);
      // What is held now is of the chunk: the rest need not be copied.
      this.#take(chunk.subarray(border - this.#held.length), emit);
    }
  }

  /** @param bytes what is held, and more */
  #take(bytes: Uint8Array, emit: Emit): void {
    const { reach } = this.index;
    this.#look(bytes, bytes.length - reach);
    // Every value that begins before this has been found.
    const end = Math.max(0, this.#next - reach);
    this.#pass(bytes, end, emit);
    this.#held = bytes.subarray(end);
    this.#next -= end;
    this.#done -= end;
    for (const hit of this.#hits) {
      hit.start -= end;
      hit.end -= end;
    }
  }

  end(emit: Emit): void {
    this.#look(this.#held, this.#held.length);
    this.#pass(this.#held, this.#held.length, emit);
    for (const [rule, { count, hidden }] of this.#tallies) {
      this.report({ rule, count, bytesHidden: hidden, builtIn: true });
    }
  }

  #look(bytes: Uint8Array, to: number): void {
    this.#next = this.index.scan(bytes, this.#next, to, ({ value }, { start, end }) => {
      this.#hits.push({ start, end, value });
    });
  }

  #pass(bytes: Uint8Array, end: number, emit: Emit): void {
    this.#hits.sort((a, b) => a.start - b.start || b.end - a.end || (a.value.rule < b.value.rule ? -1 : 1));
    let used = 0;
    for (const hit of this.#hits) {
      if (hit.start >= end) break;
      used++;
      if (hit.end > this.#done) this.#hide(bytes, hit, emit);
    }
    this.#hits.splice(0, used);
    this.#keep(bytes, end, emit);
  }

  #hide(bytes: Uint8Array, { start, end, value }: Hit, emit: Emit): void {
    this.#keep(bytes, start, emit);
    const goesOn = start < this.#done || (this.#masked === value && value.text.length > MAX_PIECE);
    if (!goesOn) {
      // Of a value that comes in pieces, all of it.
      const text = value.text.length > MAX_PIECE ? value.text : fromBytes(bytes.subarray(start, end));
      const before = fromBytes(bytes.subarray(Math.max(0, start - BEFORE), start));
      emit(toBytes(this.masks.of(text, value.rule, before)));
      this.#masked = value;
      this.#tally(value).count++;
    }
    this.#tally(this.#masked!).hidden += end - this.#done;
    this.#done = end;
  }

  #keep(bytes: Uint8Array, end: number, emit: Emit): void {
    if (end <= this.#done) return;
    emit(bytes.subarray(this.#done, end));
    this.#done = end;
    this.#masked = undefined;
  }

  #tally({ rule }: KnownValue): { count: number; hidden: number } {
    let tally = this.#tallies.get(rule);
    if (tally === undefined) this.#tallies.set(rule, tally = { count: 0, hidden: 0 });
    return tally;
  }
}
