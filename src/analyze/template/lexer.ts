import { TemplateError } from "./template_error.ts";

/** A piece of a template: literal text, or the inside of one `{{ … }}`. */
export type Piece = { text: string } | { action: Token[] };

export interface Token {
  /** `field`: `.Name`; `variable`: `$x`; `word`: a function or a keyword. */
  type: "field" | "variable" | "word" | "string" | "number" | "symbol" | "space";
  text: string;
  /** Of strings and numbers. */
  value?: string | number;
}

/** Cuts a template into text and actions, with `{{-` and `-}}` trimmed, and comments gone.
 * @throws {TemplateError} */
export function lex(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  const addText = (text: string) => {
    if (trimNext) text = text.trimStart();
    trimNext = false;
    if (text !== "") pieces.push({ text });
  };
  for (;;) {
    const open = template.indexOf("{{", at);
    if (open === -1) {
      addText(template.slice(at));
      return pieces;
    }
    const trimsBefore = /^-\s/.test(template.slice(open + 2, open + 4));
    const before = template.slice(at, open);
    addText(trimsBefore ? before.trimEnd() : before);
    const start = open + 2 + (trimsBefore ? 1 : 0);
    const comment = /^\s*\/\*[^]*?\*\/\s*?(\s-)?\}\}/.exec(template.slice(start));
    if (comment !== null) {
      at = start + comment[0].length;
      trimNext = comment[1] !== undefined;
      continue;
    }
    const { tokens, end, trimsAfter } = lexAction(template, start);
    pieces.push({ action: tokens });
    at = end;
    trimNext = trimsAfter;
  }
}

const FIELD = /\.(?:[\p{L}_][\p{L}\p{N}_]*)?/uy;
const VARIABLE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?/uy;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const RAW = /`[^`]*`/y;
const SPACE = /\s+/y;
const SYMBOL = /:=|[=|(),]/y;

function lexAction(template: string, start: number): { tokens: Token[]; end: number; trimsAfter: boolean } {
  const tokens: Token[] = [];
  let at = start;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(template);
    if (match === null || match[0] === "") return undefined;
    at = pattern.lastIndex;
    return match[0];
  };
  while (at < template.length) {
    if (template.startsWith("}}", at)) return { tokens, end: at + 2, trimsAfter: false };
    if (/^\s-\}\}/.test(template.slice(at, at + 4))) return { tokens, end: at + 4, trimsAfter: true };
    let text: string | undefined;
    // One blank at a time before a closing `-}}`, so that the blank it needs is still there.
    if ((text = take(/\s+(?=\s-\}\})/y) ?? take(SPACE)) !== undefined) {
      tokens.push({ type: "space", text });
    } else if ((text = take(NUMBER)) !== undefined) {
      tokens.push({ type: "number", text, value: Number(text) });
    } else if ((text = take(FIELD)) !== undefined) {
      tokens.push({ type: "field", text });
    } else if ((text = take(VARIABLE)) !== undefined) {
      tokens.push({ type: "variable", text });
    } else if ((text = take(WORD)) !== undefined) {
      tokens.push({ type: "word", text });
    } else if ((text = take(STRING)) !== undefined) {
      tokens.push({ type: "string", text, value: unquote(text) });
    } else if ((text = take(RAW)) !== undefined) {
      tokens.push({ type: "string", text, value: text.slice(1, -1) });
    } else if ((text = take(SYMBOL)) !== undefined) {
      tokens.push({ type: "symbol", text });
    } else {
      throw new TemplateError(template, `unexpected "${template.slice(at, at + 10)}" in an action`);
    }
  }
  throw new TemplateError(template, "an action {{ is not closed");
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\", "'": "'", a: "\x07" };

function unquote(text: string): string {
  return text.slice(1, -1).replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/g,
    (_, unicode, hex, other) =>
      unicode || hex ? String.fromCharCode(parseInt(unicode ?? hex, 16)) : ESCAPES[other] ?? other,
  );
}
