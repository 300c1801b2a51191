import { fromBytes, fromUnicode } from "../latin1.ts";
import type { KnownValues } from "./known_values.ts";
import { Target } from "./target.ts";

/** Longer values are looked for in pieces, so that a part of one is found too. */
export const MAX_PIECE = 512;
/** A piece with fewer different characters is filling. */
const MIN_DISTINCT = 6;

const GRAM_BYTES = 4;
const MAX_STRIDE = 8;
/** Places in a long anchor that are compared when its window is chosen. */
const TRIED_PLACES = 8;
/** A window of no more different bytes is looked for a better one. */
const FILLING = 3;
const FACTOR = 0x9e3779b1, OTHER_FACTOR = 0x85ebca6b;

/** As many bytes of an anchor as of any other, by which its target is found. */
interface Window {
  target: Target;
  /** Number of the target's character at which the anchor begins … */
  index: number;
  /** … and how many bytes after that the window does. */
  offset: number;
}

type Found = (target: Target, place: { start: number; end: number }) => void;

/** Finds many values in bytes, at a cost that hardly depends on how many there are.
 *
 * Windows of one width are known, at least one for each spelling of a value. A file is looked at in steps, so wide that
 * just one of the first positions of each window is met. Four bytes are looked up there in a filter, then the window they
 * may belong to, then the value. */
export class ValueIndex {
  /** How far a value may extend from any of its bytes. */
  readonly reach: number = 0;
  readonly #stride: number;
  readonly #width: number;
  readonly #windows = new Map<number, Window[]>();
  readonly #grams: GramTable;

  constructor(values: KnownValues) {
    const anchors: { target: Target; index: number; at: Stretch }[] = [];
    const texts = new TextArena();
    for (const target of targetsOf(values)) {
      this.reach = Math.max(this.reach, target.reach);
      for (const { text, index } of target.anchors()) {
        const at = texts.add(text);
        if (at.end - at.start >= GRAM_BYTES) anchors.push({ target, index, at });
      }
    }
    const view = texts.view();
    const widest = GRAM_BYTES + MAX_STRIDE - 1;
    this.#width = anchors.reduce((least, { at }) => Math.min(least, at.end - at.start), widest);
    this.#stride = this.#width - GRAM_BYTES + 1;
    this.#grams = new GramTable(anchors.length * this.#stride);
    const chooser = new WindowChooser(view, this.#width);
    for (const { at } of anchors) chooser.count(at);
    for (const { target, index, at } of anchors) {
      const place = chooser.choose(at);
      this.#add(view, place, { target, index, offset: place - at.start });
    }
  }

  #add(view: DataView, at: number, window: Window): void {
    const key = windowKey(view, at, this.#width);
    const known = this.#windows.get(key);
    if (known === undefined) this.#windows.set(key, [window]);
    else known.push(window);
    for (let place = 0; place < this.#stride; place++) this.#grams.add(view.getInt32(at + place, true), place);
  }

  /** Looks at positions from `from` to `to`, or to the end where that comes first.
   * @returns where to look next */
  scan(bytes: Uint8Array, from: number, to: number, found: Found): number {
    const { words, shift } = this.#grams, stride = this.#stride;
    const view = viewOf(bytes);
    const end = Math.min(to, bytes.length - GRAM_BYTES + 1);
    let at = from;
    for (; at < end; at += stride) {
      const gram = view.getInt32(at, true);
      const hash = Math.imul(gram, FACTOR);
      const word = words[hash >>> shift]!;
      if ((word >>> (hash >>> 5) & word >>> (hash >>> 10) & 1) !== 0) this.#look(bytes, view, at, gram, found);
    }
    return at;
  }

  #look(bytes: Uint8Array, view: DataView, at: number, gram: number, found: Found): void {
    const places = this.#grams.placesOf(gram);
    for (let place = 0; places >>> place !== 0; place++) {
      const start = at - place;
      if ((places >>> place & 1) === 0 || start < 0 || start + this.#width > bytes.length) continue;
      for (const { target, index, offset } of this.#windows.get(windowKey(view, start, this.#width)) ?? []) {
        const match = target.match(bytes, start - offset, index);
        if (match !== undefined) found(target, match);
      }
    }
  }
}

const encoder = new TextEncoder();

function* targetsOf(values: KnownValues): Generator<Target> {
  for (const [text, rule] of values.texts()) {
    const value = { text: fromUnicode(text), rule };
    const pieces = text.length <= MAX_PIECE ? [text] : piecesOf([...text]).map((characters) => characters.join(""));
    for (const piece of pieces) {
      yield Target.text(piece, value);
      yield* Target.base64(encoder.encode(piece), value);
    }
  }
  for (const bytes of values.binary()) {
    const value = { text: fromBytes(bytes), rule: "secret-value" } as const;
    for (const piece of piecesOf(bytes)) yield* Target.base64(piece, value);
  }
}

/** Parts of about equal length. */
function piecesOf<T extends Uint8Array | string[]>(whole: T): T[] {
  const count = Math.ceil(whole.length / MAX_PIECE), size = Math.ceil(whole.length / count);
  return Array.from({ length: count }, (_, i) => whole.slice(i * size, (i + 1) * size) as T)
    .filter((piece) => new Set<unknown>(piece).size >= MIN_DISTINCT);
}

interface Stretch {
  start: number;
  end: number;
}

/** Many short texts in one array of bytes: an array for each takes longer than all else. */
class TextArena {
  #bytes = new Uint8Array(1 << 16);
  #end = 0;

  add(text: string): Stretch {
    const most = this.#end + 3 * text.length;
    if (most > this.#bytes.length) {
      const larger = new Uint8Array(2 * most);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const start = this.#end;
    this.#end += encoder.encodeInto(text, this.#bytes.subarray(start)).written;
    return { start, end: this.#end };
  }

  view(): DataView {
    return viewOf(this.#bytes);
  }
}

/** Chooses the windows by which long anchors are found: those that few others have, and that are no filling. */
class WindowChooser {
  readonly #counts = new Uint32Array(1 << 16);

  constructor(readonly view: DataView, readonly width: number) {}

  count(anchor: Stretch): void {
    const step = this.#step(anchor);
    for (let place = anchor.start; place + this.width <= anchor.end; place += step) {
      this.#counts[windowKey(this.view, place, this.width) >>> 16]!++;
    }
  }

  /** @returns position of the window */
  choose(anchor: Stretch): number {
    const place = this.#best(anchor, this.#step(anchor));
    return distinct(this.view, place, this.width) > FILLING ? place : this.#best(anchor, 1);
  }

  #best({ start, end }: Stretch, step: number): number {
    let best = start, least = Infinity;
    for (let place = start; place + this.width <= end; place += step) {
      const count = this.#counts[windowKey(this.view, place, this.width) >>> 16]!;
      const cost = (count + 1) / distinct(this.view, place, this.width);
      if (cost < least) {
        best = place;
        least = cost;
      }
    }
    return best;
  }

  #step({ start, end }: Stretch): number {
    return Math.max(1, Math.floor((end - start - this.width) / TRIED_PLACES));
  }
}

/** About how many different bytes there are. */
function distinct(view: DataView, at: number, width: number): number {
  let seen = 0, count = 0;
  for (let i = at; i < at + width; i++) {
    const bit = 1 << view.getUint8(i);
    if ((seen & bit) === 0) count++;
    seen |= bit;
  }
  return count;
}

function windowKey(view: DataView, at: number, width: number): number {
  const first = view.getInt32(at, true), last = view.getInt32(at + width - GRAM_BYTES, true);
  return Math.imul(first, FACTOR) ^ Math.imul(last, OTHER_FACTOR);
}

/** Four bytes at a time, as numbers: at which places of windows they are. */
class GramTable {
  /** A filter with two bits for each: few others pass it. By the high bits of the hash. */
  readonly words: Int32Array;
  readonly shift: number;
  /** Open addressing: a free entry has no places. */
  readonly #grams: Int32Array;
  readonly #places: Uint8Array;

  /** @param most how many there will be */
  constructor(most: number) {
    const size = 1 << Math.max(5, Math.ceil(Math.log2(most + 1)));
    this.words = new Int32Array(size);
    this.shift = Math.clz32(size - 1);
    this.#grams = new Int32Array(size * 2);
    this.#places = new Uint8Array(size * 2);
  }

  add(gram: number, place: number): void {
    const hash = Math.imul(gram, FACTOR);
    this.words[hash >>> this.shift]! |= 1 << (hash >>> 5) | 1 << (hash >>> 10);
    const entry = this.#entry(gram);
    this.#grams[entry] = gram;
    this.#places[entry]! |= 1 << place;
  }

  /** A bit for each. */
  placesOf(gram: number): number {
    return this.#places[this.#entry(gram)]!;
  }

  #entry(gram: number): number {
    const last = this.#grams.length - 1;
    let entry = Math.imul(gram, OTHER_FACTOR) >>> (this.shift - 1);
    while (this.#places[entry] !== 0 && this.#grams[entry] !== gram) entry = (entry + 1) & last;
    return entry;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
