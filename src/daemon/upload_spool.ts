import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { Execution, ExecutionUpload } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { decideUploads, queueOf, speaksForDestination, toWaiting } from "../schedule/upload_order.ts";
import { afterGivingUp, jobAfterUpload, tryNow } from "../schedule/upload_state.ts";
import type { JobStore, Lease } from "../store/job_store.ts";
import { bundleFilesOf } from "./bundle_files.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { LEASE_MS, RENEW_EVERY_MS } from "./lease_keeper.ts";
import { ownerState } from "./lease_owner.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { killMarked } from "./process_identity.ts";
import { EXECUTION_ENV } from "../core/execution_mark.ts";
import type { Announcer } from "./announcer.ts";
import type { AttemptVariables } from "./attempt_variables.ts";
import { abandonUpload, sendUpload } from "./send_upload.ts";
import { uploadPlan } from "./upload_plan_of.ts";

/** How long a change that nobody tells of goes unseen. */
const LOOK_EVERY_MS = 10_000;
const AT_A_TIME = 2;

export interface UploadSpoolOptions {
  store: JobStore;
  clock: Clock;
  state: StateFolder;
  log: DaemonLog;
  metrics: Pick<DaemonMetrics, "upload">;
  /** Of this daemon, for leases. */
  owner: string;
  /** The command line of a delivery. */
  command: { command: string; args: string[] };
  /** Default: deliveries get all of this process's environment. */
  variables?: AttemptVariables;
  /** Knows whom to tell of bundles that have arrived after all. */
  announcer?: Pick<Announcer, "delivered" | "wake">;
  /** Whether other daemons, each with bundles of its own, use the store. */
  shared(): boolean;
  /** The job with what the settings say where it does not. */
  completeJob?(job: Job): Job;
  /** Between SIGTERM and SIGKILL. Default 10 s. */
  graceMs?: number;
  lease?: { leaseMs: number; renewEveryMs: number };
}

/** What waits on this machine. */
export interface SpoolSummary {
  count: number;
  bytes: number;
  /** Those that time alone does not help. */
  needsYou: number;
  /** Since when the oldest waits. */
  since?: Date;
}

/** A bundle that waits, with where it is and where it goes now. */
interface Spooled {
  execution: Execution;
  path: string;
  plan: NonNullable<ExecutionUpload["plan"]>;
}

/** Delivers the bundles that could not be delivered by their runs: in the order of their due times, each once, as soon as
 * their destination takes them. A bundle goes where its job says now; of a job that is gone, where it said. */
export class UploadSpool {
  readonly #log: DaemonLog;
  readonly #stopping = new AbortController();
  #woken = new AbortController();
  #running: Promise<void> | undefined;
  /** By queue. */
  readonly #sending = new Map<string, Promise<void>>();
  #summary: SpoolSummary = { count: 0, bytes: 0, needsYou: 0 };

  constructor(private readonly options: UploadSpoolOptions) {
    this.#log = options.log.with({ component: "uploader" });
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Something may have begun to wait, or to be due. Cheap, and harmless when nothing has. */
  wake(): void {
    this.#woken.abort();
  }

  /** Cuts off what is being sent: it goes on from there. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
    await Promise.all(this.#sending.values());
  }

  /** As it was looked at last. */
  summary(): SpoolSummary {
    return this.#summary;
  }

  /** How many bundles go before the next one of a job: those that wait for its destination, and not for something else. */
  async before(job: Job): Promise<number> {
    const plan = uploadPlan(job.upload);
    if (plan === undefined) return 0;
    const queue = queueOf(plan);
    return (await this.#waiting()).filter((it) =>
      queueOf(it.plan) === queue && speaksForDestination(it.execution.upload)
    ).length;
  }

  /** Frees what the upload of a bundle has left at its destination, before the bundle is removed. Never rejects. */
  async abandon(execution: Execution): Promise<void> {
    const spooled = await this.#spooled(execution).catch(() => undefined);
    if (spooled !== undefined) await abandonUpload({ ...spooled, ...this.#sender() });
  }

  async #loop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = new AbortController();
      const now = this.options.clock.now().getTime();
      let until = now + LOOK_EVERY_MS;
      try {
        until = Math.min(until, (await this.#turn())?.getTime() ?? Infinity);
      } catch (error) {
        this.#log.error("cannot look for bundles that wait for their destinations", { error: describeError(error) });
      }
      await this.options.clock.sleep(Math.max(until - this.options.clock.now().getTime(), 1), this.#woken.signal);
    }
  }

  /** @returns when the next one is due */
  async #turn(): Promise<Date | undefined> {
    const waiting = await this.#waiting();
    this.#summary = summarize(waiting);
    const byId = new Map(waiting.map((it) => [it.execution.id, it]));
    const turns = decideUploads(
      waiting.map(({ execution, plan }) => toWaiting(execution, plan)),
      new Set(this.#sending.keys()),
      this.options.clock.now(),
    );
    let taken = false;
    for (const { id, queue } of turns.ready) {
      if (this.#sending.size >= AT_A_TIME || this.#stopping.signal.aborted) break;
      const lease = await this.#claim(id);
      if (lease === undefined) continue; // another daemon's
      taken = true;
      const sent = this.#send(byId.get(id)!, queue, lease).finally(() => {
        this.#sending.delete(queue);
        this.wake();
      });
      this.#sending.set(queue, sent);
    }
    return taken ? undefined : turns.nextAt;
  }

  async #send(spooled: Spooled, queue: string, lease: Lease): Promise<void> {
    try {
      const delivered = await sendUpload({ ...spooled, lease, ...this.#sender() });
      if (delivered) await this.#retryOthers(queue);
    } catch (error) {
      this.#log.error("cannot deliver a bundle that waits", {
        execution: spooled.execution.id,
        job: spooled.execution.jobName,
        error: describeError(error),
      });
    }
  }

  #sender() {
    const { store, clock, log, metrics, command, variables, announcer, graceMs = 10_000, lease } = this.options;
    return {
      store,
      clock,
      log: log.with({ component: "uploader" }),
      metrics,
      command,
      variables,
      announcer,
      graceMs,
      times: lease ?? { leaseMs: LEASE_MS, renewEveryMs: RENEW_EVERY_MS },
      signal: this.#stopping.signal,
    };
  }

  /** The destination takes bundles: those that were waiting for just that need not wait any longer. */
  async #retryOthers(queue: string): Promise<void> {
    const now = this.options.clock.now();
    for (const { execution, plan } of await this.#waiting()) {
      const { upload } = execution;
      if (queueOf(plan) !== queue || !speaksForDestination(upload)) continue;
      if (upload.nextAt === null || new Date(upload.nextAt) <= now) continue;
      await this.options.store.updateExecution(execution.id, (it) => tryNow(it, now));
    }
  }

  async #claim(id: string): Promise<Lease | undefined> {
    const { store, owner, clock, lease } = this.options;
    const held = await store.getLease(id);
    if (held !== undefined && await ownerState(held.owner) === "dead") {
      await killMarked(EXECUTION_ENV, id); // what it started, and what may still be sending
      await store.releaseLease(held);
    }
    return await store.claimLease(id, owner, clock.now(), lease?.leaseMs ?? LEASE_MS);
  }

  /** Those whose bundles are on this machine. */
  async #waiting(): Promise<Spooled[]> {
    const found: Spooled[] = [];
    const jobs = new Map<string, Promise<Job | undefined>>();
    for (const execution of await this.options.store.waitingUploads()) {
      const job = jobs.get(execution.jobId) ?? this.options.store.getJob(execution.jobId);
      jobs.set(execution.jobId, job);
      const spooled = await this.#spooled(execution, await job);
      if (spooled !== undefined) found.push(spooled);
    }
    return found;
  }

  async #spooled(execution: Execution, job?: Job): Promise<Spooled | undefined> {
    const { store, completeJob = (job: Job) => job, state, shared } = this.options;
    job ??= await store.getJob(execution.jobId);
    const plan = (job && uploadPlan(completeJob(job).upload)) ?? execution.upload.plan;
    const [path] = execution.bundlePath === "" ? [] : bundleFilesOf(execution, state);
    if (plan !== null && path !== undefined && await Deno.stat(path).then((it) => it.isFile, () => false)) {
      return { execution, path, plan };
    }
    if (!shared()) await this.#lost(execution);
    return undefined;
  }

  /** There is nothing left to deliver. */
  async #lost(execution: Execution): Promise<void> {
    const why = "The bundle could not be delivered: it is not there any more";
    const changed = await this.options.store.updateExecution(
      execution.id,
      (it) => afterGivingUp(it, why, "UPLOAD_LOST"),
      undefined,
      jobAfterUpload,
    );
    if (changed?.upload.lastErrorCode !== "UPLOAD_LOST") return;
    this.#log.error(why, { job: execution.jobName, execution: execution.id, bundle: execution.bundlePath });
    this.options.metrics.upload("lost");
  }
}

function summarize(waiting: readonly Spooled[]): SpoolSummary {
  const uploads = waiting.map(({ execution }) => execution);
  const since = uploads.map(({ upload }) => Date.parse(upload.since ?? "")).filter((at) => !Number.isNaN(at));
  return {
    count: uploads.length,
    bytes: uploads.reduce((sum, { bundleSize }) => sum + bundleSize, 0),
    needsYou: uploads.filter(({ upload }) => upload.needsYou).length,
    ...since.length > 0 && { since: new Date(Math.min(...since)) },
  };
}
