import { freeOldGarbage } from "../core/free_garbage.ts";
import type { Clock } from "../core/clock.ts";
import type { Job } from "../schedule/job.ts";
import type { Timing } from "../schedule/expected_interval.ts";
import type { JobStore } from "../store/job_store.ts";

/** The little of a job that status and metrics tell: a supervisor with 10,000 jobs does not keep 10,000 records. */
export interface JobFacts {
  id: string;
  name: string;
  enabled: boolean;
  status: Job["status"];
  /** Milliseconds since the epoch; NaN when there is none. */
  nextRun: number;
  lastRun: number;
  failuresInRow: number;
  /** One object for all jobs that have the same. */
  timing: Timing;
}

// What was read of so many jobs is worth a look for what can be given back.
const MANY = 2_000;
// At most this share of the time is spent on counting, however often somebody asks.
const BUSY_SHARE = 0.05;

/** Counts the jobs when somebody asks, and only when something changed since the last time. */
export class JobCensus {
  #facts: readonly JobFacts[] = [];
  #timings = new Map<string, Timing>();
  #revision: string | undefined;
  #goodUntil = 0;
  #counting: Promise<readonly JobFacts[]> | undefined;

  constructor(private readonly store: Pick<JobStore, "eachJob" | "revision">, private readonly clock: Clock) {}

  /** By name. May be a few seconds old when there are thousands. */
  read(): Promise<readonly JobFacts[]> {
    return this.#counting ??= this.#read().finally(() => this.#counting = undefined);
  }

  async #read(): Promise<readonly JobFacts[]> {
    const startedAt = this.clock.now().getTime();
    if (startedAt < this.#goodUntil) return this.#facts;
    const revision = await this.store.revision();
    if (revision === this.#revision) return this.#facts;
    const facts: JobFacts[] = [];
    const timings = new Map<string, Timing>();
    await this.store.eachJob((job) => {
      const timing = { schedules: job.schedules, timezone: job.timezone, blackout: job.blackout };
      const key = JSON.stringify(timing);
      const shared = timings.get(key) ?? this.#timings.get(key) ?? timing;
      timings.set(key, shared);
      facts.push({
        id: job.id,
        name: job.name,
        enabled: job.enabled,
        status: job.status,
        nextRun: Date.parse(job.nextRun ?? ""),
        lastRun: Date.parse(job.lastRun ?? ""),
        failuresInRow: job.failuresInRow,
        timing: shared,
      });
    });
    this.#timings = timings;
    this.#facts = facts.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    this.#revision = revision;
    if (facts.length > MANY) freeOldGarbage();
    const now = this.clock.now().getTime();
    const tookMs = now - startedAt;
    if (tookMs > 100) this.#goodUntil = now + tookMs / BUSY_SHARE;
    return this.#facts;
  }
}
