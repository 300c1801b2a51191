import { counted } from "../../core/counted.ts";
import { relative } from "node:path";
import { formatSize } from "../../core/size.ts";
import type { PipelineReport } from "../../pipeline/report.ts";
import type { CliContext } from "../cli_context.ts";
import { colorsFor } from "./color.ts";
import { headline } from "./headline.ts";
import { cut, oneLine } from "./table.ts";
import { spanText } from "./time.ts";
import { tokenLines } from "./token_stats.ts";

const SHOWN = 8;

/** How a run ended, for a person: where the bundle is, what was found, what was hidden, what is missing. */
export function renderReport(report: PipelineReport, cli: CliContext): string {
  const colors = colorsFor(cli.stdout, cli.env);
  const lines: string[] = [];
  const line = (text: string) => lines.push(cut(text, cli.stdout.columns));

  if (report.archive !== undefined) {
    const path = relative(cli.cwd, report.archive.path);
    const shown = path.startsWith("..") ? report.archive.path : path;
    // Never cut: the path is what the reader takes away.
    const mark = report.status === "completed"
      ? colors.green("✓")
      : report.status === "quarantined"
      ? colors.red("✗ held back:")
      : colors.yellow("!");
    lines.push(`${mark} ${shown} (${formatSize(report.archive.bytes)}, ${spanText(report.durationMs)})`);
  }
  for (const path of report.archive?.companions ?? []) lines.push(`  signed: ${path}`);
  if (report.uploadUrl !== undefined) lines.push(`  delivered to ${report.uploadUrl}`);
  const hidden = Object.values(report.redactions).reduce((sum, n) => sum + n, 0);
  const { requests = 0, receivedBytes = 0 } = report.cost ?? {};
  const cost = requests === 0
    ? ""
    : `, ${counted(requests, "request")} to the API server (${formatSize(receivedBytes)})`;
  line(`  ${counted(report.collectorCount, "collector")}, ${counted(hidden, "value")} hidden${cost}`);

  if (report.tokens !== undefined) lines.push(...tokenLines(report.tokens));
  const redaction = report.stages.find(({ stage }) => stage === "redact")?.message;
  if (redaction !== undefined) line(`  ${oneLine(redaction)}`);

  const { fail, warn, pass, top } = report.findings;
  if (fail + warn + pass > 0) {
    line(`  ${counted(fail, "failure")}, ${counted(warn, "warning")}, ${pass} passed`);
    for (const { title, severity, message, nextStep } of top.slice(0, SHOWN)) {
      const mark = severity === "fail" ? colors.red("✗") : colors.yellow("!");
      lines.push(
        `    ${mark} ${cut(oneLine(headline(title, message)), cli.stdout.columns - 6)}`,
      );
      if (nextStep !== undefined) line(`        → ${oneLine(nextStep)}`);
    }
    if (top.length > SHOWN) line(`      and ${fail + warn - SHOWN} more, see analysis.json`);
  }
  if (report.shortfallCount > 0) {
    line(`  ${counted(report.shortfallCount, "thing")} missing, MANIFEST.json says why:`);
    for (const text of report.shortfalls.slice(0, SHOWN)) line(`    ${oneLine(text)}`);
    if (report.shortfallCount > SHOWN) line(`    and ${report.shortfallCount - SHOWN} more`);
  }
  return lines.join("\n") + "\n";
}
