import { matchAt, type Span } from "./detector.ts";
import { literalOf } from "./literal.ts";

/** A value and what it is called by. */
export interface NamedValue {
  name: string;
  value: Span;
  /** How it belongs to the name: `plain` is `name: value`, `word` is `the name value`, all others are `sure`. */
  bond: "sure" | "plain" | "word";
}

const MAX_NAME = 100;
const MAX_VALUE = 300;

/** The name around a place: letters, digits, `_`, `-`, `.`. */
export function nameAround(text: string, at: number): Span {
  let start = at, end = at;
  while (start > 0 && at - start < MAX_NAME && isNameCode(text.charCodeAt(start - 1))) start--;
  while (end - at < MAX_NAME && isNameCode(text.charCodeAt(end))) end++;
  while (end > at && !isLetterOrDigit(text.charCodeAt(end - 1))) end--;
  // `\nPASSWORD=` inside of a string
  if (text[start - 1] === "\\" && /[nrt]/.test(text[start]!)) start++;
  return { start, end };
}

const COLOUR = String.raw`(?:(?:\x1b|\\u001b)\[[\d;]{0,12}m)?`;
const QUOTE = String.raw`\\{0,15}["'\x60]`;
const GAP = String.raw`(?:\s|\\{1,7}[nrt]){0,200}`;
const ASSIGNMENT = new RegExp(
  String.raw`(?:${QUOTE})?\]?${COLOUR}[ \t]{0,40}(?:=>|:=|={1,2}|:(?!:))${COLOUR}[ \t]{0,80}${COLOUR}(?:&\w{1,40} )?`,
  "y",
);
const PAIR = new RegExp(String.raw`${QUOTE}${GAP},${GAP}${QUOTE}value${QUOTE}${GAP}:${GAP}(?=${QUOTE})`, "y");
const PAIR_BEFORE = new RegExp(
  String
    .raw`${QUOTE}value${QUOTE}${GAP}:${GAP}(?<quote>${QUOTE})(?<value>(?:(?!\k<quote>).){1,300})\k<quote>${GAP},${GAP}${QUOTE}name${QUOTE}${GAP}:${GAP}${QUOTE}$`,
  "s",
);
const NEXT_ITEM = new RegExp(String.raw`${QUOTE}${GAP},${GAP}(?=${QUOTE})`, "y");
const NEXT_WORD = /(?:[ \t]{1,4}(?:is|was|of))?[ \t]{1,4}(?=[^\s-])/y;
/** `took=3ms`: what follows belongs to a name of its own. */
const NEXT_PAIR = /[\w.-]{1,60}=[^=\s]/y;
const TAG_END = /["']?(?:\s[^<>]{0,200})?>\s{0,40}(?:<!\[CDATA\[)?/y;
const VALUE_ATTRIBUTE = /["']\s{1,40}value\s?=\s?(?=["'])/y;
const END_OF_WORD = new RegExp(String.raw`[\s,;&"'\x60<>(){}\[\]|\\\x00-\x1f]`);
const END_OF_VALUE = /(?:\\{0,15}["'])?(?:[\r\n}\])]|\\{1,7}[nr])/y;
const NEXT_LINE_VALUE = /(?:\\{0,15}["'])?(?:\s|\\{1,7}[nrt]){1,100}value:[ \t]{1,20}/y;
const NEXT_LINE_ITEM = /(?:\\{0,15}["'])?(?:\s|\\{1,7}[nrt]){1,100}- {1,20}/y;
const NAME_KEY = /name\\{0,15}["']\s{0,4}:\s{0,4}\\{0,15}["']$/;
const OPENING = new RegExp(QUOTE, "y");

/** The literal value that belongs to a name, in every syntax that has names and values; undefined where there is none.
 * @param name of {@linkcode nameAround} */
export function valueOf(text: string, name: Span): NamedValue | undefined {
  const found = behind(text, name) ??
    (NAME_KEY.test(text.slice(Math.max(0, name.start - 24), name.start)) ? before(text, name) : undefined);
  if (found === undefined || found.value.end <= found.value.start) return undefined;
  return { ...found, name: text.slice(name.start, name.end) };
}

function behind(text: string, { start, end }: Span): Omit<NamedValue, "name"> | undefined {
  const isFlag = text[start] === "-" && !/[\w\])]/.test(text[start - 1] ?? " ");
  if (matchAt(END_OF_VALUE, text, end) !== null) {
    // It is the last of its line itself: what belongs to it is on the next one, in a list.
    const pattern = isFlag ? NEXT_LINE_ITEM : NEXT_LINE_VALUE;
    if (matchAt(pattern, text, end) === null) return undefined;
    const from = pattern.lastIndex;
    return { value: valueAt(text, from, matchAt(OPENING, text, from)?.[0]), bond: "sure" };
  }
  for (const pattern of isFlag ? [ASSIGNMENT, NEXT_ITEM, NEXT_WORD] : [ASSIGNMENT, PAIR, VALUE_ATTRIBUTE, NEXT_WORD]) {
    if (matchAt(pattern, text, end) === null) continue;
    const from = pattern.lastIndex;
    const quoted = matchAt(OPENING, text, from)?.[0];
    if (quoted === undefined && /[ \t]/.test(text[from - 1]!) && matchAt(NEXT_PAIR, text, from) !== null) {
      return undefined;
    }
    const bond = pattern === NEXT_WORD && !isFlag
      ? "word"
      : quoted === undefined && text.slice(end, from).includes(":")
      ? "plain"
      : "sure";
    return { value: valueAt(text, from, quoted), bond };
  }
  if (/[<"'=\w. ]/.test(text[start - 1] ?? "") && matchAt(TAG_END, text, end) !== null) {
    const from = TAG_END.lastIndex;
    return { value: { start: from, end: endOf(text, from, /[<\]]/) }, bond: "sure" };
  }
  return undefined;
}

/** Elements of a list of variables in which the value comes first. */
function before(text: string, { start }: Span): Omit<NamedValue, "name"> | undefined {
  const from = Math.max(0, start - 600);
  const match = PAIR_BEFORE.exec(text.slice(from, start));
  if (match === null) return undefined;
  const value = from + match.index + match[0].indexOf(match.groups!.value!, match[0].indexOf(":"));
  return { value: { start: value, end: value + match.groups!.value!.length }, bond: "sure" };
}

/** @param opening the quote that it begins with, and the backslashes before that */
function valueAt(text: string, at: number, opening: string | undefined): Span {
  if (opening === undefined) return { start: at, end: endOf(text, at, END_OF_WORD) };
  const start = at + opening.length;
  const quote = opening.at(-1)!, depth = opening.length - 1;
  for (let end = start; end < text.length && end - start <= MAX_VALUE;) {
    const next = text.indexOf(quote, end);
    if (next < 0 || next - start > MAX_VALUE) break;
    let slashes = 0;
    while (text[next - 1 - slashes] === "\\") slashes++;
    if (slashes === depth || (depth === 0 && slashes % 2 === 0)) return { start, end: next - depth };
    end = next + 1;
  }
  return { start, end: Math.min(text.length, start + MAX_VALUE) };
}

function endOf(text: string, start: number, stop: RegExp): number {
  const length = text.slice(start, start + MAX_VALUE).search(stop);
  return length < 0 ? Math.min(text.length, start + MAX_VALUE) : start + length;
}

function isNameCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 ||
    code === 45 || code === 46;
}

function isLetterOrDigit(code: number): boolean {
  return isNameCode(code) && code !== 45 && code !== 46 && code !== 95;
}

/** The value without masks; empty where it is none. */
export function literal(text: string, { value }: NamedValue): string {
  return literalOf(text.slice(value.start, value.end));
}
