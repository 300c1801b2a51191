import type { TextLine } from "../text_lines.ts";
import type { Value } from "../value_span.ts";

// Colour codes, raw or escaped.
const COLOUR = String.raw`(?:(?:\x1b|\\+u001b|\\+x1b|\\+033)\[[\d;]{0,12}m)?`;
export const SEPARATOR = new RegExp(
  String.raw`${COLOUR}(?<quote>\\{0,31}["'\x60])?(?:\*\*)?\]?${COLOUR}[ \t]{0,40}` +
    String
      .raw`(?:\\?=>|:=|(?<=[ \t])==(?=[ \t"'])|=(?==[^\s"'=,;&)>])|\\?[:=](?![:=])|::(?= )|%3D|~>)${COLOUR}[ \t]{0,80}${COLOUR}(?:\[\][a-z]{1,20}\{(?="))?`,
  "y",
);
/** `password: string = "…"`, `Password { get; set; } = "…"` */
export const TYPED = /(?:\s?:\s?[&\w<>\[\]?.']{1,40}|\s?\{ get;[\w; ]{0,20}\})\s?=\s?(?=["'`])/y;
export const COMPARED = /\s[!=]==?\s(?=["'])/y;
/** The next cell of a table in Markdown. */
export const CELL = /[\x60*]{0,2}[ \t]{0,60}\|[ \t]{0,60}[\x60*]{0,2}(?=[^\s|])/y;
/** The next column of a table of two, or the value of a directive. */
export const COLUMN = /(?:[ \t]{2,80}|\t)(?=\S)/y;
export const LIST_ITEM = /(?<quote>\\{0,31}["'])(?:\s|\\{1,31}n){0,40},(?:\s|\\{1,31}n){0,40}(?=\\{0,31}["'])/y;
export const LIST_END = /\\{0,31}["']?\s{0,40},?\s{0,40}$/y;
export const CALL = /\\{0,31}["']?\((?=\\{0,31}["'])/y;
/** `variable "db_password" {` */
export const BLOCK = /["']?\s{1,4}\{\s{0,4}$/y;
export const TUPLE = /,\s?(?:<<)?(?=")|\s\.\s(?=")/y;
export const ARGUMENT_OF = /(?:define|env|putenv|setenv|put|setProperty|set)\(\s?\\*["']$/i;
export const WORDS_BETWEEN =
  /(?:[ \t]{1,4}(?:is|was|are|as|to|set to|set as|changed to|reset to|will be|lautet|ist))?:?[ \t]{1,4}\(?(?=\S)/y;
export const PROSE =
  /[ \t](?:for|of|is generated for|para|de|f\xc3\xbcr)[ \t][^"'=:]{1,60}(?:: ?|[ \t](?:is|was|to)[ \t])(?=\S)/y;
export const NODE_PROPERTIES = /(?:[&!][\w!-]{1,100}[ \t]{1,10})+/y;
export const BLOCK_SCALAR = /^[|>][-+\d]{0,2}[ \t]*(?:#.*)?\r?$/;
export const SCHEME =
  /(?:bearer|basic|token|digest|negotiate|apikey|geniekey|splunk|sharedkey|aws4-hmac-sha256)[ ]+(?=\S)/iy;
export const CHANGED_TO = /\\{0,31}["'] -> (?=\\{0,31}["'])/y;
/** What may stand before a name that is the first thing on its line. */
export const BEGINNING =
  /^[ \t]*(?:[-+~#;>][ \t]+)*(?:(?:export|set|declare -\w+|readonly|local|ENV|ARG|const|let|var|val)[ \t]+)?[[$@]?\\*["']?$/i;

/** `{SSHA}…`, `{x}y` are values; `{{ … }}` is a reference. */
export const VALUE_IN_BRACES = /^\{(?:\{|[\w+-]{1,40}\}[^\s,;}"'])/;

/** `Bearer x` → `x`: the scheme tells the reader what kind of credential was there. */
export function withoutScheme(value: Value): Value {
  const scheme = matchAt(SCHEME, value.text, 0);
  if (scheme === undefined) return value;
  return { ...value, start: value.start + scheme[0].length, text: value.text.slice(scheme[0].length) };
}

/** Whether a quote that was opened before a position has not been closed there. */
export function isInQuotes(text: string, at: number, quotes = ["'", '"', "`"]): boolean {
  const before = text.slice(Math.max(0, at - 400), at);
  return quotes.some((quote) => before.split(quote).length % 2 === 0);
}

/** The end of an object of one line, or of the line. */
export function objectEnd(text: string, at: number, limit: number): number {
  const to = Math.min(limit, at + 4000);
  let depth = 0;
  for (let i = at; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 123) depth++;
    else if (c === 125 && --depth === 0) return i;
  }
  return to;
}

export function indentOf(text: string, line: TextLine): number {
  let i = line.start;
  while (i < line.end && (text[i] === " " || text[i] === "\t" || (text[i] === "-" && text[i + 1] === " "))) i++;
  return i - line.start;
}

export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
