import { stringify } from "yaml";
import type { CollectorRecord, StageOutcome } from "../bundle/manifest.ts";
import { VERSION } from "../core/version.ts";
import type { Finding } from "../analyze/analyzer.ts";

/** Paths of the files that the pipeline itself adds. Existing readers look for them there. */
export const BUNDLE_PATHS = {
  version: "version.yaml",
  manifest: "MANIFEST.json",
  report: "report.html",
  analysis: "analysis.json",
  summary: "execution-data/summary.txt",
  cost: "execution-data/cost.json",
  redaction: "execution-data/redaction.json",
  skippedCollectors: "skipped-collectors.json",
  metadata: "metadata/user.json",
} as const;

/** Readers find the bundle's root by this file. */
export function versionYaml(): string {
  return stringify({
    apiVersion: "troubleshoot.sh/v1beta2",
    kind: "SupportBundle",
    spec: { versionNumber: VERSION },
  });
}

/** `execution-data/summary.txt`: what took how long, slowest first, in the form that existing readers know. */
export function summaryText(
  collectors: CollectorRecord[],
  stages: StageOutcome[],
  findings: (Finding & { durationMs?: number })[],
  totalMs: number,
): string {
  const mark = { ok: "S", partial: "S", skipped: "X", failed: "F" } as const;
  const rows = collectors.map(({ title, status, durationMs }) => ({ name: `${title} (${mark[status]})`, durationMs }));
  const redact = stages.find(({ stage }) => stage === "redact");
  const redactors = redact === undefined || redact.status === "skipped"
    ? []
    : [{ name: "Redaction", durationMs: redact.durationMs }];
  const analyzers = findings.map(({ title, outcome, durationMs }) => ({
    name: `${title} (${outcome.status === "error" ? "F" : outcome.status === "skipped" ? "X" : "S"})`,
    durationMs: durationMs ?? 0,
  }));
  const legend = "S: succeeded, X: excluded, F: failed";
  return [
    block("Collectors summary", legend, rows, "No collectors executed"),
    block("Redactors summary", "", redactors, "No redactors executed"),
    block("Analyzers summary", legend, analyzers, "No analyzers executed"),
    `Total duration: ${thousands(totalMs)}ms`,
    "",
  ].join("\n");
}

function block(title: string, legend: string, rows: { name: string; durationMs: number }[], none: string): string {
  const head = `============ ${title} ============`;
  if (rows.length === 0) return `${head}\n${none}\n`;
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = [...rows].sort((a, b) => b.durationMs - a.durationMs)
    .map(({ name, durationMs }) => `${name.padEnd(width)} : ${thousands(durationMs)}ms`);
  return [head, ...(legend ? [legend] : []), ...lines, ""].join("\n");
}

function thousands(ms: number): string {
  return String(Math.round(ms)).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
