import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import type { Execution } from "../schedule/execution.ts";
import { planRoom } from "../schedule/retention.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { Audit } from "../store/audited_store.ts";
import type { JobStore } from "../store/job_store.ts";
import { applyRetention, carryOut, type Removed, type RetentionContext } from "./apply_retention.ts";
import { bundleFilesOf } from "./bundle_files.ts";
import type { DaemonLog } from "./daemon_log.ts";

const MINUTE_MS = 60_000;
/** A job that runs every second need not be looked at every second. */
const JOB_AT_MOST_EVERY_MS = MINUTE_MS;
/** The first time soon after the start. */
const ALL_EVERY_MS = 6 * 60 * MINUTE_MS;
const ROOM_AT_MOST_EVERY_MS = 5 * MINUTE_MS;

export interface RetentionKeeperOptions {
  store: JobStore;
  clock: Clock;
  state: StateFolder;
  log: DaemonLog;
  audit: Audit;
  /** Called before the bundle of an execution is removed. */
  beforeRemoval?(execution: Execution): Promise<void>;
  /** Read anew each time. */
  settings(): Pick<RetentionContext, "defaultAgeMs" | "shared">;
}

/** Removes bundles and history whose time is over: of a job after its executions, of all jobs from time to time, and when
 * room is needed. */
export class RetentionKeeper {
  readonly #log: DaemonLog;
  readonly #stopping = new AbortController();
  #woken = new AbortController();
  #running: Promise<void> | undefined;
  /** One thing at a time. */
  #busy: Promise<unknown> = Promise.resolve();
  readonly #ended = new Set<string>();
  /** When jobs were looked at, by id; those of the last minute. */
  readonly #lookedAt = new Map<string, number>();
  /** How many bundles stay undelivered, by job id, as it was last said. */
  readonly #undelivered = new Map<string, number>();
  #nextSweepAt: number;
  #nextRoomAt = 0;

  constructor(private readonly options: RetentionKeeperOptions) {
    this.#log = options.log.with({ component: "retention" });
    this.#nextSweepAt = options.clock.now().getTime() + MINUTE_MS;
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#woken.abort();
    await this.#running;
    await this.#busy;
  }

  /** An execution of the job has ended. */
  jobEnded(jobId: string): void {
    this.#ended.add(jobId);
    this.#woken.abort();
  }

  /** Applies retention to all jobs, and where that is not enough, removes bundles before their time that were delivered.
   * Costs a look at all executions, so it is done every five minutes at most.
   * @returns bytes that it freed */
  makeRoom(bytes: number): Promise<number> {
    return this.#exclusively(async () => {
      const now = this.options.clock.now().getTime();
      if (now < this.#nextRoomAt || this.#stopping.signal.aborted) return 0;
      this.#nextRoomAt = now + ROOM_AT_MOST_EVERY_MS;
      const delivered: Execution[] = [];
      let freed = await this.#sweep((it) => delivered.push(it));
      const going = planRoom(delivered, bytes - freed);
      if (going.length > 0) {
        const bundles = going.map((execution) => ({ execution, why: "space" as const }));
        freed += await this.#say(await carryOut({ bundles, undelivered: [], history: [] }, this.#context()));
      }
      return freed;
    });
  }

  async #loop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = new AbortController();
      const now = this.options.clock.now().getTime();
      if (now >= this.#nextSweepAt) {
        this.#nextSweepAt = now + ALL_EVERY_MS;
        await this.#exclusively(() => this.#sweep());
      }
      for (const [jobId, at] of this.#lookedAt) {
        if (at + JOB_AT_MOST_EVERY_MS <= now) this.#lookedAt.delete(jobId);
      }
      for (const jobId of this.#ended) {
        if (this.#lookedAt.has(jobId)) continue;
        this.#ended.delete(jobId);
        this.#lookedAt.set(jobId, now);
        await this.#exclusively(() => this.#apply(jobId));
      }
      const until = Math.min(
        this.#nextSweepAt,
        ...[...this.#ended].map((jobId) => (this.#lookedAt.get(jobId) ?? now) + JOB_AT_MOST_EVERY_MS),
      );
      await this.options.clock.sleep(Math.max(until - this.options.clock.now().getTime(), 1), this.#woken.signal);
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => {});
    return done;
  }

  /** @param onDelivered is told of bundles that stay, and that somebody else has, too
   * @returns bytes that it freed */
  async #sweep(onDelivered?: (execution: Execution) => void): Promise<number> {
    let freed = 0;
    try {
      for (const jobId of await this.options.store.jobsWithExecutions()) {
        if (this.#stopping.signal.aborted) break;
        freed += await this.#apply(jobId);
        if (onDelivered === undefined) continue;
        for (const execution of await this.options.store.listExecutions({ jobId })) {
          // With a shared store it may be on another machine.
          const [path] = bundleFilesOf(execution, this.options.state);
          const here = path !== undefined && execution.uploadUrl !== "" &&
            await Deno.lstat(path).then(() => true, () => false);
          if (here) onDelivered(execution);
        }
      }
    } catch (error) {
      this.#log.error("cannot look for what is to be removed", { error: describeError(error) });
    }
    return freed;
  }

  async #apply(jobId: string): Promise<number> {
    try {
      const removed = await applyRetention(jobId, this.#context());
      if (removed.undelivered.length !== (this.#undelivered.get(jobId) ?? 0)) {
        this.#undelivered.set(jobId, removed.undelivered.length);
        if (removed.undelivered.length > 0) {
          this.#log.warn("bundles stay beyond their retention: they were not delivered", {
            job: (await this.options.store.getJob(jobId))?.name ?? jobId,
            bundles: removed.undelivered.length,
            oldest: removed.undelivered[0],
          });
        }
      }
      return await this.#say(removed);
    } catch (error) {
      this.#log.error("cannot apply the retention of the job", { job: jobId, error: describeError(error) });
      return 0;
    }
  }

  #context(): RetentionContext {
    const { store, state, clock, settings, beforeRemoval } = this.options;
    return { store, state, now: () => clock.now(), beforeRemoval, ...settings() };
  }

  /** @returns bytes that were freed */
  async #say({ removals, faults }: Removed): Promise<number> {
    for (const fault of faults) this.#log.warn(fault);
    for (const [job, ofJob] of Map.groupBy(removals, ({ job }) => job)) {
      const bundles = ofJob.filter(({ what }) => what === "bundle");
      const records = ofJob.length - bundles.length;
      const bytes = total(bundles.map(({ bytes }) => bytes));
      const why = [...new Set(bundles.map(({ why }) => why))].join(", ");
      this.#log.info("removed what is not kept any longer", { job, bundles: bundles.length, bytes, records, why });
      await this.options.audit({
        action: "retention",
        job,
        detail: `bundles: ${bundles.length} (${formatSize(bytes)}), records: ${records}`,
      });
    }
    return total(removals.map(({ bytes }) => bytes));
  }
}

function total(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
