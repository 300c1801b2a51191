import { quoteLevel } from "./string_nesting.ts";

export interface Cut {
  /** Position of the first byte after it. */
  at: number;
  /** How many string literals it lies in. */
  depth: number;
  /** False in the middle of a word: there was no better place. */
  safe: boolean;
}

const COMMA = 44, QUOTE = 34, BACKSLASH = 92, BLANK = 32;

// From worst to best.
const IN_WORD = 0, AFTER_MARK = 1, AFTER_BLANK = 2, BETWEEN_ITEMS = 3;

const RANKS = new Uint8Array(256);
for (const blank of "\0\t\n\v\f\r ") RANKS[blank.charCodeAt(0)] = AFTER_BLANK;
for (const mark of "\"',;&|<>(){}[]`") RANKS[mark.charCodeAt(0)] = AFTER_MARK;

/** Where to cut a text that is looked at in pieces: after a comma between items of JSON; else after a blank, or after a
 * line feed of the text in a string; else after a mark; else anywhere, but not in an escape, and so that base64 can be
 * decoded on both sides.
 * @param from the cut lies behind this byte …
 * @param to … and not behind this one
 * @param depth how many string literals the first byte lies in */
export function findCut(bytes: Uint8Array, from: number, to: number, depth: number): Cut {
  let backslashes = 0;
  let rank = IN_WORD, at = to, depthThere = 0;
  for (let i = 0; i < to; i++) {
    const byte = bytes[i]!;
    if (byte === BACKSLASH) {
      backslashes++;
      continue;
    }
    if (byte === QUOTE) depth = depthAfter(depth, backslashes);
    if (i >= from) {
      let here = RANKS[byte]!;
      if (depth > 0) {
        if (isEscapedLineFeed(byte, backslashes)) here = AFTER_BLANK;
      } else if (byte === COMMA && beginsItem(afterBlank(bytes, i + 1))) here = BETWEEN_ITEMS;
      if (here >= rank && here > IN_WORD) {
        rank = here;
        at = i + 1;
        depthThere = depth;
      }
    }
    backslashes = 0;
  }
  return rank > IN_WORD
    ? { at, depth: depthThere, safe: true }
    : { at: cutInWord(bytes, from, to), depth, safe: false };
}

/** Where to cut between the objects or lists that are items of a list: of the outermost list that there is.
 * @param depth how many string literals the first byte lies in
 * @param apart bytes between cuts, at least, and before the first
 * @returns positions of first bytes, and how many string literals the end lies in */
export function findItemCuts(bytes: Uint8Array, depth: number, apart: number): { cuts: number[]; depth: number } {
  let cuts: number[] = [];
  let backslashes = 0, brackets = 0, fewest = Number.POSITIVE_INFINITY, next = apart;
  let before = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === BACKSLASH) {
      backslashes++;
      continue;
    }
    if (byte === QUOTE) depth = depthAfter(depth, backslashes);
    backslashes = 0;
    if (depth > 0) continue;
    if (isOpening(byte)) brackets++;
    else if (isClosing(byte)) brackets--;
    else if (byte === COMMA && brackets <= fewest && isClosing(before) && isOpening(afterBlank(bytes, i + 1))) {
      if (brackets < fewest) {
        fewest = brackets;
        cuts = [];
        next = apart;
      }
      if (i >= next) {
        cuts.push(i + 1);
        next = i + apart;
      }
    }
    if (byte !== BLANK) before = byte;
  }
  return { cuts, depth };
}

function depthAfter(depth: number, backslashes: number): number {
  const level = quoteLevel(backslashes);
  return level < depth ? level : level + 1;
}

/** `[` or `{`. */
function isOpening(byte: number | undefined): boolean {
  return byte === 91 || byte === 123;
}

/** `]` or `}`. */
function isClosing(byte: number): boolean {
  return byte === 93 || byte === 125;
}

function isEscapedLineFeed(byte: number, backslashes: number): boolean {
  return byte === 110 && backslashes > 0;
}

/** The byte at a position, or after the blank there. */
function afterBlank(bytes: Uint8Array, at: number): number | undefined {
  return bytes[at] === BLANK ? bytes[at + 1] : bytes[at];
}

function beginsItem(byte: number | undefined): boolean {
  return byte === QUOTE || isOpening(byte);
}

function cutInWord(bytes: Uint8Array, from: number, to: number): number {
  let start = to;
  while (start > 0 && BASE64[bytes[start - 1]!] === 1) start--;
  let at = to - (to - start) % 4;
  if (at <= from) at = to;
  let escape = at;
  while (escape > from && bytes[escape - 1] === BACKSLASH) escape--;
  return escape > from ? escape : at;
}

/** Of either alphabet. */
const BASE64 = new Uint8Array(256);
for (const digit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
  BASE64[digit.charCodeAt(0)] = 1;
}
