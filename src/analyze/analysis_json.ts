import type { Finding } from "./analyzer.ts";
import { type Severity, severityOf } from "./severity.ts";

/** One entry of `analysis.json`. Keys are in the order in which they are written. */
interface AnalysisEntry {
  name?: string;
  labels: { desiredPosition: "1"; iconKey: string; iconUri: string };
  insight: {
    name?: string;
    labels: { iconKey: string; iconUri: string };
    primary: string;
    detail: string;
    severity?: Severity;
  };
  severity: Severity | "";
  analyzerSpec: "";
  error?: string;
  involvedObject?: { kind?: string; namespace?: string; name?: string; apiVersion?: string };
  explanation?: string;
  nextStep?: string;
  affected?: Finding["affected"];
  affectedCount?: number;
  evidence?: Finding["evidence"];
}

/** Findings as `analysis.json` and existing readers know them. What the spec excludes is left out; what could not be
 * evaluated is a warning (an error where the analyzer is strict), and what no outcome matched has no severity. */
export function toAnalysisJson(findings: readonly Finding[]): unknown[] {
  return findings
    .filter(({ outcome }) => !(outcome.status === "skipped" && outcome.reason === "excluded"))
    .map(toEntry);
}

function toEntry({ title, icon, strict, outcome, involvedObject, ...finding }: Finding): AnalysisEntry {
  const name = title.toLowerCase().replace(/[^a-zA-Z0-9]+/g, ".");
  const named = name === "" ? {} : { name };
  const icons = { iconKey: icon?.key ?? "", iconUri: icon?.uri ?? "" };
  const { severity, detail } = severityOf(outcome, strict);
  return {
    ...named,
    labels: { desiredPosition: "1", ...icons },
    insight: { ...named, labels: icons, primary: title, detail, ...(severity === "" ? {} : { severity }) },
    severity,
    analyzerSpec: "",
    ...(severity === "error" ? { error: detail } : {}),
    ...(involvedObject === undefined ? {} : { involvedObject: withoutEmpty(involvedObject) }),
    ...whereKnown(finding),
  };
}

/** What only some findings have; existing readers pass over it. */
function whereKnown({ explanation, nextStep, affected, affectedCount, evidence }: Partial<Finding>) {
  const known = Object.entries({ explanation, nextStep, affected, affectedCount, evidence });
  return Object.fromEntries(known.filter(([, value]) => Array.isArray(value) ? value.length > 0 : value));
}

function withoutEmpty({ kind, namespace, name, apiVersion }: NonNullable<Finding["involvedObject"]>) {
  return Object.fromEntries(Object.entries({ kind, namespace, name, apiVersion }).filter(([, value]) => value));
}
