import { stripVTControlCharacters } from "node:util";

/** A table for terminals: columns two spaces apart, no lines. (A library of boxes takes half a second for 1,000 rows.) */
export interface Column {
  title: string;
  align?: "left" | "right";
  /** How narrow it may become when the table is wider than the terminal. Without one it keeps its width. */
  min?: number;
  /** Left out when the table is too wide even with all columns at their minima; the lowest number goes first. */
  dropRank?: number;
}

export interface Cell {
  text: string;
  /** Paints the text, after it was cut and padded. */
  paint?: (text: string) => string;
}

const GAP = "  ";

/** @param rows a cell per column; control characters in them are made visible, so that a value cannot steer the terminal
 * @param width columns of the terminal, `Infinity` cuts nothing
 * @returns lines, each ended by `\n`; those wider than `width` only when the columns' minima do not fit */
export function renderTable(columns: Column[], rows: (string | Cell)[][], width: number): string {
  const cells = rows.map((row) => row.map((cell) => ({ ...asCell(cell), text: oneLine(asCell(cell).text) })));
  const widths = columns.map((column, i) =>
    cells.reduce((most, row) => Math.max(most, textWidth(row[i]?.text ?? "")), textWidth(column.title))
  );
  const kept = fit(columns, widths, width);
  const line = (row: Cell[]) =>
    kept.map((i) => {
      const cell = row[i] ?? { text: "" };
      const text = pad(cut(cell.text, widths[i]!), widths[i]!, columns[i]!.align ?? "left");
      return cell.paint === undefined ? text : cell.paint(text);
    }).join(GAP).trimEnd() + "\n";
  return line(columns.map((column) => ({ text: column.title }))) + cells.map(line).join("");
}

/** `label:   value` lines; the values start in one column. Lines of a value beyond its first are indented to it. */
export function renderFields(fields: [label: string, value: string | string[]][]): string {
  const indent = Math.max(0, ...fields.map(([label]) => textWidth(label))) + 3;
  return fields.map(([label, value]) => {
    const lines = Array.isArray(value) ? value : [value];
    return lines.map((text, i) => (pad(i === 0 ? `${label}:` : "", indent, "left") + text).trimEnd() + "\n").join("");
  }).join("");
}

/** Cuts a text to a number of terminal columns; what is cut ends in `…`. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const char of text) {
    used += charWidth(char);
    if (used > width - 1) break;
    kept += char;
  }
  return kept + "…";
}

/** How many columns a terminal gives the text: two for East Asian wide characters and emoji, none for combining marks. */
export function textWidth(text: string): number {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

function charWidth(char: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(char)) return 0;
  return /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$|^\p{Emoji_Presentation}$|^[\u{20000}-\u{3fffd}]$/u
      .test(char)
    ? 2
    : 1;
}

/** Makes the columns fit: takes room from those that can spare it, the widest first, and leaves some out if it must.
 * @param widths what the columns need; changed to what they get
 * @returns indexes of the columns that are kept */
function fit(columns: Column[], widths: number[], width: number): number[] {
  const needs = (i: number) => Math.min(widths[i]!, columns[i]!.min ?? widths[i]!);
  let kept = columns.map((_, i) => i);
  const total = (of: (i: number) => number) =>
    kept.reduce((sum, i) => sum + of(i), 0) + GAP.length * Math.max(0, kept.length - 1);
  const droppable = kept.filter((i) => columns[i]!.dropRank !== undefined)
    .sort((a, b) => columns[a]!.dropRank! - columns[b]!.dropRank!);
  for (const i of droppable) {
    if (total(needs) <= width) break;
    kept = kept.filter((k) => k !== i);
  }
  for (let excess = total((i) => widths[i]!) - width; excess > 0; excess--) {
    const spare = kept.filter((i) => widths[i]! > needs(i));
    if (spare.length === 0) break;
    widths[spare.reduce((most, i) => widths[i]! > widths[most]! ? i : most)]!--;
  }
  return kept;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const fill = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + fill : fill + text;
}

function asCell(cell: string | Cell): Cell {
  return typeof cell === "string" ? { text: cell } : cell;
}

/** A value on one line, unable to steer the terminal. */
export function oneLine(text: string): string {
  text = stripVTControlCharacters(text);
  // deno-lint-ignore no-control-regex
  return text.replace(/\s*\n\s*/g, " ").replace(/[\x00-\x1f\x7f-\x9f]/g, "�");
}
