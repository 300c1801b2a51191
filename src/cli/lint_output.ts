import { VERSION } from "../core/version.ts";
import type { Finding, Level, Repair } from "../lint/finding.ts";
import type { LintResult } from "../lint/lint_source.ts";
import { type Code, RULES } from "../lint/rules.ts";
import type { Colors } from "./render/color.ts";
import { oneLine } from "./render/table.ts";

export interface LintedFile extends LintResult {
  /** What `--fix` repaired; absent without it. */
  fixed?: readonly Repair[];
}

const SIGNS: Record<Level, [sign: string, word: string, color: "red" | "yellow" | "dim"]> = {
  error: ["✗", "Error", "red"],
  warning: ["⚠", "Warning", "yellow"],
  info: ["ℹ", "Info", "dim"],
};

/** For people. */
export function toText(files: readonly LintedFile[], colors: Colors): string {
  const parts = files.map((file) => {
    const fixed = (file.fixed ?? []).map((repair) => shownRepair(repair, colors));
    if (file.findings.length === 0) return `${colors.green("✓")} ${file.name}: No issues found\n${fixed.join("")}`;
    const note = file.rendered ? " (lines of the rendered template)" : "";
    return `${colors.bold(file.name)}${note}\n` + fixed.join("") + file.findings.map((finding) => {
      const [sign, word, color] = SIGNS[finding.level];
      const lines = [
        `  ${colors[color](sign)} ${word} (line ${finding.line}): ${oneLine(finding.message)} [${finding.code}]`,
      ];
      if (finding.field !== "") lines.push(`    Field: ${oneLine(finding.field)}`);
      if (finding.suggestion !== undefined) lines.push(`    Hint: ${oneLine(finding.suggestion)}`);
      return lines.join("\n") + "\n";
    }).join("");
  });
  const count = (level: Level) =>
    files.flatMap(({ findings }) => findings).filter((each) => each.level === level).length;
  const fixed = files.some((file) => file.fixed !== undefined)
    ? `Fixed: ${files.flatMap((file) => file.fixed ?? []).length} issue(s)\n`
    : "";
  return `${parts.join("\n")}\n${fixed}Summary: ${count("error")} error(s), ${count("warning")} warning(s) across ` +
    `${files.length} file(s)\n`;
}

/** What was wrong, and below it what went out and came in, as in a diff. */
function shownRepair({ line, message, code, change }: Repair, colors: Colors): string {
  const lines = (sign: string, text: string) =>
    text.split("\n").filter((each) => each.trim() !== "").map((each) => `    ${sign} ${oneLine(each.trimEnd())}\n`);
  return [
    `  ${colors.green("✓")} Fixed (line ${line}): ${oneLine(message)} [${code}]\n`,
    ...(change === undefined ? [] : lines("-", change.removed).map(colors.red)),
    ...(change === undefined ? [] : lines("+", change.added).map(colors.green)),
  ].join("");
}

/** For programs. `errors` and `warnings` are what scripts written for Troubleshoot expect; the rest is ours. */
export function toJson(files: readonly LintedFile[]): string {
  const results = files.map(({ name, rendered, findings, fixed }) => {
    const of = (level: Level) => findings.filter((finding) => finding.level === level).map(shown);
    return {
      filePath: name,
      errors: of("error"),
      warnings: of("warning"),
      infos: of("info"),
      ...(rendered ? { rendered } : {}),
      ...(fixed === undefined ? {} : { fixed: fixed.map((repair) => ({ ...shown(repair), change: repair.change })) }),
    };
  });
  return JSON.stringify({ results }, null, 2) + "\n";
}

function shown({ line, column, message, field, code, level, suggestion, edits }: Finding) {
  return { line, column, message, field, code, level, suggestion, fixable: edits !== undefined };
}

/** For code scanning services.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function toSarif(files: readonly LintedFile[]): string {
  const codes = [...new Set(files.flatMap(({ findings }) => findings.map(({ code }) => code)))].sort();
  const levels: Record<Level, string> = { error: "error", warning: "warning", info: "note" };
  const rules = codes.map((code: Code) => ({
    id: code,
    shortDescription: { text: RULES[code].title },
    defaultConfiguration: { level: levels[RULES[code].level] },
  }));
  const results = files.flatMap(({ name, findings }) =>
    findings.map(({ code, level, message, suggestion, line, column }) => ({
      ruleId: code,
      ruleIndex: codes.indexOf(code),
      level: levels[level],
      message: { text: suggestion === undefined ? message : `${message}. ${suggestion}` },
      locations: [{
        physicalLocation: {
          artifactLocation: { uri: encodeURI(name.replaceAll("\\", "/")) },
          region: { startLine: line, startColumn: column },
        },
      }],
    }))
  );
  const driver = { name: "support-bundle lint", version: VERSION, rules };
  const run = { tool: { driver }, results, columnKind: "utf16CodeUnits" };
  return JSON.stringify(
    { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] },
    null,
    2,
  ) +
    "\n";
}
