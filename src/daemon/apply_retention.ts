import { describeError } from "../core/errors.ts";
import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import { boundsOf, planRetention, type RemovalReason, type RetentionPlan } from "../schedule/retention.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { afterGivingUp } from "../schedule/upload_state.ts";
import type { JobStore } from "../store/job_store.ts";
import { bundleFilesOf, removeBundleFiles } from "./bundle_files.ts";

/** Something that was removed, or would be. */
export interface Removal {
  what: "bundle" | "history";
  execution: string;
  job: string;
  why: RemovalReason;
  /** Of its files; 0 for history. */
  bytes: number;
}

export interface Removed {
  removals: Removal[];
  /** Executions whose bundles stay because nobody else has them yet. */
  undelivered: string[];
  /** What could not be removed, one line each. It is tried again the next time. */
  faults: string[];
}

export interface RetentionContext {
  store: JobStore;
  state: StateFolder;
  now(): Date;
  /** How long bundles are kept of jobs that do not say; undefined: any age. */
  defaultAgeMs?: number;
  /** Others use the store, too: a bundle that is not on this machine may be on theirs. */
  shared: boolean;
  dryRun?: boolean;
  /** Called before the bundle of an execution is removed. Does not reject. */
  beforeRemoval?(execution: Execution): Promise<void>;
}

/** Applies the retention of a job, or of one that was deleted. */
export async function applyRetention(jobId: string, context: RetentionContext): Promise<Removed> {
  const { executions, job } = await readJob(jobId, context.store);
  return await carryOut(planRetention(executions, job, boundsOf(job, context.defaultAgeMs), context.now()), context);
}

/** What retention looks at: a job, undefined when it was deleted, and all of its executions. */
export async function readJob(
  jobId: string,
  store: JobStore,
): Promise<{ job: Job | undefined; executions: Execution[] }> {
  const job = await store.getJob(jobId);
  return { job, executions: await store.listExecutions({ jobId }) };
}

/** Removes what a plan names, unless it has changed since. Files go before the record says so: on a full disk a record may
 * only be written once there is room, and what a crash leaves half done is done again. */
export async function carryOut(plan: RetentionPlan, context: RetentionContext): Promise<Removed> {
  const removed: Removed = { removals: [], undelivered: plan.undelivered.map(({ id }) => id), faults: [] };
  const attempt = async (execution: Execution, remove: () => Promise<Removal | undefined>) => {
    try {
      const removal = await remove();
      if (removal !== undefined) removed.removals.push(removal);
    } catch (error) {
      removed.faults.push(`${execution.id} cannot be removed: ${describeError(error)}`);
    }
  };
  for (const { execution, why } of plan.bundles) await attempt(execution, () => removeBundle(execution, why, context));
  for (const execution of plan.history) await attempt(execution, () => removeRecord(execution, context));
  return removed;
}

async function removeBundle(planned: Execution, why: RemovalReason, context: RetentionContext) {
  const { store, state, dryRun } = context;
  const removal = { what: "bundle" as const, execution: planned.id, job: planned.jobName, why };
  if (dryRun) {
    const bytes = await bytesOf(bundleFilesOf(planned, state));
    return bytes === undefined && context.shared ? undefined : { ...removal, bytes: bytes ?? 0 };
  }
  const unchanged = (it: Execution) => isOver(it) && it.bundlePath === planned.bundlePath;
  const found = await store.getExecution(planned.id);
  if (found === undefined || !unchanged(found)) return undefined;
  if (found.upload.state === "waiting") await context.beforeRemoval?.(found);
  const files = await removeBundleFiles(state, found);
  if (files.size === 0 && context.shared) return undefined;
  const bundleRemoved = { at: context.now().toISOString(), why };
  await store.updateExecution(
    planned.id,
    (it) => {
      if (!unchanged(it)) return it;
      const given = afterGivingUp(it, `The bundle was removed before it could be delivered: ${why}`, "UPLOAD_EXPIRED");
      return { ...given, bundlePath: "", analysisPath: "", companions: [], bundleRemoved };
    },
  );
  return { ...removal, bytes: sum(files.values()) };
}

async function removeRecord(planned: Execution, context: RetentionContext): Promise<Removal | undefined> {
  const { store, dryRun } = context;
  if (!dryRun) {
    const found = await store.getExecution(planned.id);
    // Its bundle is on another machine, or could not be removed.
    if (found === undefined || !isOver(found) || found.bundlePath !== "") return undefined;
    await store.deleteExecution(planned.id);
  }
  return { what: "history", execution: planned.id, job: planned.jobName, why: "age", bytes: 0 };
}

function isOver({ status, pinned }: Execution): boolean {
  return !pinned && !ACTIVE_STATUSES.includes(status);
}

/** @returns undefined when none is there */
async function bytesOf(paths: string[]): Promise<number | undefined> {
  const sizes = await Promise.all(paths.map((path) => Deno.lstat(path).then(({ size }) => size, () => undefined)));
  const present = sizes.filter((size) => size !== undefined);
  return present.length === 0 ? undefined : sum(present);
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
