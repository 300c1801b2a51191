import { removeResumeFile, resumePath } from "../bundle/resume_path.ts";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { DAEMON_ENV, EXECUTION_ENV } from "../core/execution_mark.ts";
import { retry } from "../core/retry.ts";
import { UPLOAD_INTERRUPTED } from "../core/upload_codes.ts";
import type { DeliveryRequest } from "../pipeline/delivery_request.ts";
import type { PipelineEvent } from "../pipeline/report.ts";
import type { UploadPlan } from "../pipeline/upload_plan.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import { afterDelivery, afterFailedTry, jobAfterUpload, type UploadFailure } from "../schedule/upload_state.ts";
import type { JobStore, Lease, NoticesOf } from "../store/job_store.ts";
import type { Announcer } from "./announcer.ts";
import { AttemptLog } from "./attempt_log.ts";
import { type EndReason, runAttempt } from "./attempt_process.ts";
import type { AttemptVariables } from "./attempt_variables.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { LeaseKeeper } from "./lease_keeper.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { USUAL_ARENAS } from "./one_arena.ts";

/** However slow the line is: what has arrived by then is not sent again. */
const SEND_LIMIT_MS = 6 * 3_600_000;
const ABANDON_LIMIT_MS = 60_000;
const WRITES = { attempts: 6, baseDelayMs: 1_000, maxDelayMs: 30_000 };

export interface SendOptions {
  execution: Execution;
  /** Of the bundle. */
  path: string;
  plan: UploadPlan;
  store: JobStore;
  clock: Clock;
  log: DaemonLog;
  metrics: Pick<DaemonMetrics, "upload">;
  command: { command: string; args: string[] };
  /** Default: the child gets all of this process's environment. */
  variables?: AttemptVariables;
  /** Knows whom to tell that a bundle has arrived after all. */
  announcer?: Pick<Announcer, "delivered" | "wake">;
  graceMs: number;
  times: { leaseMs: number; renewEveryMs: number };
  /** Cuts it off. */
  signal: AbortSignal;
}

type Delivery = Extract<PipelineEvent, { type: "delivery" }>;

/** Delivers a bundle that waits, in a child process, and takes down how it went. Only whoever holds the lease writes.
 * @returns whether it was delivered */
export async function sendUpload(options: SendOptions & { lease: Lease }): Promise<boolean> {
  const { store, clock, metrics, path } = options;
  const { id, jobName: job } = options.execution;
  const lost = new AbortController();
  const keeper = new LeaseKeeper(store, clock, options.lease, options.log, () => lost.abort(), options.times);
  const log = new AttemptLog(store, clock, id, options.log.with({ job, execution: id }));
  try {
    // As it is now that nobody else may change it.
    const execution = await store.getExecution(id);
    if (execution?.upload.state !== "waiting") return false;
    log.add("info", "uploader", `delivering the bundle that waits: try ${execution.upload.attempts + 1}`);
    const result = await deliver(execution, options, log, lost.signal);
    if (result === undefined) return false;
    const notices = result.url === undefined ? undefined : await noticesOf(execution, options);
    const stored = await retry(
      () =>
        store.updateExecution(
          id,
          (it) => it.upload.state === "waiting" ? record(it, result, clock.now()) : it,
          keeper.lease,
          jobAfterUpload,
          notices,
        ),
      { ...WRITES, clock, signal: lost.signal, judge: () => ({ retry: true }) },
    );
    if (stored === undefined) {
      log.add("error", "uploader", "the result was not recorded: another daemon has the upload now");
      return false;
    }
    if (notices !== undefined) options.announcer?.wake();
    metrics.upload(result.url === undefined ? "failed" : "delivered");
    tell(result, stored, log);
    if (result.url === undefined) return false;
    await removeResumeFile(path).catch(() => {});
    return true;
  } finally {
    await log.close();
    await keeper.stop();
    await store.releaseLease(keeper.lease).catch((error) =>
      options.log.warn("cannot give the lease back", { execution: id, error: describeError(error) })
    );
  }
}

/** That it was refused was told as a failure: that it is over, is told, too. */
async function noticesOf(execution: Execution, { store, announcer }: SendOptions): Promise<NoticesOf | undefined> {
  if (!execution.upload.refused || announcer === undefined) return undefined;
  const job = await store.getJob(execution.jobId);
  return job && await announcer.delivered(job, execution);
}

/** Frees what an unfinished upload has left at the destination. Never rejects. */
export async function abandonUpload(options: SendOptions): Promise<void> {
  const begun = await Deno.stat(resumePath(options.path)).then(() => true, () => false);
  if (!begun) return;
  const { execution } = options;
  const log = options.log.with({ job: execution.jobName, execution: execution.id });
  const end = await startChild(options, "abandon", options.signal, ABANDON_LIMIT_MS, (event) => {
    if (event.type === "log") log[event.level](event.message);
  });
  if (end.exitCode !== 0) log.warn("what has arrived of the bundle may still be at its destination");
}

/** @returns undefined when it was cut off from here, and nothing is to be said about it */
async function deliver(
  execution: Execution,
  options: SendOptions,
  log: AttemptLog,
  lost: AbortSignal,
): Promise<Delivery | undefined> {
  let result: Delivery | undefined;
  const ending = new AbortController();
  const end = (reason: EndReason) => ending.abort(reason);
  const onStop = () => end("interrupted");
  const onLost = () => end("lease-lost");
  options.signal.addEventListener("abort", onStop, { once: true });
  lost.addEventListener("abort", onLost, { once: true });
  if (options.signal.aborted) onStop();
  try {
    const ended = await startChild({ ...options, execution }, "deliver", ending.signal, SEND_LIMIT_MS, (event) => {
      if (event.type === "delivery") result = event;
      else log.event(event);
    });
    if (result?.url !== undefined) return result;
    if (ended.endedFor === "interrupted" || ended.endedFor === "lease-lost") return undefined;
    if (result !== undefined && result.error?.code !== UPLOAD_INTERRUPTED) return result;
    const why = ended.startError ?? ended.endedFor ?? ended.exitSignal ?? `exit code ${ended.exitCode}`;
    const said = ended.stderrTail.trim().split("\n").at(-1);
    const message = `The upload ended without a result: ${why}${said ? `: ${said}` : ""}`;
    return { type: "delivery", error: { code: "CRASHED", message, transient: true }, durationMs: 0 };
  } finally {
    options.signal.removeEventListener("abort", onStop);
    lost.removeEventListener("abort", onLost);
  }
}

async function startChild(
  { execution, path, plan, command, variables, clock, graceMs, store, log }: SendOptions,
  action: DeliveryRequest["action"],
  signal: AbortSignal,
  timeoutMs: number,
  onEvent: (event: PipelineEvent) => void,
) {
  const job = await store.getJob(execution.jobId);
  const { bundleSize: bytes, bundleSha256: sha256, companions } = execution;
  const request: DeliveryRequest = {
    action,
    archive: { path, bytes, sha256, companions },
    plan,
    facts: factsOf(execution, job),
    kube: { ...job?.kubernetes },
  };
  return await runAttempt({
    command,
    env: { ...USUAL_ARENAS, [EXECUTION_ENV]: execution.id, [DAEMON_ENV]: String(Deno.pid) },
    withheld: await variables?.withheldFrom(request),
    request,
    limits: { timeoutMs, graceMs },
    clock,
    signal,
    onSpawn: () => Promise.resolve(),
    onEvent,
    onGarbage: (line, reason) => log.debug("unreadable output of an upload", { line, reason }),
  });
}

function factsOf(execution: Execution, job: Job | undefined): DeliveryRequest["facts"] {
  return {
    job: execution.jobName,
    execution: execution.id,
    cluster: execution.upload.cluster || undefined,
    at: execution.scheduledAt,
    started: execution.startTime ?? undefined,
    labels: job?.labels ?? {},
    metadata: {},
  };
}

function record(execution: Execution, { url, error, durationMs }: Delivery, now: Date): Execution {
  if (url !== undefined) return afterDelivery(execution, { url, fallbackReason: error, durationMs }, now);
  return { ...execution, upload: afterFailedTry(execution.upload, error ?? UNKNOWN, now) };
}

const UNKNOWN: UploadFailure = { code: "INTERNAL", message: "The upload failed without a reason", transient: true };

function tell({ url, error }: Delivery, { upload }: Execution, log: AttemptLog): void {
  if (url !== undefined) {
    const why = error === undefined ? "" : `, the fallback destination: ${error.message}`;
    return log.add(error === undefined ? "info" : "warn", "uploader", `delivered the bundle to ${url}${why}`);
  }
  const hint = error?.hint === undefined ? "" : `. ${error.hint}`;
  log.add("error", "uploader", `${error?.message}; next try at ${upload.nextAt}${upload.needsYou ? hint : ""}`);
}
