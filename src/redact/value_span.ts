import type { Span } from "./rule.ts";
import { escapeLevel, quoteLevel, stringEnd } from "./string_nesting.ts";

/** A value found in a line: what to hide of it, and its text as far as judging it needs. */
export interface Value extends Span {
  text: string;
  /** True when its end lies beyond what was to be looked at. */
  cut: boolean;
}

const JUDGED = 600;

/** The value in quotes at a position, or undefined when there are none. A value whose quote never closes reaches to the
 * end of the line.
 * @param limit how many characters to look at: values are judged first, and their end is only looked for when it matters */
export function quotedValue(whole: string, at: number, depth: number, limit: number): Value | undefined {
  const line = limit < whole.length ? whole.slice(0, at + limit) : whole;
  const cut = line.length < whole.length;
  let i = at;
  while (line.charCodeAt(i) === 92) i++;
  const quote = line[i];
  if (quote === '"') {
    // the end of the string around
    if (quoteLevel(i - at) < depth && !/[\w$]/.test(line[i + 1] ?? "")) return undefined;
    const end = stringEnd(line, i + 1, quoteLevel(i - at));
    return end < 0 ? valueOf(line, i + 1, lineEnd(line), cut) : valueOf(line, i + 1, end, false);
  }
  if ((quote !== "'" && quote !== "`") || i > at + depth) return undefined;
  const enclosing = depth > 0 ? stringEnd(line, i + 1, depth - 1) : -1;
  const last = enclosing < 0 ? lineEnd(line) : enclosing;
  for (let end = i + 1; end < last; end++) {
    const c = line[end];
    if (c === "\\") end++;
    else if (c === quote) {
      if (quote === "'" && line[end + 1] === "'") end++; // YAML's way to write the quote itself
      else return valueOf(line, i + 1, end, false);
    }
  }
  return valueOf(line, i + 1, last, cut && enclosing < 0);
}

// Another `name=` or `name:` after one of these ends an unquoted value: `a=1,b=2`, `?a=1&b=2`, `A=1;B=2`.
const NEXT_PAIR = /[,;&](?:amp;)?[ ]?[A-Za-z_][\w.-]{0,60}[=:]/y;
const ESCAPED_AMPERSAND_PAIR = /\\+u0026[A-Za-z_][\w.-]{0,60}=/y;
const CLOSERS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** The value without quotes at a position.
 * @param depth how many string literals it lies in
 * @param stop what ends it besides the end of the string or line around it: a blank, or only ` #` (a comment) */
export function bareValue(
  whole: string,
  at: number,
  depth: number,
  limit: number,
  stop: "blank" | "comment",
  markup: boolean,
): Value {
  const line = limit < whole.length ? whole.slice(0, at + limit) : whole;
  let end = at;
  scan: for (; end < line.length; end++) {
    const c = line.charCodeAt(end);
    if (c < 32 && c !== 9) break;
    switch (c) {
      case 9:
      case 32:
        if (stop === "blank" || line.charCodeAt(end + 1) === 35) break scan;
        break;
      case 34:
        if (depth > 0) break scan;
        break;
      case 38:
      case 44:
      case 59:
        NEXT_PAIR.lastIndex = end;
        if (end > at && NEXT_PAIR.test(line)) break scan;
        break;
      case 60:
        if (markup || line.charCodeAt(end + 1) === 47) break scan;
        break;
      case 92: {
        if (depth === 0) break;
        const run = end;
        while (line.charCodeAt(end + 1) === 92) end++;
        const after = line[end + 1];
        const backslashes = end + 1 - run;
        if (after === '"') {
          const level = quoteLevel(backslashes);
          if (level < depth) {
            end = end + 1 - ((1 << level) - 1);
            break scan;
          }
          end++;
        } else if ((after === "n" || after === "r" || after === "t") && escapeLevel(backslashes) <= depth) {
          end = end + 1 - (1 << (escapeLevel(backslashes) - 1));
          break scan;
        } else if (after === "u") {
          ESCAPED_AMPERSAND_PAIR.lastIndex = run;
          if (line.startsWith("u001b", end + 1) || ESCAPED_AMPERSAND_PAIR.test(line)) {
            end = run;
            break scan;
          }
        }
      }
    }
  }
  if (end >= line.length && line.length < whole.length) return valueOf(line, at, line.length, true);
  return valueOf(line, at, trimEnd(line, at, end), false);
}

/** Leaves what surely belongs to the text around: closing brackets opened before the value, commas, quotes. */
function trimEnd(line: string, at: number, end: number): number {
  const from = Math.max(at, end - 200);
  for (; end > at; end--) {
    const c = line[end - 1]!;
    if (c === "," || c === ";" || c === ":" || c === " " || c === "\t" || c === "`") continue;
    const opener = CLOSERS[c];
    if (opener !== undefined && !line.slice(from, end - 1).includes(opener)) continue;
    if ((c === "'" || c === '"') && isOpenBefore(line, at, c) && !line.slice(from, end - 1).includes(c)) continue;
    break;
  }
  return end;
}

/** True when a quote that was opened not far before a position has not been closed there. */
function isOpenBefore(line: string, at: number, quote: string): boolean {
  let open = false;
  const from = Math.max(0, at - 2000);
  for (let i = line.indexOf(quote, from); i >= 0 && i < at; i = line.indexOf(quote, i + 1)) open = !open;
  return open;
}

function lineEnd(line: string): number {
  return line.endsWith("\r") ? line.length - 1 : line.length;
}

export function valueOf(line: string, start: number, end: number, cut: boolean): Value {
  return { start, end, cut, text: line.slice(start, Math.min(end, start + JUDGED)) };
}
