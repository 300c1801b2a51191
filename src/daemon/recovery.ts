import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { EXECUTION_ENV, WORK_ENV } from "../core/execution_mark.ts";
import { applyOutcome } from "../schedule/apply_firing.ts";
import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { JobStore, Lease } from "../store/job_store.ts";
import type { Announcer } from "./announcer.ts";
import { removeLeftovers } from "./build_request.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { finishInterrupted } from "./finish_attempt.ts";
import { LEASE_MS } from "./lease_keeper.ts";
import { ownerState } from "./lease_owner.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { endGroup, isSameProcess, killMarked } from "./process_identity.ts";

/** What is to be done about an active execution that nobody here runs. */
export type Recovery =
  /** Somebody works on it, or will. */
  | "leave"
  /** It waits for a slot, and a dead daemon's claim is in the way. */
  | "free"
  /** It was cut off. */
  | "take-over";

/** Decides by what the store says.
 * @param lease of the execution, if it has one
 * @param owner whether the daemon that holds the lease lives */
export function decideRecovery(
  execution: Pick<Execution, "status">,
  lease: Pick<Lease, "expiresAt"> | undefined,
  owner: "alive" | "dead" | "unknown",
  now: Date,
): Recovery {
  const claimed = lease !== undefined && owner !== "dead" && new Date(lease.expiresAt) > now;
  if (claimed || !ACTIVE_STATUSES.includes(execution.status)) return "leave";
  if (execution.status === "running") return "take-over";
  return lease === undefined ? "leave" : "free";
}

export interface RecoveryOptions {
  store: JobStore;
  clock: Clock;
  state: StateFolder;
  log: DaemonLog;
  metrics: DaemonMetrics;
  /** Of this daemon, for leases. */
  owner: string;
  /** Executions that this daemon runs itself: they are looked after. */
  own(executionId: string): boolean;
  announcer?: Pick<Announcer, "ended" | "wake">;
  leaseMs?: number;
  random?: () => number;
}

/** Finds executions whose daemon died, ends what is left of them, and sees to it that they are tried again or fail with
 * the reason. An execution that another living daemon has is left alone.
 * @returns how many were taken over */
export async function recover(options: RecoveryOptions): Promise<number> {
  const { store, clock } = options;
  let taken = 0;
  const others = (await store.activeExecutions()).filter(({ id }) => !options.own(id));
  const leases = await store.getLeases(others.map(({ id }) => id));
  for (const [i, execution] of others.entries()) {
    if (options.own(execution.id)) continue; // since then
    const lease = leases[i];
    const log = options.log.with({ component: "executor", job: execution.jobName, execution: execution.id });
    try {
      const owner = lease === undefined ? "unknown" : await ownerState(lease.owner);
      const recovery = decideRecovery(execution, lease, owner, clock.now());
      if (recovery === "leave") continue;
      // Only a dead daemon's lease may go before its end; by compare-and-set it is that one or none.
      if (lease !== undefined && owner === "dead") await store.releaseLease(lease);
      if (recovery === "take-over" && await takeOver(execution, options, log)) taken++;
    } catch (error) {
      log.error("cannot recover the execution", { error: describeError(error) });
    }
  }
  return taken;
}

async function takeOver(found: Execution, options: RecoveryOptions, log: DaemonLog): Promise<boolean> {
  const { store, clock, state, metrics } = options;
  const lease = await store.claimLease(found.id, options.owner, clock.now(), options.leaseMs ?? LEASE_MS);
  if (lease === undefined) return false; // another daemon was faster
  try {
    const execution = await store.getExecution(found.id);
    if (execution === undefined || execution.status !== "running") return false;
    await endChild(execution, log);
    const job = await store.getJob(execution.jobId);
    await removeLeftovers(job ?? { id: execution.jobId, name: execution.jobName }, execution.id, state);
    const now = clock.now();
    const finished = finishInterrupted(execution, job, now, (options.random ?? Math.random)());
    const notices = finished.final && job !== undefined
      ? await options.announcer?.ended(job, finished.execution)
      : undefined;
    const stored = await store.updateExecution(execution.id, () => finished.execution, lease, applyOutcome, notices);
    if (stored === undefined) return false;
    if (notices !== undefined) options.announcer?.wake();
    const fate = finished.final ? "failed for good" : "it is tried again";
    log.warn(`${finished.execution.error}; ${fate}`);
    await store.appendLogs(execution.id, [{
      timestamp: now.toISOString(),
      level: finished.final ? "error" : "warn",
      component: "executor",
      message: `${finished.execution.error}; ${fate}`,
    }]);
    if (finished.final) metrics.finished(execution.jobId, "failed", execution.duration, 0, now);
    else metrics.retried();
    return true;
  } finally {
    await store.releaseLease(lease);
  }
}

/** Ends the child of an attempt whose daemon is gone, and what it started; a stranger that has its pid now is spared. */
async function endChild({ id, process }: Execution, log: DaemonLog): Promise<void> {
  if (process === null || process.host !== Deno.hostname()) return;
  const leader = await isSameProcess(process.pid, process.startedAt);
  if (leader) await endGroup(process.pid);
  // Commands of the attempt have groups of their own, and outlive it.
  const marked = await killMarked(EXECUTION_ENV, id);
  if (leader || marked.length > 0) {
    log.warn("ended what a dead daemon left behind", { pid: process.pid, processes: marked.length + (leader ? 1 : 0) });
  }
}

/** Removes what is left of attempts that are over, and ends what still works on them: an execution that another daemon has
 * taken over meanwhile, on another machine, is none of {@linkcode recover}'s any more. For the daemon's start: it alone uses
 * the state folder, and has begun nothing yet.
 * @returns the names of the removed work folders */
export async function removeOrphanedWork(store: JobStore, state: StateFolder): Promise<string[]> {
  const removed: string[] = [];
  try {
    for await (const entry of Deno.readDir(state.work)) {
      const path = join(state.work, entry.name);
      await killMarked(WORK_ENV, path);
      const execution = await store.getExecution(entry.name);
      if (execution !== undefined) await removeLeftovers(await jobOf(execution, store), execution.id, state);
      await Deno.remove(path, { recursive: true }).catch(ignoreNotFound);
      removed.push(entry.name);
    }
  } catch (error) {
    ignoreNotFound(error);
  }
  return removed;
}

/** As much of the job as tells where its files are. */
async function jobOf({ jobId, jobName }: Execution, store: JobStore): Promise<Pick<Job, "id" | "name">> {
  return await store.getJob(jobId) ?? { id: jobId, name: jobName };
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
