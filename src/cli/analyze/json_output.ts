import type { Finding } from "../../analyze/analyzer.ts";
import { VERSION } from "../../core/version.ts";
import type { Analysis } from "./analysis.ts";
import { levelOf } from "./verdict.ts";

/** The analysis as `-o json` and `-o yaml` print it; docs/analyze.md describes it. */
export function toAnalysisDocument(
  { source, root, files, sha256, analyzers, silent, counts, findings, explanations }: Analysis,
) {
  return withoutUndefined({
    schemaVersion: 1,
    tool: { name: "support-bundle", version: VERSION },
    bundle: withoutUndefined({ source, root, files, sha256 }),
    summary: { analyzers, ...counts, silent: [...silent] },
    findings: findings.map(toEntry),
    explanations,
  });
}

function toEntry(finding: Finding) {
  const { title, kind, where, strict, outcome, uri, evidence, icon, involvedObject } = finding;
  const { cause, explanation, nextStep, affected, affectedCount } = finding;
  return withoutUndefined({
    status: outcome.status,
    severity: levelOf(finding),
    title,
    message: outcome.message,
    kind,
    where,
    strict,
    reason: outcome.status === "skipped" ? outcome.reason : undefined,
    uri,
    evidence,
    involvedObject,
    cause,
    explanation,
    nextStep,
    affected,
    affectedCount,
    icon,
  });
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}
