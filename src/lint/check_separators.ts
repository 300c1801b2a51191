import type { LineCounter } from "yaml";
import type { Edit } from "./finding.ts";
import type { LintedText } from "./lint_text.ts";
import { ruleOf } from "./rules.ts";

/** Finds ends of documents at which readers that look for newline, `---`, newline do not split: what follows them is
 * dropped there. */
export function checkSeparators(text: string, lines: LineCounter, { findings, documents }: LintedText): void {
  const separators = [...text.matchAll(/^---([ \t]+(?:#[^\r\n]*)?)?\r?$/gm)].filter(({ index }) => index > 0);
  const report = (code: "SB112" | "SB113", offset: number, message: string, edits: Edit[] | undefined) => {
    const { line, col } = lines.linePos(offset);
    findings.push({
      code,
      level: ruleOf(code).level,
      line,
      column: col,
      message,
      field: "---",
      suggestion: code === "SB112" ? "Leave nothing behind ---" : "Write line ends as LF",
      ...(edits === undefined ? {} : { edits }),
    });
  };
  for (const { index, 1: behind } of separators) {
    if (behind === undefined) continue;
    const start = index + 3;
    // A comment is worth keeping: it moves to a line of its own.
    const comment = behind.trim();
    const eol = text.includes("\r\n") ? "\r\n" : "\n";
    report("SB112", index, "Something stands behind ---: some readers drop the document that follows", [
      { start, end: start + behind.length, text: comment === "" ? "" : eol + comment },
    ]);
  }
  const crlf = separators.find(({ index, 0: line }) => line.endsWith("\r") || text[index - 2] === "\r");
  if (crlf !== undefined && documents.length > 0) {
    const edits = [...text.matchAll(/\r\n/g)].map(({ index }) => ({ start: index, end: index + 1, text: "" }));
    report("SB113", crlf.index, "Line ends are CRLF: some readers drop all documents but the first", edits);
  }
}
