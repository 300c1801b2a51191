import type { Manifest } from "../bundle/manifest.ts";
import type { RedactionReport } from "../bundle/redaction_report.ts";
import { cut } from "./fields.ts";
import { Bounded } from "./tally.ts";

export interface RedactionData {
  /** `unknown`: the bundle does not say whether anything was hidden. */
  state: "on" | "off" | "unknown";
  count: number;
  files: number;
  /** Most first. */
  rules: Bounded<{ rule: string; builtIn: boolean; count: number; files: number }>;
  /** Files that could not be redacted. */
  leftOut: number;
  /** Tokens stand where values were. */
  tokens: boolean;
  /** What redaction says of itself: that values of Secrets could not be read. */
  note?: string;
}

const MAX_RULES = 50;

export function readRedaction(
  manifest: Manifest | undefined,
  report: RedactionReport | undefined,
): RedactionData {
  const stage = manifest?.stages.findLast(({ stage }) => stage === "redact");
  const rules: RedactionData["rules"] = new Bounded(MAX_RULES);
  const all = rulesOf(report);
  for (const { rule, builtIn, count, files } of all) {
    rules.add({ rule: cut(rule, 200), builtIn, count, files });
  }
  return {
    state: report !== undefined ? "on" : stage === undefined ? "unknown" : stage.status === "skipped" ? "off" : "on",
    count: all.reduce((sum, { count }) => sum + count, 0),
    files: report?.files.length ?? 0,
    rules,
    leftOut: report?.leftOut.length ?? 0,
    tokens: manifest?.tokens !== undefined,
    note: typeof stage?.message === "string" ? cut(stage.message, 500) : undefined,
  };
}

/** From its files: that is what makes a report one of ours. */
function rulesOf(report: RedactionReport | undefined): RedactionReport["rules"] {
  const rules = new Map<string, RedactionReport["rules"][number]>();
  for (const { redactions } of report?.files ?? []) {
    for (const { rule, builtIn, count, bytesHidden } of redactions) {
      const key = `${builtIn} ${rule}`;
      const total = rules.get(key) ?? { rule, builtIn, count: 0, bytesHidden: 0, files: 0 };
      rules.set(key, {
        ...total,
        count: total.count + count,
        bytesHidden: total.bytesHidden + bytesHidden,
        files: total.files + 1,
      });
    }
  }
  return [...rules.values()].sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}
