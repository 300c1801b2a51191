import type { Finding, Outcome } from "../../src/analyze/analyzer.ts";

export function finding(
  title: string,
  message: string,
  status: "pass" | "warn" | "fail" | "error" | "file-missing" | "excluded" = "fail",
  rest: Partial<Finding> = {},
): Finding {
  const outcome: Outcome = status === "file-missing" || status === "excluded"
    ? { status: "skipped", reason: status, message }
    : { status, message };
  return { title, kind: "deploymentStatus", where: "cluster", strict: false, outcome, ...rest };
}
