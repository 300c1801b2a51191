import type { WrittenContent } from "../bundle/archive_writer.ts";
import type { FileRecord, Manifest, MissingRecord, StageOutcome } from "../bundle/manifest.ts";

/** What a file of the bundle came to. */
export interface RedactedFile extends WrittenContent {
  /** How often each rule hid something now, by rule id. */
  redactions?: Record<string, number>;
}

/** The manifest of a bundle after it was redacted: sizes and hashes are those of the redacted files, what was hidden counts
 * together with what was hidden before, and files that are no longer there are missing.
 * @param files by path: those that were written
 * @param own of them, those that the tool adds
 * @param bundleId of the map of its new tokens; there may be others in it */
export function redactedManifest(
  manifest: Manifest,
  files: ReadonlyMap<string, RedactedFile>,
  { missing, stage, own, bundleId }: {
    missing: MissingRecord[];
    stage: StageOutcome;
    own: readonly string[];
    bundleId?: string;
  },
): Manifest {
  const records = manifest.files.flatMap((record): FileRecord[] => {
    const file = files.get(record.path);
    if (file === undefined) return [];
    const redactions = addCounts(record.redactions, file.redactions);
    return [{ ...record, bytes: file.bytes, sha256: file.sha256, redactions }];
  });
  const known = new Set(records.map(({ path }) => path));
  for (const path of own) {
    const file = files.get(path);
    if (file === undefined || known.has(path)) continue;
    records.push({ path, collector: "support-bundle", bytes: file.bytes, sha256: file.sha256, durationMs: 0 });
  }
  const collectors = new Map(manifest.files.map(({ path, collector }) => [path, collector]));
  return {
    ...manifest,
    stages: [...manifest.stages, stage],
    files: records,
    tokens: bundleId === undefined ? manifest.tokens : tokensOf(bundleId, manifest.tokens),
    missing: [
      ...manifest.missing,
      ...missing.map((record) => ({ ...record, collector: collectors.get(record.path) ?? record.collector })),
    ],
  };
}

function tokensOf(bundleId: string, before: Manifest["tokens"]): Manifest["tokens"] {
  const earlier = before === undefined ? [] : [...before.earlier ?? [], before.bundleId];
  return earlier.length === 0 ? { bundleId } : { bundleId, earlier };
}

function addCounts(
  before: Record<string, number> | undefined,
  now: Record<string, number> | undefined,
): Record<string, number> | undefined {
  if (before === undefined || now === undefined) return before ?? now;
  const sum = { ...before };
  for (const [rule, count] of Object.entries(now)) sum[rule] = (sum[rule] ?? 0) + count;
  return sum;
}
