import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { applyPlan, plannedExecution } from "../schedule/apply_firing.ts";
import type { Execution } from "../schedule/execution.ts";
import { type DuePlan, planDue } from "../schedule/firing.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "../store/job_store.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { Executor } from "./executor.ts";
import type { DaemonMetrics } from "./metrics.ts";

export interface SchedulerOptions {
  store: JobStore;
  clock: Clock;
  log: DaemonLog;
  metrics: DaemonMetrics;
  /** Told when an execution may have become runnable. */
  executor: Pick<Executor, "wake">;
  /** The longest sleep. */
  checkIntervalMs: number;
}

// Another process's change is noticed within this time.
const POLL_MS = 1_000;
// After the store failed, and while something is overdue that cannot be done yet.
const RETRY_MS = 1_000;
const BATCH = 100;

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
    this.#running ??= Promise.all([this.#loop(), this.#poll()]);
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
    const now = this.options.clock.now().getTime();
    const silentMs = this.#lastTickAt === undefined ? 0 : now - this.#lastTickAt.getTime();
    return silentMs > this.#checkIntervalMs + 30_000
      ? `the clock has not ticked for ${Math.round(silentMs / 1000)} s`
      : "";
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
      for (const job of due) {
        if (this.#stopping.signal.aborted) return;
        if (await this.#decide(job, now, active)) executor.wake(); // the first of many need not wait for the last
        else undecided.add(job.id);
      }
    }
    executor.wake(); // for what others recorded: `run`, another daemon, a retry whose time has come
  }

  /** @returns false when the job is as due as before */
  async #decide(job: Job, now: Date, active: readonly Execution[]): Promise<boolean> {
    const { store, metrics } = this.options;
    const log = this.options.log.with({ component: "scheduler", job: job.name });
    let plan: DuePlan | undefined;
    try {
      plan = planDue(job, now, active);
    } catch (error) {
      // A schedule that cannot be read can never become due again; the job says so until somebody corrects it.
      const lastError = `its schedule cannot be read: ${describeError(error)}`;
      log.error(lastError);
      const stored = await store.updateJob(job.id, (it) => ({ ...it, nextRun: null, status: "failed", lastError }));
      return typeof stored === "object";
    }
    if (plan === undefined) return false;
    const execution = plannedExecution(job, plan, now);
    const outcome = await store.fire(job.id, execution, (it) => {
      const planned = applyPlan(it, plan);
      return planned === it ? undefined : planned; // disabled, or advanced by another daemon, since it was read
    });
    if (outcome !== "created") return true; // decided by another daemon, or deleted meanwhile
    const { firing, missed, missedWhy } = plan;
    if (missed > 0) metrics.skipped(missedWhy, missed);
    if (missed > 0) log.warn(`${missed} due times were missed`, { reason: missedWhy });
    if (firing.do === "skip") {
      metrics.skipped(firing.why);
      log.warn(execution.error, { execution: execution.id, reason: firing.why });
    } else {
      log.info(`due: ${firing.trigger}`, { execution: execution.id, lateMs: firing.lateByMs });
    }
    return true;
  }

  /** Notices what other processes wrote, and a wall clock that went on while timers stood still. */
  async #poll(): Promise<void> {
    const { store, clock } = this.options;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(POLL_MS, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
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
}
