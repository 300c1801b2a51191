import { looksRandom } from "./randomness.ts";
import { Literals } from "./literals.ts";
import { LONG_LITERAL, WordProbe } from "./word_probe.ts";

/** A shorter value is not looked for: it would be found where it means something else. */
const MIN_BYTES = 8;
/** Of a longer value, pieces of this length are looked for. */
const MAX_BYTES = 128;
const PIECE_BYTES = 48;
/** Lines of a value of several lines that are looked for. */
const MAX_LINES = 3;

/** Values that must not be in the archive, whatever they look like: as they are, in base64 wherever they lie in it, and as
 * JSON and URLs escape them. */
export class KnownValues {
  /** Of long forms, and of short ones, which are looked for apart: they would make the search for the long ones slower. */
  readonly #searches: { forms: Literals; probe: WordProbe }[];

  private constructor(forms: Literals[]) {
    this.#searches = forms.map((forms) => ({ forms, probe: new WordProbe(forms) }));
  }

  /** @returns undefined when there is nothing to look for */
  static of(values: Iterable<string | Uint8Array>): KnownValues | undefined {
    const long = new Literals(), short = new Literals();
    const seen = new Set<string>();
    for (const value of values) {
      for (const piece of piecesOf(typeof value === "string" ? encoder.encode(value) : value)) {
        const key = latin1.decode(piece);
        if (seen.has(key)) continue;
        seen.add(key);
        for (const form of formsOf(piece)) (form.length >= LONG_LITERAL ? long : short).add(form);
      }
    }
    const searches = [long, short].filter(({ count }) => count > 0);
    return searches.length === 0 ? undefined : new KnownValues(searches);
  }

  /** Tells of every value that begins in `from` to `to` and ends before `limit`. */
  find(
    bytes: Uint8Array,
    from: number,
    to: number,
    limit: number,
    found: (start: number, end: number) => void,
  ): void {
    for (const { forms, probe } of this.#searches) {
      probe.probe(bytes, from, to, (number, at) => {
        const start = forms.starts[number]!, length = forms.lengthOf(number);
        if (at + length > limit) return;
        for (let i = 0; i < length; i++) if (bytes[at + i] !== forms.bytes[start + i]) return;
        found(at, at + length);
      });
    }
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strict = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1");

/** What to look for of a value: all of it, or what of it is found nowhere else. */
function piecesOf(value: Uint8Array): Uint8Array[] {
  const lines = textOf(value)?.trim().split(/\r?\n/) ?? [];
  if (lines.length > 1) {
    const telling = lines.map((line) => line.trim()).filter((line) => /\S{16}/.test(line) && hasRandomWord(line));
    return telling.slice(0, MAX_LINES).flatMap((line) => piecesOf(encoder.encode(line)));
  }
  if (value.length < MIN_BYTES) return [];
  if (value.length <= MAX_BYTES) return [value];
  return [1, 2, 3].map((quarter) => {
    const start = Math.floor((value.length * quarter) / 4) - PIECE_BYTES / 2;
    return value.subarray(start, start + PIECE_BYTES);
  });
}

/** @returns undefined for bytes that are no text: a line feed among them ends no line */
function textOf(value: Uint8Array): string | undefined {
  try {
    return strict.decode(value);
  } catch {
    return undefined;
  }
}

function hasRandomWord(line: string): boolean {
  return line.split(/[\s"'=:,;]+/).some((word) => looksRandom(word));
}

/** A value in every spelling, each once. */
function formsOf(piece: Uint8Array): Uint8Array[] {
  const forms = [piece];
  for (const before of [0, 1, 2]) {
    const digits = base64Of(piece, before);
    forms.push(digits);
    const urlSafe = digits.map((digit) => digit === PLUS ? DASH : digit === SLASH ? UNDERSCORE : digit);
    if (urlSafe.some((digit, i) => digit !== digits[i])) forms.push(urlSafe);
  }
  if (piece.every(isPlain)) return forms;
  const text = decoder.decode(piece);
  const json = JSON.stringify(text).slice(1, -1);
  const percent = encodeURIComponent(text.toWellFormed());
  const texts = new Set([
    json,
    json.replace(/[<>&]/g, (c) => "\\u00" + c.charCodeAt(0).toString(16)), // as Go writes it
    JSON.stringify(json).slice(1, -1),
    percent,
    percent.replaceAll("%20", "+"),
    percent.replace(/%../g, (c) => c.toLowerCase()),
  ]);
  texts.delete(text);
  return [...forms, ...[...texts].map((form) => encoder.encode(form))];
}

/** Letters, digits and what no format escapes. */
function isPlain(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a || byte >= 0x41 && byte <= 0x5a || byte >= 0x30 && byte <= 0x39 ||
    byte === 0x2d ||
    byte === 0x5f || byte === 0x2e || byte === 0x7e;
}

const DIGITS = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PLUS = 0x2b, DASH = 0x2d, SLASH = 0x2f, UNDERSCORE = 0x5f;

/** Digits of base64 that a value has wherever it stands, when a multiple of three bytes and `before` more are before it:
 * those that no byte before or behind it has a part in. */
function base64Of(value: Uint8Array, before: number): Uint8Array {
  const first = Math.ceil((before * 8) / 6), last = Math.floor(((before + value.length) * 8) / 6);
  const digits = new Uint8Array(last - first);
  for (let digit = first; digit < last; digit++) {
    const bit = digit * 6 - before * 8;
    const pair = ((value[bit >> 3] ?? 0) << 8) | (value[(bit >> 3) + 1] ?? 0);
    digits[digit - first] = DIGITS[(pair >> (10 - (bit & 7))) & 63]!;
  }
  return digits;
}
