import { structuredPatch, type StructuredPatchHunk } from "diff";
import { type Equivalence, equivalence } from "./equivalence.ts";
import { isText } from "./inventory.ts";
import type { SameText } from "./masks.ts";
import type { FileHead } from "./read_details.ts";

/** Beyond that many changed lines, the rest of a file is not looked at for what stayed the same. */
const MAX_EDITS = 1000;
/** A longer line is cut: it is shown, and it cannot fill the report. */
const MAX_LINE = 2000;

export interface InlineDiff {
  /** Lines of a unified diff, its two headers included. */
  lines: string[];
  /** Set when the files say the same, but for this. */
  sameBut?: Equivalence;
}

export interface InlineOptions {
  /** Lines around a change. */
  context: number;
  /** Of the diff, beyond which it is cut. */
  maxLines: number;
}

/** @returns undefined when one of them is no text */
export function inlineDiff(
  path: string,
  before: FileHead,
  after: FileHead,
  same: SameText,
  { context, maxLines }: InlineOptions,
): InlineDiff | undefined {
  if (!isText(before.bytes) || !isText(after.bytes)) return undefined;
  const whole = !before.cut && !after.cut;
  const [old, current] = [textOf(before), textOf(after)];
  const sameBut = whole && path.endsWith(".json") ? equivalence(path, old, current, same) : undefined;
  if (sameBut !== undefined) return { lines: [], sameBut };
  const header = [`--- old:${path}`, `+++ new:${path}`];
  const options = { context, maxEditLength: MAX_EDITS, comparator: same };
  const hunks = structuredPatch("", "", old, current, undefined, undefined, options)?.hunks ?? [replaced(old, current)];
  if (hunks.length === 0 && whole) return { lines: [], sameBut: "redaction" };
  const lines = [...header];
  for (const hunk of hunks) {
    lines.push(`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`);
    for (const line of hunk.lines) lines.push(line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}… (line cut)` : line);
    if (lines.length > maxLines) break;
  }
  if (lines.length > maxLines) lines.splice(maxLines, Infinity, "... (diff truncated)");
  if (!whole) lines.push("... (content truncated due to size)");
  return { lines };
}

/** Two texts that have too little in common for it to be looked for. */
function replaced(before: string, after: string): StructuredPatchHunk {
  const lines = (text: string) => text.replace(/\n$/, "").split("\n");
  const old = lines(before), current = lines(after);
  return {
    oldStart: 1,
    oldLines: old.length,
    newStart: 1,
    newLines: current.length,
    lines: [...old.map((line) => `-${line}`), ...current.map((line) => `+${line}`)],
  };
}

function textOf({ bytes, cut }: FileHead): string {
  const text = new TextDecoder().decode(bytes);
  // The last line is cut somewhere: what is left of it would be a change.
  return cut && text.includes("\n") ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
}

function range(start: number, lines: number): string {
  return lines === 1 ? `${start}` : `${start},${lines}`;
}
