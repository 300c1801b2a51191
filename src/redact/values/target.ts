import { fromBytes } from "../latin1.ts";
import type { KnownValue } from "./known_values.ts";
import { BASE64_WRITERS, base64Spellings, isPlain, TEXT_WRITERS, textSpellings } from "./spellings.ts";

/** One of these texts is in a file, wherever their target is. */
export interface Anchor {
  text: string;
  /** Number of the target's character that it begins with. */
  index: number;
}

/** Of base64: characters that come before those that are known, in the same group of four, by the place of the value's
 * first byte in its group of three. */
const LEADS = [0, 2, 3];
const GROUP = 4;
/** Of a group of base64, in bytes, however its padding is spelled. */
const MAX_REST = 12;
/** What is shorter than this is looked for in base64 of its own, and not inside of other base64. */
const MIN_INNER_BYTES = 6;
/** A part without escapes is anchor enough from here on. */
const PLAIN_ENOUGH = 8;
const MAX_ANCHOR = 64;
/** Ways to read what is ambiguous, such as backslashes. */
const MAX_PLACES = 32;

const encoder = new TextEncoder();
const PADDINGS = ["=", "%3D", "%3d", "\\u003d", "\\u003D"].map((padding) => encoder.encode(padding));

/** What is looked for in files: a text, or what base64 makes of bytes at one of the three places where the first of them
 * can lie in a group. */
export class Target {
  readonly #base64?: { lead: number; alone: boolean };
  /** How far it may extend from any of its characters, in bytes, however it is spelled. */
  readonly reach: number;
  readonly #text: string;
  /** The longest part of the text without escapes, in UTF-16 units. */
  readonly #plain: { start: number; length: number };

  /** @param value it is all of this, or a part */
  private constructor(text: string, readonly value: KnownValue, base64?: { lead: number; alone: boolean }) {
    this.#text = text;
    this.#base64 = base64;
    let reach = MAX_REST, start = 0, length = 0;
    for (let from = 0, at = 0; at <= text.length; at++) {
      if (isPlain(text.charCodeAt(at))) continue;
      reach += at - from;
      if (at - from > length) [start, length] = [from, at - from];
      // Halves of a surrogate pair have longer spellings than the whole.
      if (at < text.length) reach += this.#longest(text[at]!);
      from = at + 1;
    }
    this.reach = reach;
    this.#plain = { start, length };
  }

  static text(text: string, value: KnownValue): Target {
    return new Target(text, value);
  }

  static base64(bytes: Uint8Array, value: KnownValue): Target[] {
    const alone = bytes.length < MIN_INNER_BYTES;
    const text = fromBytes(bytes);
    return LEADS.slice(0, alone ? 1 : 3).map((lead, shift) => {
      // Characters that bytes before or after it take part in are not known.
      const end = Math.floor((shift + text.length) * 8 / 6);
      return new Target(btoa("\0".repeat(shift) + text).slice(lead, end), value, { lead, alone });
    });
  }

  /** Where it lies in a file, if its character number `index` begins at `at`. */
  match(bytes: Uint8Array, at: number, index: number): { start: number; end: number } | undefined {
    const characters = [...this.#text];
    const end = this.#follow(bytes, at, characters.slice(index), 1);
    if (end < 0) return undefined;
    const start = this.#follow(bytes, at, characters.slice(0, index).reverse(), -1);
    if (start < 0) return undefined;
    return this.#base64 === undefined ? { start, end } : this.#wholeGroups(bytes, start, end, this.#base64);
  }

  /** Follows characters to one side, in whatever spelling.
   * @returns the furthest place that they lead to; -1 where other text is */
  #follow(bytes: Uint8Array, from: number, characters: readonly string[], step: 1 | -1): number {
    let places = [from];
    for (const character of characters) {
      const code = character.charCodeAt(0);
      if (places.length === 1 && isPlain(code)) {
        if (bytes[step > 0 ? places[0]! : places[0]! - 1] !== code) return -1;
        places[0]! += step;
        continue;
      }
      const next: number[] = [];
      for (const spelling of this.#spellings(character)) {
        for (const place of places) {
          const start = step > 0 ? place : place - spelling.length;
          const there = step > 0 ? place + spelling.length : start;
          if (liesAt(bytes, start, spelling) && !next.includes(there) && next.length < MAX_PLACES) next.push(there);
        }
      }
      if (next.length === 0) return -1;
      places = next;
    }
    return step > 0 ? Math.max(...places) : Math.min(...places);
  }

  /** Of base64, whole groups are hidden: what is left before and after can be read, and redacted, as before. */
  #wholeGroups(bytes: Uint8Array, start: number, end: number, { lead, alone }: { lead: number; alone: boolean }) {
    for (let i = 1; i <= lead; i++) if (!isBase64(bytes[start - i])) return undefined;
    let last = end;
    for (let rest = (GROUP - (lead + this.#text.length) % GROUP) % GROUP; rest > 0; rest--) {
      last += isBase64(bytes[last]) ? 1 : PADDINGS.find((padding) => liesAt(bytes, last, padding))?.length ?? 0;
    }
    if (alone && (isBase64(bytes[start - 1]) || isBase64(bytes[last]))) return undefined;
    return { start: start - lead, end: last };
  }

  #spellings(character: string): readonly Uint8Array[] {
    return this.#base64 === undefined ? textSpellings(character) : base64Spellings(character);
  }

  #longest(character: string): number {
    return Math.max(...this.#spellings(character).map(({ length }) => length));
  }

  anchors(): Anchor[] {
    const { start, length } = this.#plain;
    if (length >= PLAIN_ENOUGH || length === this.#text.length) {
      const text = this.#text.slice(start, start + length);
      return [{ text, index: countCharacters(this.#text, start) }];
    }
    const beginning = [...this.#text].slice(0, MAX_ANCHOR).join("");
    const writers = this.#base64 === undefined ? TEXT_WRITERS : BASE64_WRITERS;
    const forms = new Set(writers.map((write) => write(beginning)));
    return [...forms].map((text) => ({ text, index: 0 }));
  }
}

/** Those of several UTF-16 units count once. */
function countCharacters(text: string, units: number): number {
  let count = units;
  for (let i = 1; i < units; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

function liesAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  if (at < 0 || at + wanted.length > bytes.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

/** Of the standard alphabet or of the one for URLs. */
function isBase64(byte: number | undefined): boolean {
  return byte !== undefined &&
    (byte >= 97 && byte <= 122 || byte >= 65 && byte <= 90 || byte >= 48 && byte <= 57 ||
      byte === 43 || byte === 47 || byte === 45 || byte === 95);
}
