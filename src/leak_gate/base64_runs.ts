/** Shortest run of digits of base64 that is decoded. */
export const MIN_RUN = 24;

const DIGIT = 1;
const KINDS = new Uint8Array(256);
const VALUES = new Uint8Array(256);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((digit, value) => {
  KINDS[digit.charCodeAt(0)] = DIGIT;
  VALUES[digit.charCodeAt(0)] = value;
});
for (const [digit, value] of [["-", 62], ["_", 63]] as const) {
  KINDS[digit.charCodeAt(0)] = DIGIT;
  VALUES[digit.charCodeAt(0)] = value;
}

export function isDigit(byte: number): boolean {
  return KINDS[byte] === DIGIT;
}

/** Finds the next run of at least {@linkcode MIN_RUN} digits of base64, of either alphabet, that begins in `from` to `to`
 * or lies there.
 * @returns start and end of the whole run, or undefined */
export function nextRun(bytes: Uint8Array, from: number, to: number): { start: number; end: number } | undefined {
  for (let i = from + MIN_RUN - 1; i < to; i += MIN_RUN) {
    if (KINDS[bytes[i]!] !== DIGIT) continue;
    let start = i, end = i + 1;
    while (start > from && KINDS[bytes[start - 1]!] === DIGIT) start--;
    while (end < to && KINDS[bytes[end]!] === DIGIT) end++;
    // `\\n` in a string, and what follows it
    if (bytes[start - 1] === BACKSLASH && LINE_ESCAPES.has(bytes[start]!)) start++;
    if (end - start >= MIN_RUN) return { start, end };
    i = end - 1;
  }
  return undefined;
}

/** The bytes that a run stands for; digits beyond the last whole group give what they can. */
export function decodeRun(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const digits = end - start;
  const out = new Uint8Array(Math.floor((digits * 3) / 4));
  let at = 0;
  for (let i = start; i < end; i += 4) {
    const group = (VALUES[bytes[i]!]! << 18) | (digitAt(bytes, i + 1, end) << 12) | (digitAt(bytes, i + 2, end) << 6) |
      digitAt(bytes, i + 3, end);
    out[at++] = group >> 16;
    if (at < out.length) out[at++] = group >> 8;
    if (at < out.length) out[at++] = group;
  }
  return out;
}

function digitAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? VALUES[bytes[at]!]! : 0;
}

const BACKSLASH = 0x5c;
const LINE_ESCAPES = new Set([0x6e, 0x72, 0x74]); // n, r, t

const JUDGED = 40;

/** What a run holds, by its first digits: text, something packed, or neither. */
export function contentOf(bytes: Uint8Array, start: number, end: number): "text" | "gzip" | undefined {
  let others = 0;
  const limit = Math.min(end - 3, start + JUDGED);
  for (let i = start; i < limit; i += 4) {
    const group = (VALUES[bytes[i]!]! << 18) | (VALUES[bytes[i + 1]!]! << 12) | (VALUES[bytes[i + 2]!]! << 6) |
      VALUES[bytes[i + 3]!]!;
    if (i === start && group === GZIP) return "gzip";
    for (const byte of [group >> 16, (group >> 8) & 0xff, group & 0xff]) {
      if (byte >= 0x80) others++;
      else if (byte === 0x7f || (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13)) return undefined;
    }
    // Text has letters beyond ASCII now and then; what is drawn at random has them half of the time.
    if (others > 1 + (i - start) / 8) return undefined;
  }
  return "text";
}

/** The first three bytes of a gzip member. */
const GZIP = 0x1f8b08;
