import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { JobStore, Lease } from "../store/job_store.ts";
import type { DaemonLog } from "./daemon_log.ts";

export const LEASE_MS = 30_000;
export const RENEW_EVERY_MS = 10_000;

/** Renews a lease while an attempt runs. */
export class LeaseKeeper {
  #lease: Lease;
  readonly #stopping = new AbortController();
  readonly #keeping: Promise<void>;

  /** @param onLost called once, when another daemon has the lease, or when the store was away until it ran out */
  constructor(
    private readonly store: JobStore,
    private readonly clock: Clock,
    lease: Lease,
    private readonly log: DaemonLog,
    private readonly onLost: () => void,
    private readonly times = { leaseMs: LEASE_MS, renewEveryMs: RENEW_EVERY_MS },
  ) {
    this.#lease = lease;
    this.#keeping = this.#keep();
  }

  /** As it was renewed last: what writes are made with. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Stops renewing, without giving the lease back. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.clock.sleep(this.times.renewEveryMs, signal);
      if (signal.aborted) return;
      try {
        const renewed = await this.store.renewLease(this.#lease, this.clock.now(), this.times.leaseMs);
        if (renewed === undefined) return this.onLost();
        this.#lease = renewed;
      } catch (error) {
        this.log.warn("cannot renew the lease", { error: describeError(error) });
        if (this.clock.now() >= new Date(this.#lease.expiresAt)) return this.onLost();
      }
    }
  }
}
