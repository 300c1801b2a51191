import { strictEqual } from "node:assert/strict";
import type { CliContext } from "../../../src/cli/cli_context.ts";
import { renderReport } from "../../../src/cli/render/report.ts";
import type { PipelineReport } from "../../../src/pipeline/report.ts";

const cli = (columns: number) =>
  ({ cwd: "/", env: { NO_COLOR: "1" }, stdout: { columns, isTerminal: true } }) as unknown as CliContext;

const report = (top: PipelineReport["findings"]["top"]): PipelineReport => ({
  status: "completed",
  exitCode: 0,
  stages: [],
  collectorCount: 2,
  analyzerCount: 2,
  findings: { fail: top.length, warn: 0, pass: 1, top },
  analysis: [],
  redactions: {},
  shortfalls: [],
  shortfallCount: 0,
  durationMs: 1000,
  peakMemoryMB: 1,
});

const behaviour: [name: string, finding: PipelineReport["findings"]["top"][0], columns: number, lines: string[]][] = [
  ["has a line for a finding", { title: "T", severity: "fail", message: "M" }, 80, ["    ✗ T: M"]],
  ["has the next step below it", { title: "T", severity: "warn", message: "M", nextStep: "kubectl x" }, 80, [
    "    ! T: M",
    "        → kubectl x",
  ]],
  [
    "keeps both within the terminal, whatever lines they have",
    {
      title: "T",
      severity: "fail",
      message: "a\nb\n" + "c".repeat(80),
      nextStep: "x".repeat(80),
    },
    30,
    ["    ✗ T: a b cccccccccccccccc…", `        → ${"x".repeat(19)}…`],
  ],
];
for (const [name, finding, columns, lines] of behaviour) {
  Deno.test(`renderReport() ${name}`, () => {
    const rendered = renderReport(report([finding]), cli(columns)).trimEnd().split("\n");
    strictEqual(rendered.slice(2).join("\n"), lines.join("\n"));
  });
}
