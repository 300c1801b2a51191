import { formatSize } from "../../core/size.ts";
import type { BundleDifference, BundleFacts } from "../../diff/compare_bundles.ts";
import type { Colors } from "../render/color.ts";
import { cut, oneLine, textWidth } from "../render/table.ts";
import { utcTime } from "../render/time.ts";
import { type Mark, reportNotes, reportSections, type Row, type Section } from "./report_sections.ts";

export interface TextOptions {
  colors: Colors;
  /** Of the terminal; `Infinity` cuts nothing. */
  columns: number;
  /** Files whose inline diff is shown, and how many lines of each. */
  diffFiles: number;
  diffLines: number;
}

/** Rows of a section, at most. */
const MAX_ROWS = 15;
const MAX_SUBJECT = 44;

const SIGNS: Record<Mark, string> = { bad: "✗", warn: "!", good: "✓", added: "+", removed: "-", changed: "~" };

/** What is not the same in two bundles, for a person. */
export function textReport(difference: BundleDifference, options: TextOptions): string {
  const { oldBundle, newBundle, generatedAt } = difference.metadata;
  const sections = difference.differs ? reportSections(difference) : [];
  const title = "Support Bundle Diff Report";
  const lines = [
    options.colors.bold(title),
    "=".repeat(title.length),
    `Generated: ${utcTime(new Date(generatedAt))}`,
    `Old Bundle: ${bundleText(oldBundle)}`,
    `New Bundle: ${bundleText(newBundle)}`,
    "",
    sections.length === 0
      ? difference.differs ? "Nothing but noise differs." : "No changes detected between bundles."
      : wrap(`Summary: ${sections.map(({ summary }) => summary).join(", ")}`, Math.min(options.columns, 80)),
    "",
    ...sections.flatMap((section) => [...sectionLines(section, options), ""]),
    ...reportNotes(difference).map((note) => options.colors.dim(cut(oneLine(note), options.columns))),
  ];
  return lines.join("\n") + "\n";
}

function bundleText({ path, size, startedAt, createdAt, numFiles }: BundleFacts): string {
  return `${oneLine(path)} (${formatSize(size)}, ${numFiles} files, ${utcTime(new Date(startedAt ?? createdAt))})`;
}

function sectionLines({ title, rows }: Section, options: TextOptions): string[] {
  const shown = rows.slice(0, MAX_ROWS);
  const width = Math.min(MAX_SUBJECT, Math.max(...shown.map(({ subject }) => textWidth(oneLine(subject)))));
  let diffs = 0;
  const lines = shown.flatMap((row) => {
    const diff = row.diff !== undefined && diffs++ < options.diffFiles ? row.diff : [];
    return [rowLine(row, width, options), ...diffLines(diff, options)];
  });
  if (rows.length > shown.length) lines.push(`    and ${rows.length - shown.length} more, see --format json`);
  return [options.colors.bold(title), ...lines];
}

function rowLine({ mark, subject, detail }: Row, width: number, { colors, columns }: TextOptions): string {
  const text = oneLine(subject);
  const line = `${text}${" ".repeat(Math.max(0, width - textWidth(text)))}  ${oneLine(detail)}`.trimEnd();
  const paint = mark === "bad" || mark === "removed"
    ? colors.red
    : mark === "warn" || mark === "changed"
    ? colors.yellow
    : colors.green;
  return `  ${paint(SIGNS[mark])} ${cut(line, columns - 4)}`;
}

function diffLines(diff: string[], { colors, columns, diffLines }: TextOptions): string[] {
  const body = diff.slice(2); // the row says which file it is
  const lines = body.slice(0, diffLines).map((line) => {
    const text = cut(oneLine(line), columns - 6);
    const paint = line.startsWith("+") ? colors.green : line.startsWith("-") ? colors.red : colors.dim;
    return `      ${paint(text)}`;
  });
  if (body.length > diffLines) lines.push(colors.dim(`      ... (${body.length - diffLines} more lines)`));
  return lines;
}

function wrap(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > width) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}
