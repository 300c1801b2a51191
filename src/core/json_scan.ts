/** Finds its way through the bytes of a JSON text without making objects of it. What it walks over is balanced, not
 * validated: whoever needs a value parses it. */

export const QUOTE = 34, COMMA = 44, COLON = 58, BACKSLASH = 92;
export const OPEN_ARRAY = 91, CLOSE_ARRAY = 93, OPEN_OBJECT = 123, CLOSE_OBJECT = 125;

/** The next position that is no blank, or the end. */
export function skipBlanks(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && bytes[at]! <= 32) at++;
  return at;
}

/** The position after the string that begins at `at`.
 * @throws {SyntaxError} when it does not end */
export function stringEnd(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH) i++;
  }
  throw new SyntaxError("The JSON text ends inside a string");
}

/** The position after the value that begins at `at`.
 * @throws {SyntaxError} when it does not end */
export function valueEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return literalEnd(bytes, at);
  let depth = 1;
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) i = stringEnd(bytes, i) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return i + 1;
  }
  throw new SyntaxError("The JSON text ends inside a value");
}

function literalEnd(bytes: Uint8Array, at: number): number {
  let i = at;
  while (
    i < bytes.length && bytes[i]! > 32 && bytes[i] !== COMMA && bytes[i] !== CLOSE_OBJECT && bytes[i] !== CLOSE_ARRAY
  ) {
    i++;
  }
  if (i === at) throw unexpected(bytes, at);
  return i;
}

/** Walks over the members of the object that begins at `at`.
 * @param visit told each key, quotes included, and where its value begins; returns where that ends
 * @returns the position after the object
 * @throws {SyntaxError} */
export function walkObject(
  bytes: Uint8Array,
  at: number,
  visit: (keyStart: number, keyEnd: number, valueStart: number) => number,
): number {
  if (bytes[at] !== OPEN_OBJECT) throw unexpected(bytes, at);
  let i = skipBlanks(bytes, at + 1);
  if (bytes[i] === CLOSE_OBJECT) return i + 1;
  while (true) {
    if (bytes[i] !== QUOTE) throw unexpected(bytes, i);
    const keyStart = i, keyEnd = stringEnd(bytes, i);
    i = skipBlanks(bytes, keyEnd);
    if (bytes[i] !== COLON) throw unexpected(bytes, i);
    i = skipBlanks(bytes, visit(keyStart, keyEnd, skipBlanks(bytes, i + 1)));
    if (bytes[i] === CLOSE_OBJECT) return i + 1;
    if (bytes[i] !== COMMA) throw unexpected(bytes, i);
    i = skipBlanks(bytes, i + 1);
  }
}

/** As {@linkcode walkObject}, over the elements of an array. */
export function walkArray(bytes: Uint8Array, at: number, visit: (start: number) => number): number {
  if (bytes[at] !== OPEN_ARRAY) throw unexpected(bytes, at);
  let i = skipBlanks(bytes, at + 1);
  if (bytes[i] === CLOSE_ARRAY) return i + 1;
  while (true) {
    i = skipBlanks(bytes, visit(i));
    if (bytes[i] === CLOSE_ARRAY) return i + 1;
    if (bytes[i] !== COMMA) throw unexpected(bytes, i);
    i = skipBlanks(bytes, i + 1);
  }
}

/** True when the key at `start`, quotes included, is this word of ASCII letters. */
export function isKey(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length + 2) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + 1 + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** What a stretch of the text says. */
export function parseJson(bytes: Uint8Array, start: number, end: number): unknown {
  return JSON.parse(decoder.decode(bytes.subarray(start, end)));
}

const decoder = new TextDecoder();

function unexpected(bytes: Uint8Array, at: number): SyntaxError {
  return new SyntaxError(
    at >= bytes.length ? "The JSON text ends too early" : `The JSON text has an unexpected byte at ${at}`,
  );
}
