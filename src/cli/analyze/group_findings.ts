import type { Finding } from "../../analyze/analyzer.ts";
import { detailOf } from "./verdict.ts";

/** Findings that are one for the reader: of the same cause, or with the same words. */
export interface FindingGroup {
  /** The first one. */
  finding: Finding;
  /** How many there are. */
  count: number;
  /** Of all of them, each once. */
  evidence: { path: string; line?: number }[];
  affected: NonNullable<Finding["affected"]>;
  affectedCount: number;
}

/** In the order of the first one of each group. */
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup & { seen: Set<string> }>();
  for (const finding of findings) {
    const { cause, title, outcome, evidence = [], affected = [] } = finding;
    const key = JSON.stringify(cause === undefined ? [outcome.status, title, detailOf(finding)] : [cause]);
    let group = groups.get(key);
    if (group === undefined) {
      groups.set(key, group = { finding, count: 0, evidence: [], affected: [], affectedCount: 0, seen: new Set() });
    }
    group.count++;
    for (const place of evidence) {
      const name = `${place.path}:${place.line}`;
      if (!group.seen.has(name)) group.seen.add(name), group.evidence.push(place);
    }
    group.affected.push(...affected);
    group.affectedCount += finding.affectedCount ?? affected.length;
  }
  return [...groups.values()];
}
