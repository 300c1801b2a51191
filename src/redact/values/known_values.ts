import { fromBytes, toBytes } from "../latin1.ts";

/** Where a value comes from: the rule that reports name when it was hidden. */
export type ValueRule = "secret-value" | "user-value";

/** Something to be hidden wherever it appears. */
export interface KnownValue {
  /** One character per byte. */
  readonly text: string;
  readonly rule: ValueRule;
}

/** More is no list of secrets any more. */
export const MAX_VALUES = 50_000;
export const MAX_VALUE_BYTES = 16 << 20;

/** Values that are hidden wherever they appear. They are in memory alone: nothing prints them, and no error holds one. */
export class KnownValues implements Iterable<Uint8Array> {
  readonly #texts = new Map<string, ValueRule>();
  /** One character per byte. */
  readonly #binary = new Set<string>();
  #bytes = 0;
  /** Some did not fit any more. */
  overflown = false;

  /** @param text without line feeds: of a value of several lines, each is one of its own */
  addText(text: string, rule: ValueRule): void {
    const value = text.toWellFormed();
    if (!this.#texts.has(value) && this.#hasRoom(value.length)) this.#texts.set(value, rule);
  }

  /** Bytes that are no text. They are looked for in base64. */
  addBinary(bytes: Uint8Array): void {
    const key = fromBytes(bytes);
    if (!this.#binary.has(key) && this.#hasRoom(bytes.length)) this.#binary.add(key);
  }

  #hasRoom(bytes: number): boolean {
    if (this.size >= MAX_VALUES || this.#bytes + bytes > MAX_VALUE_BYTES) {
      this.overflown = true;
      return false;
    }
    this.#bytes += bytes;
    return true;
  }

  get size(): number {
    return this.#texts.size + this.#binary.size;
  }

  texts(): Iterable<[text: string, rule: ValueRule]> {
    return this.#texts;
  }

  *binary(): Iterable<Uint8Array> {
    for (const value of this.#binary) yield toBytes(value);
  }

  /** All of them, as bytes. */
  *[Symbol.iterator](): Iterator<Uint8Array> {
    const encoder = new TextEncoder();
    for (const text of this.#texts.keys()) yield encoder.encode(text);
    yield* this.binary();
  }
}
