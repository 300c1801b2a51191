import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { applyOutcome, applyStart, countSkipped, SCHEDULER } from "../schedule/apply_firing.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import { decideTurn } from "../schedule/overlap.ts";
import { compareQueued } from "../schedule/queue_order.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { JobStore, Lease } from "../store/job_store.ts";
import type { Admission } from "./admission.ts";
import type { AttemptCgroups } from "./attempt_cgroup.ts";
import { type ResourceLimits, resourceLimits } from "./attempt_limits.ts";
import type { Announcer } from "./announcer.ts";
import { AttemptLog } from "./attempt_log.ts";
import type { AttemptVariables } from "./attempt_variables.ts";
import type { AttemptEnd, EndReason } from "./attempt_process.ts";
import { beginAttempt, isRunnable } from "./begin_attempt.ts";
import { attemptTimeoutMs, removeLeftovers } from "./build_request.ts";
import type { RunningExecution } from "./control_protocol.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { Executor, ExecutorLimits } from "./executor.ts";
import { finishAttempt, type FinishedAttempt, REPLACED } from "./finish_attempt.ts";
import { removeTokenKey } from "./job_tokens.ts";
import { keepAnalysis } from "./keep_analysis.ts";
import { LEASE_MS, LeaseKeeper, RENEW_EVERY_MS } from "./lease_keeper.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { replaceWaiting } from "./replace_waiting.ts";
import { startAttempt } from "./start_attempt.ts";

export interface LocalExecutorOptions {
  store: JobStore;
  clock: Clock;
  state: StateFolder;
  log: DaemonLog;
  metrics: DaemonMetrics;
  /** Of this daemon, for leases. */
  owner: string;
  /** The command line of an attempt. */
  command: { command: string; args: string[] };
  limits: ExecutorLimits;
  /** Where attempts get bounds that the kernel keeps. */
  cgroups?: AttemptCgroups;
  /** Default: attempts get all of this process's environment. */
  variables?: AttemptVariables;
  /** Between SIGTERM and SIGKILL. Default 10 s. */
  graceMs?: number;
  /** How long attempts may go on after {@linkcode LocalExecutor.stop} was called. Default 10 s. */
  drainMs?: number;
  lease?: { leaseMs: number; renewEveryMs: number };
  /** How many bundles wait for the destination of a job: those of its runs go behind them. */
  uploadsBefore?(job: Job): Promise<number>;
  /** The job with what the settings say where it does not. */
  completeJob?(job: Job): Job;
  /** Knows whom to tell of executions. */
  announcer?: Pick<Announcer, "started" | "ended" | "wake">;
  /** Decides what has to wait although there is a slot. */
  admission?: Admission;
  /** Called after each attempt. */
  onEnd?(jobId: string): void;
  random?: () => number;
}

interface Slot {
  execution: Execution;
  abort: AbortController;
  pid: number;
  startTime: string;
  log?: AttemptLog;
  done: Promise<void>;
}

const WRITE_TRIES = 6;
// After the store failed.
const RETRY_MS = 1_000;
// Until what was not admitted is looked at again.
const ADMISSION_MS = 10_000;

/** Runs attempts as child processes of this daemon, a limited number at a time, by priority and due time. */
export class LocalExecutor implements Executor {
  readonly #slots = new Map<string, Slot>();
  #limits: ExecutorLimits;
  readonly #hurry = new AbortController();
  #waiting = 0;
  #draining = false;
  #woken = Promise.withResolvers<void>();
  #looping: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: LocalExecutorOptions) {
    this.#limits = options.limits;
  }

  start(): void {
    this.#looping ??= this.#loop();
    this.wake();
  }

  wake(): void {
    this.#woken.resolve();
  }

  drain(): void {
    this.#draining = true;
    this.wake();
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  hurry(): void {
    this.#hurry.abort();
  }

  running(): RunningExecution[] {
    return [...this.#slots.values()].map(({ execution, pid, startTime, log }) => ({
      id: execution.id,
      job: execution.jobName,
      pid,
      startTime,
      attempt: execution.retryCount + 1,
      progress: log?.progress ?? "",
    }));
  }

  waiting(): number {
    return this.#waiting;
  }

  setLimits(limits: ExecutorLimits): void {
    this.#limits = limits;
    this.wake();
  }

  async #stop(): Promise<void> {
    this.drain();
    await this.#looping;
    const all = () => Promise.all([...this.#slots.values()].map((slot) => slot.done));
    if (this.#slots.size > 0) {
      all().then(() => this.#hurry.abort());
      await this.options.clock.sleep(this.options.drainMs ?? 10_000, this.#hurry.signal);
      for (const slot of this.#slots.values()) slot.abort.abort("interrupted" satisfies EndReason);
    }
    await all();
  }

  async #loop(): Promise<void> {
    while (!this.#draining) {
      await this.#woken.promise;
      this.#woken = Promise.withResolvers();
      if (this.#draining) return;
      try {
        if (await this.#fill() === "held") await this.#retryTime(ADMISSION_MS);
      } catch (error) {
        this.options.log.error("cannot look for executions to run", {
          component: "executor",
          error: describeError(error),
        });
        await this.#retryTime(RETRY_MS);
      }
    }
  }

  /** Ends after a while, or when something happens before. The next look is due then. */
  async #retryTime(ms: number): Promise<void> {
    const happened = new AbortController();
    void this.#woken.promise.then(() => happened.abort());
    await this.options.clock.sleep(ms, happened.signal);
    this.wake();
  }

  /** Gives free slots to those that are due and have their turn. */
  async #fill(): Promise<"held" | undefined> {
    const { store, clock, owner, lease, admission } = this.options;
    const now = clock.now();
    const active = await store.activeExecutions();
    const due: Execution[] = [];
    for (const ofJob of Map.groupBy(active, ({ jobId }) => jobId).values()) {
      for (const execution of ofJob) {
        const turn = decideTurn(execution, ofJob, now).do;
        if (turn === "cancel") await this.#replace(execution);
        else if (turn === "go" && isRunnable(execution, now) && !this.#slots.has(execution.id)) due.push(execution);
      }
    }
    due.sort(compareQueued);
    this.#waiting = due.length;
    const mayStart = admission?.round([...this.#slots.keys()]);
    for (const execution of due) {
      if (this.#slots.size >= this.#limits.maxConcurrent || this.#draining) break;
      if (await mayStart?.(execution) === false) continue; // what needs less may
      const claimed = await store.claimLease(execution.id, owner, clock.now(), lease?.leaseMs ?? LEASE_MS);
      if (claimed === undefined) continue; // another daemon's
      this.#waiting--;
      this.#occupy(execution, claimed);
    }
    return admission !== undefined && admission.held().length > 0 ? "held" : undefined;
  }

  /** Ends an execution whose place a later one takes, unless it is another daemon's to end. */
  async #replace(execution: Execution): Promise<void> {
    const slot = this.#slots.get(execution.id);
    if (slot !== undefined) return slot.abort.abort("cancelled" satisfies EndReason);
    if (execution.status !== "running") await replaceWaiting(execution.id, this.options);
  }

  #occupy(execution: Execution, lease: Lease): void {
    const slot: Slot = {
      execution,
      abort: new AbortController(),
      pid: 0,
      startTime: this.options.clock.now().toISOString(),
      done: Promise.resolve(),
    };
    this.#slots.set(execution.id, slot);
    const log = this.options.log.with({
      component: "executor",
      job: execution.jobName,
      execution: execution.id,
    });
    slot.done = this.#run(slot, lease, log)
      .catch((error) => log.error("the execution could not be carried through", { error: describeError(error) }))
      .finally(() => {
        this.#slots.delete(execution.id);
        this.options.onEnd?.(execution.jobId);
        this.wake();
      });
  }

  async #run(slot: Slot, claimed: Lease, log: DaemonLog): Promise<void> {
    const { store, clock, state } = this.options;
    const keeper = new LeaseKeeper(
      store,
      clock,
      claimed,
      log,
      () => slot.abort.abort("lease-lost" satisfies EndReason),
      this.options.lease ?? { leaseMs: LEASE_MS, renewEveryMs: RENEW_EVERY_MS },
    );
    try {
      const begun = await this.#begin(slot, keeper);
      if (begun === undefined) return; // decided elsewhere between the look and the claim
      const { job, startedAt } = begun;
      slot.log = new AttemptLog(store, clock, slot.execution.id, log);
      try {
        this.options.announcer?.started(job, slot.execution);
        const timeoutMs = attemptTimeoutMs(job, this.#limits.timeoutCapMs);
        const resources = resourceLimits(job, this.#limits.maxMemoryMB);
        const end = await this.#attempt(slot, job, keeper, timeoutMs, resources);
        if (end.endedFor === "lease-lost") {
          slot.log.add("error", "executor", "ended: another daemon has taken this execution over");
          return;
        }
        const finished = finishAttempt(
          slot.execution,
          job,
          end,
          { startedAt, now: clock.now(), timeoutMs, memory: resources.memory },
          (this.options.random ?? Math.random)(),
        );
        await keepAnalysis(finished, end, job, state, log);
        // Whoever waits for the result finds the log complete and nothing left behind.
        await removeLeftovers(job, slot.execution.id, state);
        sayResult(finished, slot.log);
        await slot.log.flush();
        await this.#record(finished, job, slot, keeper);
      } finally {
        await slot.log.close();
        await removeLeftovers(begun.job, slot.execution.id, state);
      }
    } finally {
      await keeper.stop();
      await store.releaseLease(keeper.lease).catch((error) =>
        log.warn("cannot give the lease back", { error: describeError(error) })
      );
    }
  }

  /** Records that the attempt begins. @returns undefined when there is nothing to begin */
  async #begin(slot: Slot, keeper: LeaseKeeper): Promise<{ job: Job; startedAt: Date } | undefined> {
    const { store, clock, metrics } = this.options;
    const startedAt = clock.now();
    const job = await store.getJob(slot.execution.jobId);
    // Looked at once more with the claim in hand: another daemon may have begun one that comes first.
    if (decideTurn(slot.execution, await store.activeExecutions(slot.execution.jobId), startedAt).do !== "go") {
      return undefined;
    }
    let ours = false;
    const change = (execution: Execution) => {
      ours = isRunnable(execution, startedAt);
      return ours ? beginAttempt(execution, job, startedAt) : execution;
    };
    const stored = await store.updateExecution(slot.execution.id, change, keeper.lease, (it, { status }) => {
      if (!ours) return it;
      return status === "running"
        ? applyStart(it, startedAt)
        : status === "skipped"
        ? countSkipped(it, "disabled", 1)
        : it;
    });
    if (stored === undefined || !ours || job === undefined) return undefined;
    if (stored.status === "skipped") metrics.skipped("disabled");
    if (stored.status !== "running") return undefined;
    slot.execution = stored;
    const first = stored.retryCount === 0;
    const lateByMs = startedAt.getTime() - new Date(stored.notBefore ?? stored.scheduledAt).getTime();
    metrics.started(first && stored.trigger === "schedule" ? lateByMs : undefined);
    return { job: this.options.completeJob?.(job) ?? job, startedAt };
  }

  async #attempt(
    slot: Slot,
    job: Job,
    keeper: LeaseKeeper,
    timeoutMs: number,
    resources: ResourceLimits,
  ): Promise<AttemptEnd> {
    const { store, state, clock, command } = this.options;
    return await startAttempt({
      command,
      execution: slot.execution,
      job,
      state,
      clock,
      log: slot.log!,
      timeoutMs,
      graceMs: this.options.graceMs ?? 10_000,
      resources,
      maxBundleBytes: this.#limits.maxBundleBytes,
      behind: await this.options.uploadsBefore?.(job) ?? 0,
      cgroups: this.options.cgroups,
      variables: this.options.variables,
      signal: slot.abort.signal,
      onSpawn: async (child) => {
        slot.pid = child.pid;
        const process = { ...child, host: Deno.hostname() };
        const stored = await store.updateExecution(slot.execution.id, (it) => ({ ...it, process }), keeper.lease);
        if (stored === undefined) slot.abort.abort("lease-lost" satisfies EndReason);
        slot.abort.signal.throwIfAborted();
      },
    });
  }

  /** Writes how it ended, and whom to tell of it. The store may be away for a moment; a result is worth waiting for. */
  async #record(finished: FinishedAttempt, job: Job, slot: Slot, keeper: LeaseKeeper): Promise<void> {
    const { store, clock, metrics, announcer } = this.options;
    const { execution, final } = finished;
    const replaced = execution.errorCode === REPLACED.errorCode; // the job's status is that of the run that follows
    for (let attempt = 1;; attempt++) {
      try {
        const notices = final ? await announcer?.ended(job, execution) : undefined;
        const stored = await store.updateExecution(
          execution.id,
          () => execution,
          keeper.lease,
          (it, ended) => replaced ? it : applyOutcome(it, ended),
          notices,
        );
        if (stored === undefined) {
          slot.log!.add("error", "executor", "the result was not recorded: another daemon has the execution now");
          return;
        }
        if (notices !== undefined) announcer?.wake();
        const kept = await store.getJob(job.id);
        if (job.enabled && kept?.paused?.by === SCHEDULER) {
          slot.log!.add("warn", "executor", `the job is disabled from now on: ${kept.paused.note}`);
        }
        // Deleted meanwhile: what the attempt remembered of its tokens goes too.
        if (job.tokenize && kept === undefined) await removeTokenKey(job.id, this.options.state);
        break;
      } catch (error) {
        if (attempt === WRITE_TRIES) throw error;
        slot.log!.add("error", "store", `cannot record the result: ${describeError(error)}`);
        await clock.sleep(500 * 2 ** attempt);
      }
    }
    for (const { stage, status, durationMs } of execution.stages) {
      if (status !== "skipped") metrics.stage(stage, durationMs / 1000, status);
    }
    if (final) metrics.finished(job.id, execution.status, execution.duration, execution.bundleSize, clock.now());
    else metrics.retried();
  }
}

function sayResult({ execution, final }: FinishedAttempt, log: AttemptLog): void {
  const { status, error, retryAt } = execution;
  if (!final) return log.add("warn", "executor", `${error}; next attempt at ${retryAt}`);
  const level = status === "completed" ? "info" : ["partial", "cancelled"].includes(status) ? "warn" : "error";
  log.add(level, "executor", `${status}${error === "" ? "" : `: ${error}`}`);
}
