import type { KnownValues } from "./known_values.ts";
import { Target } from "./target.ts";

/** Longer values are looked for in pieces, so that a part of one is found too. */
const MAX_PIECE = 512;
/** A piece with fewer different characters is filling. */
const MIN_DISTINCT = 6;

const GRAM_BYTES = 4;
const MAX_STRIDE = 8;
/** Places in a long anchor that are compared when its window is chosen. */
const TRIED_PLACES = 8;
const FACTOR = 0x9e3779b1, OTHER_FACTOR = 0x85ebca6b;

/** As many bytes of an anchor as of any other, by which its target is found. */
interface Window {
  target: Target;
  /** Number of the target's character at which the anchor begins … */
  index: number;
  /** … and how many bytes after that the window does. */
  offset: number;
}

export type Found = (target: Target, place: { start: number; end: number }) => void;

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
  /** By four bytes: a bit for each place in windows where they are. */
  readonly #grams = new Map<number, number>();
  readonly #filter: Filter;

  constructor(values: KnownValues) {
    const anchors: { target: Target; index: number; view: DataView }[] = [];
    for (const target of targetsOf(values)) {
      this.reach = Math.max(this.reach, target.reach);
      for (const { bytes, index } of target.anchors()) {
        if (bytes.length >= GRAM_BYTES) anchors.push({ target, index, view: viewOf(bytes) });
      }
    }
    const widest = GRAM_BYTES + MAX_STRIDE - 1;
    this.#width = anchors.reduce((least, { view }) => Math.min(least, view.byteLength), widest);
    this.#stride = this.#width - GRAM_BYTES + 1;
    const chooser = new WindowChooser(anchors.map(({ view }) => view), this.#width);
    for (const { target, index, view } of anchors) this.#add(view, { target, index, offset: chooser.choose(view) });
    this.#filter = filterOf(this.#grams);
  }

  #add(view: DataView, window: Window): void {
    const key = windowKey(view, window.offset, this.#width);
    const known = this.#windows.get(key);
    if (known === undefined) this.#windows.set(key, [window]);
    else known.push(window);
    for (let place = 0; place < this.#stride; place++) {
      const gram = view.getInt32(window.offset + place, true);
      this.#grams.set(gram, (this.#grams.get(gram) ?? 0) | 1 << place);
    }
  }

  /** Looks at positions from `from` to `to`, or to the end where that comes first.
   * @returns where to look next */
  scan(bytes: Uint8Array, from: number, to: number, found: Found): number {
    const { words, shift } = this.#filter, stride = this.#stride;
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
    const places = this.#grams.get(gram) ?? 0;
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

function* targetsOf(values: KnownValues): Generator<Target> {
  const encoder = new TextEncoder();
  for (const [text, rule] of values.texts()) {
    const pieces = text.length <= MAX_PIECE ? [text] : piecesOf([...text]).map((characters) => characters.join(""));
    for (const piece of pieces) {
      yield Target.text(piece, rule);
      yield* Target.base64(encoder.encode(piece), rule);
    }
  }
  for (const bytes of values.binary()) {
    for (const piece of piecesOf(bytes)) yield* Target.base64(piece, "secret-value");
  }
}

/** Parts of about equal length. */
function piecesOf<T extends Uint8Array | string[]>(whole: T): T[] {
  const count = Math.ceil(whole.length / MAX_PIECE), size = Math.ceil(whole.length / count);
  return Array.from({ length: count }, (_, i) => whole.slice(i * size, (i + 1) * size) as T)
    .filter((piece) => new Set<unknown>(piece).size >= MIN_DISTINCT);
}

/** Chooses the windows by which long anchors are found: those that few others have, and that are no filling. */
class WindowChooser {
  readonly #counts = new Uint32Array(1 << 16);

  constructor(anchors: readonly DataView[], readonly width: number) {
    for (const view of anchors) {
      const step = this.#step(view);
      for (let place = 0; place + width <= view.byteLength; place += step) {
        this.#counts[windowKey(view, place, width) >>> 16]!++;
      }
    }
  }

  /** @returns position of the window */
  choose(view: DataView): number {
    const step = this.#step(view);
    let best = 0, least = Infinity;
    for (let place = 0; place + this.width <= view.byteLength; place += step) {
      const count = this.#counts[windowKey(view, place, this.width) >>> 16]!;
      const cost = count / distinct(view, place, this.width);
      if (cost < least) {
        best = place;
        least = cost;
      }
    }
    return best;
  }

  #step({ byteLength }: DataView): number {
    return Math.max(1, Math.floor((byteLength - this.width) / TRIED_PLACES));
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

interface Filter {
  /** Each entry sets two bits of a word. */
  words: Int32Array;
  shift: number;
}

/** With a word or two for each entry, one other in three hundred passes it. */
function filterOf(grams: ReadonlyMap<number, number>): Filter {
  const words = new Int32Array(1 << Math.max(5, Math.ceil(Math.log2(grams.size + 1))));
  const shift = Math.clz32(words.length - 1);
  for (const gram of grams.keys()) {
    const hash = Math.imul(gram, FACTOR);
    words[hash >>> shift]! |= 1 << (hash >>> 5) | 1 << (hash >>> 10);
  }
  return { words, shift };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
