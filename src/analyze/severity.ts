import type { Outcome } from "./analyzer.ts";

/** How existing readers call a verdict. */
export type Severity = "error" | "warn" | "debug";

/** What existing readers are told of an outcome. They know no other states than pass, warn and fail: what could not be
 * evaluated is a warning (an error where the analyzer is strict), what no outcome matched has no severity. */
export function severityOf(outcome: Outcome, strict: boolean): { severity: Severity | ""; detail: string } {
  const { status, message } = outcome;
  switch (status) {
    case "fail":
      return { severity: "error", detail: message };
    case "warn":
      return { severity: "warn", detail: message };
    case "pass":
      return { severity: "debug", detail: message };
    case "error":
      return { severity: strict ? "error" : "warn", detail: `could not be evaluated: ${message}` };
    case "skipped":
      return { severity: outcome.reason !== "file-missing" ? "" : strict ? "error" : "warn", detail: message };
  }
}
