import { categoryOf, type Impact, impactOf, isOfRun, type Remediation, remediationOf } from "./bundle_files.ts";
import type { Equivalence } from "./equivalence.ts";
import type { FileFacts, Inventory } from "./inventory.ts";

/** What is known elsewhere about a file that changed, or why it says nothing: objects, findings and events are compared by
 * what they are; the run writes files about itself; logs go on; it is the same but for an {@linkcode Equivalence}. */
export type Explained = "objects" | "events" | "findings" | "run" | "logs" | Equivalence;

export interface FileChange {
  type: "added" | "modified" | "removed";
  category: string;
  /** With a leading `/`. */
  path: string;
  impact: Impact;
  /** `size` in bytes, of the new file where there is one; `diff` is a unified diff. */
  details: { size: number; diff?: string };
  remediation?: Remediation;
  /** Absent for what stands for itself. */
  explained?: Explained;
}

/** Files of two bundles that are not the same, byte for byte: by type, then by path. */
export function fileChanges(old: Inventory, current: Inventory, includeLogs: boolean): FileChange[] {
  const changes: FileChange[] = [];
  const told = (path: string, type: FileChange["type"], file: FileFacts, other?: FileFacts) => {
    const remediation = remediationOf(path);
    const explained = explanation(path, type, file, other, includeLogs);
    changes.push({
      type,
      category: categoryOf(path),
      path: `/${path}`,
      impact: impactOf(path, type),
      details: { size: file.size },
      ...(remediation === undefined ? {} : { remediation }),
      ...(explained === undefined ? {} : { explained }),
    });
  };
  for (const [path, file] of current.files) {
    const before = old.files.get(path);
    if (before === undefined) told(path, "added", file);
    else if (before.sha256 !== file.sha256) told(path, "modified", file, before);
  }
  for (const [path, file] of old.files) if (!current.files.has(path)) told(path, "removed", file);
  return changes.sort((a, b) => compareText(a.type, b.type) || compareText(a.path, b.path));
}

function explanation(
  path: string,
  type: FileChange["type"],
  file: FileFacts,
  other: FileFacts | undefined,
  includeLogs: boolean,
): Explained | undefined {
  if (path === "analysis.json") return "findings";
  if (isOfRun(path, type)) return "run";
  if (categoryOf(path) === "logs" && !includeLogs) return "logs";
  const lists = other === undefined ? [file.list] : [file.list, other.list];
  if (lists.some((list) => list === undefined)) return undefined;
  return lists.some((list) => list!.events) ? "events" : "objects";
}

export interface FileSummary {
  totalChanges: number;
  filesAdded: number;
  filesRemoved: number;
  filesModified: number;
  highImpactChanges: number;
}

export function summarizeFiles(changes: readonly FileChange[]): FileSummary {
  const count = (matches: (change: FileChange) => boolean) => changes.filter(matches).length;
  return {
    totalChanges: changes.length,
    filesAdded: count(({ type }) => type === "added"),
    filesRemoved: count(({ type }) => type === "removed"),
    filesModified: count(({ type }) => type === "modified"),
    highImpactChanges: count(({ impact }) => impact === "high"),
  };
}

/** The highest impact of all. */
export function significanceOf(changes: readonly FileChange[]): Impact | "none" {
  return (["high", "medium", "low"] as const).find((level) => changes.some(({ impact }) => impact === level)) ?? "none";
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
