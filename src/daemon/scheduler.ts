import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { applyPlan, plannedExecution } from "../schedule/apply_firing.ts";
import type { Execution } from "../schedule/execution.ts";
import { type DuePlan, planDue } from "../schedule/firing.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "../store/job_store.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { followExecutions } from "./follow_executions.ts";
import type { Executor } from "./executor.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { pullForward, pullForwardAtStart } from "./pull_forward.ts";

export interface SchedulerOptions {
  store: JobStore;
  clock: Clock;
  log: DaemonLog;
  metrics: DaemonMetrics;
  /** Told when an execution may have become runnable. */
  executor: Pick<Executor, "wake">;
  /** Name of this machine. */
  host?: string;
  /** The longest sleep. */
  checkIntervalMs: number;
  /** Another process's change is noticed within this time. Default 1 s. */
  pollMs?: number;
}

const POLL_MS = 1_000;
// After the store failed, and while something is overdue that cannot be done yet.
const RETRY_MS = 1_000;
// A poll that is later than this slept with the machine, or the clock was set.
const LATE_POLL_MS = 5_000;
const BATCH = 100;
// Jobs that are decided at the same time: a commit waits for the disk or for a server, and others need not wait with it.
const PARALLEL = 16;
// Due times of one job that a tick decides at most, so that a long catch-up does not keep others waiting.
const MAX_PER_TICK = 300;

/** The loop that sleeps until a job is due, decides what that means, and has it recorded. It starts nothing itself. */
export class Scheduler {
  readonly #stopping = new AbortController();
  #woken = new AbortController();
  #running: Promise<unknown> | undefined;
  #checkIntervalMs: number;
  #nextDueAt: Date | undefined;
  #revision: string | undefined;
  #lastTickAt: Date | undefined;
  #lastError = "";

  constructor(private readonly options: SchedulerOptions) {
    this.#checkIntervalMs = options.checkIntervalMs;
  }

  start(): void {
    // The clock may have been put right while no daemon ran.
    this.#running ??= Promise.all([this.#loop(), this.#poll(), this.#pullForward(pullForwardAtStart)]);
  }

  /** Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.nudge();
    await this.#running;
  }

  /** Says that the store may have changed. */
  nudge(): void {
    this.#woken.abort();
  }

  setCheckInterval(ms: number): void {
    this.#checkIntervalMs = ms;
    this.nudge();
  }

  /** For `/readyz`: empty while the loop turns. */
  problem(): string {
    if (this.#lastError !== "") return this.#lastError;
    return this.turns ? "" : `the clock has not ticked for ${Math.round(this.#silentMs() / 1000)} s`;
  }

  /** False when it hangs. A store that fails does not count: to start the daemon again would not help. */
  get turns(): boolean {
    return this.#silentMs() <= this.#checkIntervalMs + 30_000;
  }

  #silentMs(): number {
    return this.#lastTickAt === undefined ? 0 : this.options.clock.now().getTime() - this.#lastTickAt.getTime();
  }

  async #loop(): Promise<void> {
    const { clock, log } = this.options;
    while (!this.#stopping.signal.aborted) {
      this.#woken = new AbortController();
      let waitMs: number;
      try {
        await this.#tick();
        this.#nextDueAt = await this.options.store.nextDueAt();
        waitMs = this.#untilNext(clock.now());
        this.#lastError = "";
      } catch (error) {
        this.#lastError = `the store failed: ${describeError(error)}`;
        log.error("cannot look for due jobs", { component: "scheduler", error: describeError(error) });
        waitMs = RETRY_MS;
      }
      this.#lastTickAt = clock.now();
      await clock.sleep(waitMs, this.#woken.signal);
    }
  }

  #untilNext(now: Date): number {
    if (this.#nextDueAt === undefined) return this.#checkIntervalMs;
    const untilMs = this.#nextDueAt.getTime() - now.getTime();
    // What is due after a tick is a retry that waits for a slot, or a job that could not be decided.
    return Math.min(this.#checkIntervalMs, untilMs > 0 ? untilMs : RETRY_MS);
  }

  /** Decides everything that is due. */
  async #tick(): Promise<void> {
    const { store, clock, executor } = this.options;
    const undecided = new Set<string>();
    for (;;) {
      const now = clock.now();
      const due = (await store.dueJobs(now, BATCH + undecided.size)).filter((job) => !undecided.has(job.id));
      if (due.length === 0) break;
      const active = await store.activeExecutions();
      for (let i = 0; i < due.length; i += PARALLEL) {
        if (this.#stopping.signal.aborted) return;
        const decided = await allOrFirstError(
          due.slice(i, i + PARALLEL).map(async (job) => ({ job, done: await this.#decide(job, now, active) })),
        );
        for (const { job, done } of decided) if (!done) undecided.add(job.id);
      }
      // The first of very many need not wait for the last; but to start a child delays the recording of what is due with it.
      executor.wake();
    }
    await followExecutions(this.options);
    executor.wake(); // for what others recorded: `run`, another daemon, a retry whose time has come
  }

  /** Decides the job's due times that have come: one, or one after the other where all are caught up with.
   * @param active kept up to date with what is created here
   * @returns false when it remains due for now */
  async #decide(job: Job, now: Date, active: Execution[]): Promise<boolean> {
    const { store, host } = this.options;
    let current = job;
    for (let decided = 0; decided < MAX_PER_TICK; decided++) {
      let plan: DuePlan | undefined;
      try {
        plan = planDue(current, now, active, host);
      } catch (error) {
        return await this.#setAside(job, error);
      }
      if (plan === undefined) return current.nextRun === null || new Date(current.nextRun) > now;
      const execution = plannedExecution(current, plan, now);
      const outcome = await store.fire(
        job.id,
        execution,
        (it, slotTaken) => {
          // A run was added meanwhile: the decision about the overlap is to be made again.
          if (it.runCount !== current.runCount) return undefined;
          const planned = applyPlan(it, plan, slotTaken);
          return planned === it ? undefined : planned; // disabled, or advanced by another daemon, since it was read
        },
      );
      if (outcome === "gone" || outcome === "stale") return true; // deleted meanwhile, or to be looked at again
      current = applyPlan(current, plan, outcome === "exists");
      if (outcome === "exists") continue; // decided by another daemon
      if (execution.status === "pending") active.push(execution);
      this.#say(job, execution, plan);
    }
    return false;
  }

  /** A schedule that cannot be read can never become due again; the job says so until somebody corrects it. */
  async #setAside(job: Job, error: unknown): Promise<boolean> {
    const lastError = `its schedule cannot be read: ${describeError(error)}`;
    this.options.log.with({ component: "scheduler", job: job.name }).error(lastError);
    const stored = await this.options.store.updateJob(
      job.id,
      (it) => ({ ...it, nextRun: null, status: "failed", lastError }),
    );
    return typeof stored === "object";
  }

  #say(job: Job, execution: Execution, { firing, missed }: DuePlan): void {
    const { metrics } = this.options;
    const log = this.options.log.with({ component: "scheduler", job: job.name });
    for (const [reason, count] of Object.entries(missed)) {
      metrics.skipped(reason, count);
      log.warn(`${count} due times were missed`, { reason });
    }
    if (firing.do === "skip") {
      metrics.skipped(firing.why);
      log.warn(execution.error, { execution: execution.id, reason: firing.why });
    } else {
      log.info(`due: ${firing.trigger}`, { execution: execution.id, lateMs: firing.lateByMs });
    }
  }

  /** Notices what other processes wrote, and a wall clock that jumped: set, or gone on while the machine slept. */
  async #poll(): Promise<void> {
    const { store, clock, log, pollMs = POLL_MS } = this.options;
    while (!this.#stopping.signal.aborted) {
      const before = clock.now().getTime();
      await clock.sleep(pollMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      const jumpedMs = clock.now().getTime() - before - pollMs;
      if (Math.abs(jumpedMs) > LATE_POLL_MS) {
        log.info("the clock jumped", { component: "scheduler", jumpedMs });
        this.nudge();
      }
      if (jumpedMs < -pollMs) await this.#pullForward(pullForward);
      try {
        const revision = await store.revision();
        if (revision !== this.#revision) this.nudge();
        this.#revision = revision;
      } catch {
        // The loop meets the same failure, and says so.
        this.nudge();
      }
      if (this.#nextDueAt !== undefined && this.#nextDueAt <= clock.now()) this.nudge();
    }
  }

  /** What a clock ahead of time has moved on waits for its next due time again. */
  async #pullForward(pull: typeof pullForward): Promise<void> {
    const { store, clock } = this.options;
    const log = this.options.log.with({ component: "scheduler" });
    try {
      const changed = await pull(store, clock.now(), this.#stopping.signal);
      if (changed === 0) return;
      log.warn("the clock was put back: jobs and retries wait for their next due time again", { changed });
      this.nudge();
    } catch (error) {
      log.error("cannot look for what waits too long", { error: describeError(error) });
    }
  }
}

/** As `Promise.all`, but when one fails the others have ended too. */
async function allOrFirstError<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
