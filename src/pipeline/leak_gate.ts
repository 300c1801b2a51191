import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { leaksPathOf } from "../bundle/quarantine_paths.ts";
import type { Clock } from "../core/clock.ts";
import { describeError, errorCode, isAbort, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import type { Leak } from "../leak_gate/leak.ts";
import type { ArchiveScan } from "../leak_gate/scan_archive.ts";
import type { PipelineRequest } from "./request.ts";

export interface LeakGateOptions {
  /** Must not be in the archive, whatever they look like. */
  knownValues: Iterable<string | Uint8Array>;
  /** Reads the archive; default: as it is. */
  open?(archive: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Gives the archive its name.
   * @param held whether it is that of one that is held back: `NAME.quarantined`
   * @returns its path then */
  giveName(held: boolean): Promise<string>;
  clock: Clock;
  /** When it is aborted, nothing is left of the archive. */
  signal: AbortSignal;
  /** After this, the archive counts as one that cannot be read through. Absent: never. */
  limitMs?: number;
}

/** What the gate did with an archive. */
export interface Gated {
  /** Where the archive is. */
  path: string;
  /** Why it is held back; absent when it was let through. */
  error?: SupportBundleError;
  /** Where secrets seem to be. Empty also when it could not be read through. */
  leaks: Leak[];
}

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
 * @param unchecked its path, under its preliminary name
 * @throws what `signal` is aborted with */
export async function passLeakGate(
  unchecked: string,
  { knownValues, open: opened = (archive) => archive, giveName, clock, signal, limitMs }: LeakGateOptions,
): Promise<Gated> {
  let scan: ArchiveScan | undefined;
  let error: SupportBundleError | undefined;
  try {
    const { scanArchive } = await loadLeakGate();
    const open = () => opened(createReadStream(unchecked, { highWaterMark: READ_BYTES }));
    const look = (signal: AbortSignal) => scanArchive(open, { knownValues, signal });
    scan = await (limitMs === undefined ? look(signal) : withTimeLimit(limitMs, signal, look));
  } catch (cause) {
    if (signal.aborted) {
      await Deno.remove(unchecked).catch(() => {});
      throw signal.reason;
    }
    error = await asGateError(cause, limitMs);
  }
  if (error === undefined && scan!.leakCount === 0) return { path: await giveName(false), leaks: [] };
  const held = await giveName(true);
  await Deno.chmod(held, 0o600).catch(() => {}); // Windows has none
  const { leakReport } = await import("../leak_gate/leak_report.ts");
  const report = leakReport(basename(held), clock.now(), scan, error && describeError(error));
  const reportPath = leaksPathOf(held)!;
  const written = await Deno.writeTextFile(reportPath, report, { mode: 0o600 }).then(() => true, () => false);
  return {
    path: held,
    error: error ?? new LeaksFoundError(scan!, written ? reportPath : undefined),
    leaks: scan?.leaks ?? [],
  };
}

/** The archive is held back. */
export interface Quarantine {
  error: SupportBundleError;
  /** Texts from the bundle may be what it is held back for. */
  withholdTexts: boolean;
}

/** @param told files of the bundle whose texts are told beside it
 * @returns undefined for an archive that was let through */
export function quarantineOf({ error, leaks }: Gated, told: readonly string[]): Quarantine | undefined {
  if (error === undefined) return undefined;
  return { error, withholdTexts: leaks.length === 0 || leaks.some(({ path }) => told.includes(path)) };
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

async function asGateError(cause: unknown, limitMs = 0): Promise<SupportBundleError> {
  if (errorCode(cause) === "LEAK_GATE_FAILED") return cause as SupportBundleError;
  const { GateError } = await import("../leak_gate/gate_error.ts");
  const tooLong = isAbort(cause); // nothing else ends it but Ctrl-C
  return new GateError(tooLong ? `it took longer than ${limitMs / 60_000} minutes` : describeError(cause), { cause });
}
