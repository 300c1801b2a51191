import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { WrittenArchive } from "../bundle/archive.ts";
import { leaksPath, quarantinedPath } from "../bundle/quarantine_paths.ts";
import { describeError, errorCode, isAbort, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import type { Leak } from "../leak_gate/leak.ts";
import type { ArchiveScan } from "../leak_gate/scan_archive.ts";
import type { PipelineRequest } from "./request.ts";
import type { PipelineContext } from "./run_pipeline.ts";

/** What the gate did with an archive. */
export interface Gated {
  archive: WrittenArchive;
  /** Why it is held back; absent when it was let through. */
  error?: SupportBundleError;
  /** Where secrets seem to be. Empty also when it could not be read through. */
  leaks: Leak[];
}

const LIMIT_MS = 300_000;
const READ_BYTES = 256 * 1024;
const NAMED_PLACES = 3;

/** Why the gate does not look at the archives of a run; undefined: it does. */
export function whyNotGated({ redact, leakGate }: PipelineRequest): string | undefined {
  if (!redact) return "redaction is off";
  return leakGate ? undefined : "switched off";
}

/** Can be called early, where there is time for it. */
export function loadLeakGate() {
  return import("../leak_gate/scan_archive.ts");
}

/** Looks for secrets in a finished archive, then gives it its own name, or that of one that is held back. What cannot be
 * read through is held back too.
 * @param unchecked under its preliminary name
 * @param knownValues that must not be in it, whatever they look like
 * @throws what the second Ctrl-C aborts with; nothing is left of the archive then */
export async function passLeakGate(
  unchecked: WrittenArchive,
  path: string,
  knownValues: Iterable<string | Uint8Array>,
  context: PipelineContext,
): Promise<Gated> {
  let scan: ArchiveScan | undefined;
  let error: SupportBundleError | undefined;
  try {
    const { scanArchive } = await loadLeakGate();
    const open = () => createReadStream(unchecked.path, { highWaterMark: READ_BYTES });
    scan = await withTimeLimit(
      LIMIT_MS,
      context.abort,
      (signal) => scanArchive(open, { knownValues, signal }),
    );
  } catch (cause) {
    if (context.abort.aborted) {
      await Deno.remove(unchecked.path).catch(() => {});
      throw context.abort.reason;
    }
    error = await asGateError(cause);
  }
  if (error === undefined && scan!.leakCount === 0) {
    await Deno.rename(unchecked.path, path);
    return { archive: { ...unchecked, path }, leaks: [] };
  }
  const held = quarantinedPath(path);
  await Deno.rename(unchecked.path, held);
  await Deno.chmod(held, 0o600).catch(() => {}); // Windows has none
  const { leakReport } = await import("../leak_gate/leak_report.ts");
  const report = leakReport(basename(held), context.clock.now(), scan, error && describeError(error));
  const reportPath = leaksPath(path);
  const written = await Deno.writeTextFile(reportPath, report, { mode: 0o600 }).then(() => true, () => false);
  return {
    archive: { ...unchecked, path: held },
    error: error ?? new LeaksFoundError(scan!, written ? reportPath : undefined),
    leaks: scan?.leaks ?? [],
  };
}

/** The finished archive has what looks like secrets in it. */
class LeaksFoundError extends SupportBundleError {
  constructor({ leaks, leakCount }: ArchiveScan, reportPath: string | undefined) {
    const shown = leaks.slice(0, NAMED_PLACES).map(({ path, line, column, what }) =>
      `${path}:${line}:${column} (${what})`
    );
    const more = leakCount > shown.length ? ` and ${leakCount - shown.length} more` : "";
    super(`The bundle is held back, it may contain secrets: ${shown.join(", ")}${more}`, {
      code: "LEAKS_FOUND",
      exitCode: EXIT.quarantined,
      hint: `Look at ${reportPath === undefined ? "these places" : `the places that "${reportPath}" lists`}. ` +
        "If there are secrets, hide them with a Redactor and run again; if there are none, rename the archive and send it",
    });
  }
}

async function asGateError(cause: unknown): Promise<SupportBundleError> {
  if (errorCode(cause) === "LEAK_GATE_FAILED") return cause as SupportBundleError;
  const { GateError } = await import("../leak_gate/gate_error.ts");
  const tooLong = isAbort(cause); // nothing else ends it but the second Ctrl-C
  return new GateError(tooLong ? `it took longer than ${LIMIT_MS / 60_000} minutes` : describeError(cause), { cause });
}
