import { dirname } from "node:path";
import { describeError } from "../core/errors.ts";
import { planCleanup, type RemovalReason } from "../schedule/retention.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { applyRetention, carryOut, readJob, type Removed, type RetentionContext } from "./apply_retention.ts";
import { findOrphans, type Orphan } from "./find_orphans.ts";

export interface CleanupRequest {
  /** Bundles and history beyond this age go; without it, and without `repair`, what retention says. */
  olderThanMs?: number;
  /** Also bundles whose upload did not succeed. */
  undelivered?: boolean;
  /** Mends the store, and removes orphaned files. */
  repair?: boolean;
}

/** `schedule cleanup -o json` */
export interface CleanupReport {
  /** True: nothing was changed; this is what would be. */
  dryRun: boolean;
  removed: CleanedUp[];
  /** What was put right in the store, one line each. */
  mended: string[];
  /** Records that cannot be read and lie apart from the others, one line each. */
  setAside: string[];
  /** Executions whose bundles were due to go, and stay: nobody else has them yet. */
  undelivered: string[];
  /** Files that no execution names. They go with `repair`. */
  unknown: { path: string; bytes: number }[];
  /** What could not be removed, one line each. */
  faults: string[];
  /** Of what was removed. */
  bytes: number;
}

export interface CleanedUp {
  what: "bundle" | "history" | Orphan["what"];
  /** Id of an execution, or a path. */
  subject: string;
  /** Name of the job, where there is one. */
  job?: string;
  why: RemovalReason | string;
  bytes: number;
}

/** Removes what is not needed any longer, as a daemon would or more, also while one runs. */
export async function cleanUp(request: CleanupRequest, context: RetentionContext): Promise<CleanupReport> {
  const { store, dryRun = false } = context;
  const report: CleanupReport = {
    dryRun,
    removed: [],
    mended: [],
    setAside: [],
    undelivered: [],
    unknown: [],
    faults: [],
    bytes: 0,
  };
  if (request.repair) {
    report.mended = await store.repair({ dryRun });
    report.setAside = (await store.setAsideRecords()).map(({ key, reason }) => `${key}: ${reason}`);
  }
  if (!request.repair || request.olderThanMs !== undefined) {
    for (const jobId of await store.jobsWithExecutions()) addTo(report, await cleanJob(jobId, request, context));
  }
  for await (const orphan of findOrphans(store, context.state, context.now())) {
    if (request.repair) await removeOrphan(orphan, context, report);
    else if (orphan.what === "unknown") report.unknown.push({ path: orphan.path, bytes: orphan.bytes });
  }
  report.bytes = report.removed.reduce((sum, { bytes }) => sum + bytes, 0);
  return report;
}

async function cleanJob(jobId: string, request: CleanupRequest, context: RetentionContext): Promise<Removed> {
  const { olderThanMs, undelivered } = request;
  if (olderThanMs === undefined) return await applyRetention(jobId, context);
  const { executions, job } = await readJob(jobId, context.store);
  return await carryOut(planCleanup(executions, job, olderThanMs, context.now(), { undelivered }), context);
}

function addTo(report: CleanupReport, { removals, undelivered, faults }: Removed): void {
  for (const { what, execution, job, why, bytes } of removals) {
    report.removed.push({ what, subject: execution, job, why, bytes });
  }
  report.undelivered.push(...undelivered);
  report.faults.push(...faults);
}

async function removeOrphan(
  { what, path, why, bytes }: Orphan,
  { state, dryRun }: RetentionContext,
  report: CleanupReport,
): Promise<void> {
  try {
    if (!dryRun) {
      await Deno.remove(path, { recursive: true });
      await removeEmptyFolder(dirname(path), state);
    }
    report.removed.push({ what, subject: path, why, bytes });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      report.faults.push(`${path} cannot be removed: ${describeError(error)}`);
    }
  }
}

async function removeEmptyFolder(folder: string, state: StateFolder): Promise<void> {
  if (dirname(folder) === state.bundles) await Deno.remove(folder).catch(() => {});
}
