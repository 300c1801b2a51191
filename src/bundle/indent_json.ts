import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isKey,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
  valueEnd,
} from "../core/json_scan.ts";

const LF = 10, BLANK = 32;
/** What may be written between two looks at the room that is left: a line break apart, a byte of input makes one of output. */
const SLACK = 64;

/** Bytes of strings that are not simply copied: the end, an escape, and what the files' JSON escapes. */
const SPECIAL = new Uint8Array(256);
for (const byte of [QUOTE, BACKSLASH, 0x3c, 0x3e, 0x26, 0xe2]) SPECIAL[byte] = 1;

/** Writes JSON into a buffer that grows, in the form of `toBundleJson` with its two spaces, byte by byte from JSON of any
 * layout: no value is changed, no object made. */
export class JsonIndenter {
  #out = new Uint8Array(1 << 16);
  #length = 0;
  #depth = 0;

  /** Takes what was written out, and begins anew. */
  take(): Uint8Array {
    const bytes = this.#out.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** Text as it is. */
  text(text: string): void {
    this.#reserve(text.length * 3);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length += encoder.encodeInto(text.slice(i), this.#out.subarray(this.#length)).written;
        return;
      }
      this.#out[this.#length++] = code;
    }
  }

  /** A line break, with the indent of this depth. */
  line(depth: number): void {
    this.#reserve(depth * 2 + 1);
    const out = this.#out;
    let at = this.#length;
    out[at++] = LF;
    for (const end = at + depth * 2; at < end; at++) out[at] = BLANK;
    this.#length = at;
  }

  /** Says how deep the next stretch begins. */
  at(depth: number): void {
    this.#depth = depth;
  }

  /** Writes a stretch of JSON: a whole value, or the beginning or the rest of one. It goes on where the last one ended.
   * @param without a key whose member is left out, wherever it is */
  json(bytes: Uint8Array, start: number, end: number, without?: string): void {
    let depth = this.#depth;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) {
        if (without !== undefined && isMemberOf(bytes, i, without)) {
          i = this.#dropMember(bytes, i, end, depth);
          continue;
        }
        i = this.#string(bytes, i, end) - 1;
      } else if (byte === COMMA) {
        this.#byte(byte, end - i);
        this.line(depth);
      } else if (byte === COLON) {
        this.#byte(byte, end - i);
        this.#out[this.#length++] = BLANK;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#byte(byte, end - i);
        const next = skipBlanks(bytes, i + 1);
        if (next < end && (bytes[next] === CLOSE_OBJECT || bytes[next] === CLOSE_ARRAY)) {
          this.#out[this.#length++] = bytes[next]!;
          i = next;
        } else this.line(++depth);
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth--;
        // Nothing is left of what was in it.
        if (this.#out[this.#length - 1] !== OPEN_OBJECT) this.line(depth);
        this.#byte(byte, end - i);
      } else if (byte > BLANK) this.#byte(byte, end - i);
    }
    this.#depth = depth;
  }

  #byte(byte: number, rest: number): void {
    this.#reserve(rest);
    this.#out[this.#length++] = byte;
  }

  /** @returns the position after it */
  #string(bytes: Uint8Array, start: number, end: number): number {
    this.#reserve(end - start);
    let out = this.#out;
    let at = this.#length;
    out[at++] = QUOTE;
    let i = start + 1;
    for (; i < end; i++) {
      const byte = bytes[i]!;
      if (SPECIAL[byte] === 0) {
        out[at++] = byte;
        continue;
      }
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        out[at++] = byte;
        out[at++] = bytes[++i]!;
        continue;
      }
      const escape = escapeOf(bytes, i);
      if (escape === undefined) {
        out[at++] = byte;
        continue;
      }
      this.#length = at;
      this.#reserve(end - i + escape.length);
      out = this.#out;
      for (let c = 0; c < escape.length; c++) out[at++] = escape.charCodeAt(c);
      if (byte === 0xe2) i += 2;
    }
    out[at++] = QUOTE;
    this.#length = at;
    return i + 1;
  }

  /** Takes back the separator before a member that is left out, or passes over the one after it.
   * @returns the position of the last byte passed over */
  #dropMember(bytes: Uint8Array, key: number, end: number, depth: number): number {
    const colon = skipBlanks(bytes, key + 1 + bytes.subarray(key + 1, end).indexOf(QUOTE) + 1);
    const after = skipBlanks(bytes, valueEnd(bytes, skipBlanks(bytes, colon + 1)));
    if (bytes[after] === COMMA) return after;
    this.#length -= depth * 2 + 1;
    if (this.#out[this.#length - 1] === COMMA) this.#length--;
    return after - 1;
  }

  /** Room for `bytes` more, and {@linkcode SLACK}. */
  #reserve(bytes: number): void {
    const needed = this.#length + bytes + SLACK;
    if (needed <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#out.length * 2));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}

const encoder = new TextEncoder();

/** `<`, `>`, `&`, U+2028 and U+2029 as the files' JSON has them. */
function escapeOf(bytes: Uint8Array, at: number): string | undefined {
  const byte = bytes[at]!;
  if (byte !== 0xe2) return `\\u00${byte.toString(16)}`;
  if (bytes[at + 1] !== 0x80) return undefined;
  return bytes[at + 2] === 0xa8 ? "\\u2028" : bytes[at + 2] === 0xa9 ? "\\u2029" : undefined;
}

/** True when the string at `at` is this key. */
function isMemberOf(bytes: Uint8Array, at: number, key: string): boolean {
  const end = at + key.length + 2;
  return bytes[end - 1] === QUOTE && isKey(bytes, at, end, key) && bytes[skipBlanks(bytes, end)] === COLON;
}
