import type { Finding } from "../analyze/analyzer.ts";
import { type AnalyzerEntry, runAnalyzers } from "../analyze/run_analyzers.ts";
import { wantedFiles } from "../analyze/wanted_files.ts";
import { ArchiveError } from "../bundle/archive_error.ts";
import { type Decrypt, decrypted, openArchive, openBundle } from "../bundle/read_bundle.ts";
import { StoredBundle } from "../bundle/stored_bundle.ts";
import type { Clock } from "../core/clock.ts";
import type { UnsupportedEntry } from "../spec/spec_entries.ts";
import { groupByCause } from "../insight/group_by_cause.ts";
import { shownUrl } from "../spec/spec_source.ts";
import { downloadBundle } from "./download_bundle.ts";

export interface AnalyzeBundleOptions {
  /** The archive, the folder it was unpacked into, or where it can be downloaded. */
  bundle: string | URL;
  /** Makes them anew each time: some remember what they have read. */
  entries(): readonly AnalyzerEntry[];
  /** Asked for, and not in this version. */
  unsupported: readonly UnsupportedEntry[];
  /** For the variables that name proxies. */
  env: Readonly<Record<string, string>>;
  clock: Clock;
  signal: AbortSignal;
  tempFolder: string;
  /** Does not verify the certificate of the server that the bundle is on. */
  insecure?: boolean;
  /** Opens the bundle, where it is encrypted. */
  decrypt?: Decrypt;
  progress?(what: string): void;
}

/** A bundle that was judged. Its files can be read until it is disposed. */
export interface AnalyzedBundle extends Disposable {
  files: StoredBundle;
  /** Of the archive, when it was downloaded. */
  sha256?: string;
  findings: Finding[];
  /** Titles of the analyzers that had nothing to say. */
  silent: string[];
}

/** All analyzers together. */
const MAX_FINDINGS = 100_000;
/** For one analyzer: a pattern over gigabytes of logs takes a while. */
const ANALYZER_DEADLINE_MS = 600_000;

/** Analyzes a bundle that exists. What of it cannot be read, and analyzers that this version does not have, are findings.
 * @throws {ArchiveError} when nothing of it can be read, and whatever keeps it from being had at all */
export async function analyzeBundle(options: AnalyzeBundleOptions): Promise<AnalyzedBundle> {
  const { bundle, signal, progress } = options;
  const wanted = await wantedFiles(options.entries(), signal);
  signal.throwIfAborted();
  using held = new DisposableStack();
  let sha256: string | undefined;
  let files: StoredBundle;
  try {
    let opened;
    if (bundle instanceof URL) {
      progress?.(`download ${shownUrl(bundle)}`);
      const download = await downloadBundle(bundle, options);
      const file = held.use(download.file);
      sha256 = download.sha256;
      opened = await openArchive(() => decrypted(file.stream(), shownUrl(bundle), options.decrypt));
    } else {
      progress?.(`read ${bundle}`);
      opened = await openBundle(bundle, signal, options.decrypt);
    }
    files = held.use(await StoredBundle.open(opened, { wanted, tempFolder: options.tempFolder, signal }));
  } catch (error) {
    // What is broken off in the middle may look damaged.
    signal.throwIfAborted();
    if (!(error instanceof ArchiveError)) throw error;
    throw error.of(bundle instanceof URL ? shownUrl(bundle) : bundle);
  }
  const findings: Finding[] = bundleFindings(files);
  const silent = await judge(options, files, findings);
  findings.push(...options.unsupported.filter(({ raw, kind }) => !isExcluded(raw[kind])).map(unsupportedFinding));
  signal.throwIfAborted();
  const ours = held.move();
  return { files, sha256, findings: groupByCause(findings), silent, [Symbol.dispose]: () => ours.dispose() };
}

/** @returns titles of the analyzers that had nothing to say */
async function judge(
  { entries, signal, clock, progress }: AnalyzeBundleOptions,
  files: StoredBundle,
  findings: Finding[],
): Promise<string[]> {
  const silent: string[] = [];
  let current: { title: string; before: number } | undefined;
  const close = () => {
    if (current !== undefined && findings.length === current.before) silent.push(current.title);
    current = undefined;
  };
  const started = (title: string) => {
    close();
    current = { title, before: findings.length };
    progress?.(title);
  };
  for await (
    const finding of runAnalyzers(entries(), files, {
      signal,
      clock,
      progress: started,
      deadlineMs: ANALYZER_DEADLINE_MS,
    })
  ) {
    if (findings.length >= MAX_FINDINGS) {
      findings.push(ownFinding(`there are more than ${MAX_FINDINGS} results; the rest is left out`));
      return silent;
    }
    if (isLeftOut(finding)) close(); // it is not run, so that nothing says that it starts
    findings.push(finding);
  }
  close();
  return silent;
}

function isLeftOut({ outcome }: Finding): boolean {
  return outcome.status === "skipped" && outcome.reason === "excluded";
}

/** What is to be said of the bundle itself. */
function bundleFindings({ damage, files }: StoredBundle): Finding[] {
  if (damage === undefined) return [];
  return [ownFinding(
    `not all of the archive could be read: ${damage.why}. The ${files} files before that were analyzed`,
    damage.hint,
  )];
}

function ownFinding(message: string, nextStep?: string): Finding {
  const outcome = { status: "error" as const, message };
  return { title: "Bundle", kind: "bundle", where: "cluster", strict: false, outcome, nextStep };
}

function unsupportedFinding({ kind, field, place }: UnsupportedEntry): Finding {
  const where = field === "hostAnalyzers" ? "host" : "cluster";
  const message = `this version has no such analyzer (${place})`;
  return { title: kind, kind, where, strict: false, outcome: { status: "error", message } };
}

function isExcluded(fields: unknown): boolean {
  return String((fields as { exclude?: unknown } | null)?.exclude).toLowerCase() === "true";
}
