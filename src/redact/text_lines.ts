import type { RuleLine } from "./rule.ts";
import { escapeLevel, quoteLevel } from "./string_nesting.ts";

/** A line of the file, or of a text in a string of it: there, `\n` ends lines and the string's quote the last one. */
export interface TextLine {
  start: number;
  /** Without what ends it. */
  end: number;
  /** String literals it lies in, 0 for a line of the file. */
  depth: number;
  /** Where the text begins that it is a line of. */
  textStart: number;
}

/** Ways to write the end of a line in a string, and quotes, with the backslashes before them. */
const MARK = /(\\+)(?:r\\+n|[nr"])|"/g;

/** The lines of all texts of several lines in strings of a line, by where they begin; a text in a text lies inside a line of
 * the outer one.
 * @param startDepth how deep the line begins, where it is a part of a longer one */
export function innerLines(text: string, startDepth = 0): TextLine[] {
  if (!/\\[nr]/.test(text)) return [];
  const found: TextLine[] = [];
  /** By depth: where the string began, and its last line so far. */
  const open: { start: number; last?: TextLine }[] = Array.from({ length: startDepth }, () => ({ start: 0 }));
  const close = (at: number) => {
    const last = open.pop()!.last;
    if (last !== undefined) last.end = at;
  };
  MARK.lastIndex = 0;
  for (let mark = MARK.exec(text); mark !== null; mark = MARK.exec(text)) {
    const backslashes = mark[1]?.length ?? 0;
    if (mark[0].endsWith('"')) {
      const level = quoteLevel(backslashes);
      if (level < open.length) { while (open.length > level) close(mark.index + backslashes - ((1 << level) - 1)); }
      else open[open.length] = { start: MARK.lastIndex };
      continue;
    }
    const level = escapeLevel(backslashes);
    const string = open.at(-1);
    if (string === undefined || level > open.length) continue;
    const end = mark.index + backslashes - (1 << (level - 1));
    if (string.last === undefined) {
      found.push(string.last = { start: string.start, end, depth: open.length, textStart: string.start });
    } else string.last.end = end;
    found.push(
      string.last = { start: MARK.lastIndex, end: text.length, depth: open.length, textStart: string.start },
    );
  }
  return found.sort((a, b) => a.start - b.start);
}

/** The same of a line as rules get it. */
export function innerLinesOf(line: RuleLine): TextLine[] {
  return line.text.includes("\\") ? innerLines(line.text, line.nesting().depthAt(0)) : [];
}

/** A line of the file. */
export function wholeLine(text: string): TextLine {
  return { start: 0, end: text.length, depth: 0, textStart: 0 };
}

/** The innermost line at a position: its number in the list, or -1 for the whole text. */
export function lineAt(inner: readonly TextLine[], position: number): number {
  let low = 0, high = inner.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inner[middle]!.start <= position) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= Math.max(0, low - MAX_INSIDE); i--) if (inner[i]!.end >= position) return i;
  return -1;
}

/** Lines of deeper texts that one line may have in it before a place on it is taken for one outside. */
const MAX_INSIDE = 200;

/** The lines after one, in the same text. */
export function* linesAfter(inner: readonly TextLine[], number: number): Generator<TextLine> {
  const { depth, textStart } = inner[number]!;
  for (let i = number + 1; i < inner.length; i++) {
    const line = inner[i]!;
    if (line.depth > depth) continue;
    if (line.textStart !== textStart) return;
    yield line;
  }
}
