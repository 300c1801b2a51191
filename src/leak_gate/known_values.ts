import { looksRandom } from "./randomness.ts";
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
  /** Long forms, and short ones, which are looked for apart: they would make the search for the long ones slower. */
  readonly #searches: { forms: Uint8Array[]; probe: WordProbe }[];

  private constructor(forms: Uint8Array[]) {
    const long = forms.filter(({ length }) => length >= LONG_LITERAL);
    const short = forms.filter(({ length }) => length < LONG_LITERAL);
    this.#searches = [long, short].filter(({ length }) => length > 0)
      .map((forms) => ({ forms, probe: new WordProbe(forms) }));
  }

  /** @returns undefined when there is nothing to look for */
  static of(values: Iterable<string | Uint8Array>): KnownValues | undefined {
    const forms = new Map<string, Uint8Array>();
    for (const value of values) {
      for (const piece of piecesOf(typeof value === "string" ? encoder.encode(value) : value)) {
        for (const form of formsOf(piece)) forms.set(latin1.decode(form), form);
      }
    }
    return forms.size === 0 ? undefined : new KnownValues([...forms.values()]);
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
        const form = forms[number]!;
        if (at + form.length > limit) return;
        for (let i = 0; i < form.length; i++) if (bytes[at + i] !== form[i]) return;
        found(at, at + form.length);
      });
    }
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const latin1 = new TextDecoder("latin1");

/** What to look for of a value: all of it, or what of it is found nowhere else. */
function piecesOf(value: Uint8Array): Uint8Array[] {
  const lines = decoder.decode(value).trim().split(/\r?\n/);
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

function hasRandomWord(line: string): boolean {
  return line.split(/[\s"'=:,;]+/).some((word) => looksRandom(word));
}

function formsOf(piece: Uint8Array): Uint8Array[] {
  const forms = [piece];
  for (const before of [0, 1, 2]) {
    const digits = base64Of(piece, before);
    forms.push(encoder.encode(digits));
    if (/[+/]/.test(digits)) forms.push(encoder.encode(digits.replaceAll("+", "-").replaceAll("/", "_")));
  }
  if (piece.every((byte) => byte < 0x80 && isPlain(byte))) return forms;
  const text = decoder.decode(piece);
  const json = JSON.stringify(text).slice(1, -1);
  const percent = encodeURIComponent(text.toWellFormed());
  const texts = [
    json,
    json.replace(/[<>&]/g, (c) => "\\u00" + c.charCodeAt(0).toString(16)), // as Go writes it
    JSON.stringify(json).slice(1, -1),
    percent,
    percent.replaceAll("%20", "+"),
    percent.replace(/%../g, (c) => c.toLowerCase()),
  ];
  return [...forms, ...texts.map((form) => encoder.encode(form))];
}

/** Letters, digits and what no format escapes. */
function isPlain(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a || byte >= 0x41 && byte <= 0x5a || byte >= 0x30 && byte <= 0x39 ||
    byte === 0x2d ||
    byte === 0x5f || byte === 0x2e || byte === 0x7e;
}

/** Digits of base64 that a value has wherever it stands, when a multiple of three bytes and `before` more are before it. */
function base64Of(value: Uint8Array, before: number): string {
  const padded = new Uint8Array(before + value.length);
  padded.set(value, before);
  const digits = btoa(String.fromCharCode(...padded));
  return digits.slice([0, 2, 3][before], Math.floor((padded.length * 8) / 6));
}
