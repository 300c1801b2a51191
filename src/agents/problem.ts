import type { Finding } from "../analyze/analyzer.ts";

/** A finding that wants an explanation. */
export interface Problem {
  /** Place of the finding in the list that was given. */
  index: number;
  kind: string;
  where: "cluster" | "host";
  status: "fail" | "warn" | "error" | "file-missing" | "no-outcome-matched";
  title: string;
  message: string;
  object?: { kind: string; namespace?: string; name: string };
  /** What its analyzer itself says that it means, and what to do. Stays on this machine. */
  known?: { explanation?: string; nextStep?: string };
}

const URGENCY: readonly Problem["status"][] = ["fail", "error", "warn", "file-missing", "no-outcome-matched"];

/** What there is to explain, in the order of the findings: nothing of what passed, or was left out on purpose. */
export function problemsOf(findings: readonly Finding[]): Problem[] {
  return findings.flatMap(({ kind, where, title, outcome, involvedObject, explanation, nextStep }, index) => {
    const status = outcome.status === "skipped" ? outcome.reason : outcome.status;
    if (status === "pass" || status === "excluded") return [];
    const object = involvedObject &&
      { kind: involvedObject.kind, namespace: involvedObject.namespace, name: involvedObject.name };
    const known = explanation || nextStep ? { explanation, nextStep } : undefined;
    return [{ index, kind, where, status, title, message: outcome.message, object, known }];
  });
}

/** The same, the most urgent first. */
export function byUrgency(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => URGENCY.indexOf(a.status) - URGENCY.indexOf(b.status));
}
