import type { Decrypt } from "../bundle/read_bundle.ts";
import { compareEvents, type EventChanges } from "./events.ts";
import { type FileChange, fileChanges, type FileSummary, significanceOf, summarizeFiles } from "./file_changes.ts";
import { differingFindings, type FindingDifference } from "./findings.ts";
import { inlineDiff } from "./inline_diff.ts";
import { type Inventory, readInventory } from "./inventory.ts";
import { sameText } from "./masks.ts";
import { changeOf, needsFields, type ObjectChanges, pairObjects } from "./object_changes.ts";
import { type FileHead, readDetails } from "./read_details.ts";

export interface CompareOptions {
  /** Files that get an inline diff, at most. */
  maxDiffFiles: number;
  /** Lines of an inline diff, at most. */
  maxDiffLines: number;
  /** Lines around each change of an inline diff. */
  diffContext: number;
  /** Compares logs line by line, too. */
  includeLogDiffs: boolean;
  /** Which files get an inline diff: those that nothing else explains, or all. */
  inlineDiffs: "unexplained" | "all";
  /** Fields that are listed of an object, at most. */
  maxFields: number;
}

export const DEFAULT_COMPARE_OPTIONS: CompareOptions = {
  maxDiffFiles: 50,
  maxDiffLines: 200,
  diffContext: 3,
  includeLogDiffs: false,
  inlineDiffs: "all",
  maxFields: 40,
};

/** Files that nothing explains are looked into for what differs, as far as these. */
const MAX_LOOKED_INTO = 200;

/** What is not the same in two bundles. Public as `diff --format json`: the first four parts as Troubleshoot has them. */
export interface BundleDifference {
  /** Of files, byte for byte. */
  summary: FileSummary;
  changes: FileChange[];
  metadata: { oldBundle: BundleFacts; newBundle: BundleFacts; generatedAt: string; version: "v1" };
  /** The highest impact of a file that changed. */
  significance: "high" | "medium" | "low" | "none";
  /** Whether anything differs that matters: noise aside. */
  differs: boolean;
  objects: ObjectChanges;
  findings: FindingDifference;
  events: EventChanges & {
    /** False when one of the bundles has no events. */
    compared: boolean;
  };
}

export interface BundleFacts {
  path: string;
  /** Bytes. */
  size: number;
  /** When the archive was last written. */
  createdAt: string;
  numFiles: number;
  /** As its `MANIFEST.json` says. */
  startedAt?: string;
  execution?: string;
  /** Members that must not be read, such as links that lead out of the bundle. */
  refused?: number;
}

/** Compares two bundles, each an archive or the folder it was unpacked into. Each is read twice at most, and never held in
 * memory or written to a disk.
 * @throws {ArchiveError} with the path of the one that cannot be read
 * @throws {SupportBundleError} BUNDLE_NOT_FOUND */
export async function compareBundles(
  oldPath: string,
  newPath: string,
  now: Date,
  options: CompareOptions = DEFAULT_COMPARE_OPTIONS,
  signal?: AbortSignal,
  decrypt?: Decrypt,
): Promise<BundleDifference> {
  const old = await readInventory(oldPath, signal, decrypt);
  const current = await readInventory(newPath, signal, decrypt);
  const { job } = current.manifest;
  const same = sameText(job !== undefined && job === old.manifest.job);
  const { changes: objects, pairs } = pairObjects(old, current);
  const files = fileChanges(old, current, options.includeLogDiffs);
  const looks = filesToLookInto(files, old, current, options);
  const lookInto = (path: string, before: FileHead, after: FileHead) => {
    const { change, show } = looks.get(path)!;
    const { diffContext: context, maxDiffLines: maxLines } = options;
    const diff = inlineDiff(path, before, after, same, { context, maxLines });
    if (diff?.sameBut !== undefined) change.explained ??= diff.sameBut;
    if (show && diff !== undefined && diff.lines.length > 0) change.details.diff = diff.lines.join("\n") + "\n";
  };
  const wanted = { objects: pairs.filter(needsFields), files: new Set(looks.keys()) };
  const fields = await readDetails({ old: oldPath, current: newPath }, wanted, same, lookInto, { signal, decrypt });
  for (const pair of pairs) {
    const change = changeOf(pair, fields.get(pair.key), options.maxFields);
    if (change === undefined) objects.unchanged++;
    else objects.changed.push(change);
  }
  const findings = differingFindings(old.analysis, current.analysis);
  const compared = old.warnings !== undefined && current.warnings !== undefined;
  const events = { compared, ...compareEvents(old.warnings, current.warnings) };
  return {
    summary: summarizeFiles(files),
    changes: files,
    metadata: {
      oldBundle: factsOf(old),
      newBundle: factsOf(current),
      generatedAt: now.toISOString(),
      version: "v1",
    },
    significance: significanceOf(files),
    differs: doesDiffer(files, objects, findings, events),
    objects,
    findings,
    events,
  };
}

/** Modified text files: those that nothing explains, since they may differ in nothing but times, and those that are shown. */
function filesToLookInto(
  files: FileChange[],
  old: Inventory,
  current: Inventory,
  { inlineDiffs, includeLogDiffs, maxDiffFiles }: CompareOptions,
): Map<string, { change: FileChange; show: boolean }> {
  const candidates = files.filter((change) => {
    const path = change.path.slice(1);
    if (change.type !== "modified" || (change.category === "logs" && !includeLogDiffs)) return false;
    return old.files.get(path)?.text === true && current.files.get(path)?.text === true;
  });
  const unexplained = candidates.filter(({ explained }) => explained === undefined);
  const shown = new Set((inlineDiffs === "all" ? candidates : unexplained).slice(0, maxDiffFiles));
  return new Map(
    [...new Set([...shown, ...unexplained.slice(0, MAX_LOOKED_INTO)])]
      .map((change) => [change.path.slice(1), { change, show: shown.has(change) }]),
  );
}

function doesDiffer(
  files: readonly FileChange[],
  objects: ObjectChanges,
  findings: FindingDifference,
  events: EventChanges,
): boolean {
  const loud = ({ quiet }: { quiet?: true }) => quiet !== true;
  return files.some(({ explained }) => explained === undefined) ||
    [objects.added, objects.removed, objects.changed].some((list) => list.some(loud)) ||
    findings.new.length + findings.fixed.length + events.new.length > 0;
}

function factsOf({ path, size, createdAt, files, manifest, refused }: Inventory): BundleFacts {
  const { startedAt, execution } = manifest;
  return {
    path,
    size,
    createdAt,
    numFiles: files.size,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(execution === undefined ? {} : { execution }),
    ...(refused === 0 ? {} : { refused }),
  };
}
