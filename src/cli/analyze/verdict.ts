import type { Finding } from "../../analyze/analyzer.ts";
import { severityOf } from "../../analyze/severity.ts";
import { EXIT, type ExitCode } from "../../core/exit_codes.ts";

/** How a finding counts. What could not be evaluated is a warning, or a failure where the analyzer is strict. */
export type Level = "fail" | "warn" | "pass" | "none";

const LEVELS = { error: "fail", warn: "warn", debug: "pass", "": "none" } as const;

export function levelOf({ outcome, strict }: Finding): Level {
  return LEVELS[severityOf(outcome, strict).severity];
}

/** What is said of a finding: its message, or that it could not be evaluated and why. */
export function detailOf({ outcome, strict }: Finding): string {
  return severityOf(outcome, strict).detail;
}

/** True when the analyzer gave no verdict, for want of an input or because it broke. */
export function isUnevaluated({ outcome }: Finding): boolean {
  return outcome.status === "error" || (outcome.status === "skipped" && outcome.reason === "file-missing");
}

export interface Counts {
  fail: number;
  warn: number;
  pass: number;
  /** No outcome of the spec matched, or the spec leaves it out. */
  none: number;
  /** Of the failures and warnings, those that could not be evaluated. */
  unevaluated: number;
}

export function countFindings(findings: readonly Finding[]): Counts {
  const counts = { fail: 0, warn: 0, pass: 0, none: 0, unevaluated: 0 };
  for (const finding of findings) {
    counts[levelOf(finding)]++;
    if (isUnevaluated(finding)) counts.unevaluated++;
  }
  return counts;
}

export function exitCodeFor({ fail, warn }: Counts): ExitCode {
  return fail > 0 ? EXIT.findingsFail : warn > 0 ? EXIT.findingsWarn : EXIT.ok;
}

/** Those that count at least so much. */
export function atLeast(findings: readonly Finding[], level: "fail" | "warn" | undefined): readonly Finding[] {
  if (level === undefined) return findings;
  const wanted: readonly Level[] = level === "fail" ? ["fail"] : ["fail", "warn"];
  return findings.filter((finding) => wanted.includes(levelOf(finding)));
}
