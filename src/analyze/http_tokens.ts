import type { SpecConditionError } from "./condition_error.ts";

/** A word of an expression about HTTP answers. Operators that mean the same have one spelling. */
export type HttpToken =
  | { type: "symbol" | "word"; text: string; at: number; value?: undefined }
  | { type: "number"; text: string; at: number; value: number }
  | { type: "text"; text: string; at: number; value: string };

const SPELLINGS: Record<string, string> = { "=": "==", "===": "==", "!==": "!=", "IN": "in" };
const TOKEN =
  /\s*(?:(0[xX][0-9a-fA-F]{1,12}|\d{1,15}(?:\.\d{1,15})?)(?![\w.])|("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')|([A-Za-z_]\w*|\[\w+\])|(=~|!~|===|!==|==|!=|<=|>=|&&|\|\||[<>=!?:()+\-*\/%,]))/y;

/** Cuts an expression up.
 * @throws what `fail` makes of a character that begins nothing */
export function tokenize(
  text: string,
  fail: (problem: string, token?: HttpToken) => SpecConditionError,
): HttpToken[] {
  const tokens: HttpToken[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      at += /^\s*/.exec(text.slice(at))![0].length;
      const problem = /^["']/.test(text.slice(at)) ? "a quote is not closed" : `"${text[at]}" cannot be read`;
      throw fail(problem, { type: "symbol", text: text[at]!, at });
    }
    const [all, number, quoted, word, symbol] = match;
    const part = { text: all.trim(), at: at + all.length - all.trimStart().length };
    if (number !== undefined) tokens.push({ ...part, type: "number", value: Number(number) });
    else if (quoted !== undefined) {
      tokens.push({ ...part, type: "text", value: quoted.slice(1, -1).replace(/\\([\s\S])/g, "$1") });
    } else {
      const bare = (word ?? symbol)!.replace(/^\[(\w+)\]$/, "$1");
      const spelt = Object.hasOwn(SPELLINGS, bare) ? SPELLINGS[bare]! : bare;
      tokens.push({ ...part, type: spelt === "in" || word === undefined ? "symbol" : "word", text: spelt });
    }
  }
  return tokens;
}
