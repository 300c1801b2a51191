import type { Clock } from "../core/clock.ts";
import type { JobStore } from "../store/job_store.ts";
import { REPLACED } from "./finish_attempt.ts";
import { LEASE_MS } from "./lease_keeper.ts";
import type { DaemonMetrics } from "./metrics.ts";

export interface ReplaceOptions {
  store: JobStore;
  clock: Clock;
  metrics: Pick<DaemonMetrics, "finished">;
  /** Of this daemon, for leases. */
  owner: string;
  lease?: { leaseMs: number };
}

/** Ends an execution that waits for its start or its next attempt, because a later one of its job takes its place. One that
 * a daemon begins meanwhile is left to that daemon. */
export async function replaceWaiting(id: string, options: ReplaceOptions): Promise<void> {
  const { store, clock, metrics, owner } = options;
  const lease = await store.claimLease(id, owner, clock.now(), options.lease?.leaseMs ?? LEASE_MS);
  if (lease === undefined) return;
  try {
    const now = clock.now();
    let ended = false;
    const stored = await store.updateExecution(id, (it) => {
      ended = it.status === "pending" || it.status === "retrying";
      return ended ? { ...it, ...REPLACED, status: "cancelled", endTime: now.toISOString(), retryAt: null } : it;
    }, lease);
    if (ended && stored !== undefined) metrics.finished(stored.jobId, "cancelled", stored.duration, 0, now);
  } finally {
    await store.releaseLease(lease);
  }
}
