import { formatDuration } from "../core/duration.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { PipelineReport } from "../pipeline/report.ts";
import type { Execution, ExecutionStatus } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import { classifyFailure } from "../schedule/failure_class.ts";
import { decideRetry } from "../schedule/retry.ts";
import { afterFailedTry, NO_UPLOAD, waitsBehind } from "../schedule/upload_state.ts";
import { memoryError, type MemoryLimit } from "./attempt_limits.ts";
import type { AttemptEnd } from "./attempt_process.ts";
import { uploadPlan } from "./upload_plan_of.ts";

/** What is said of an execution that the daemon's own end cut off, by a stop or by a crash. */
export const INTERRUPTED = "interrupted: the daemon stopped while it ran";

/** What is said of an execution that the job's overlap policy `cancel-running` ended. */
export const REPLACED = {
  error: "the job's next run has taken its place",
  errorCode: "OVERLAP_CANCELLED",
} as const;

export interface FinishedAttempt {
  /** The record as it is to be stored. */
  execution: Execution;
  /** False while a further attempt is to come. */
  final: boolean;
}

interface Verdict {
  status: ExecutionStatus;
  error: string;
  errorCode: string;
  exitCode: number | null;
  /** Whether another attempt may do better. */
  transient: boolean;
}

/** What becomes of an execution when the child of its attempt has ended.
 * @param random in [0, 1): spreads retries
 * @param times with the limits that the attempt had */
export function finishAttempt(
  execution: Execution,
  job: Job,
  end: AttemptEnd,
  times: { startedAt: Date; now: Date; timeoutMs: number; memory?: MemoryLimit },
  random: number,
): FinishedAttempt {
  const verdict = judge(end, times);
  const durationMs = Math.max(0, times.now.getTime() - times.startedAt.getTime());
  const finished: Execution = {
    ...withReport(execution, end),
    upload: uploadAfter(execution, job, end.report, times.now),
    status: verdict.status,
    error: verdict.error,
    errorCode: verdict.errorCode,
    errorClass: verdict.status === "failed" ? classifyFailure(verdict) : "",
    exitCode: verdict.exitCode,
    endTime: times.now.toISOString(),
    duration: durationMs / 1000,
    retryAt: null,
    process: null,
  };
  const retryAt = nextAttempt(execution, job, verdict, times.now, random);
  if (retryAt !== undefined) {
    return {
      execution: {
        ...finished,
        status: "retrying",
        retryAt: retryAt.toISOString(),
        retryCount: execution.retryCount + 1,
      },
      final: false,
    };
  }
  return { execution: finished, final: true };
}

/** What becomes of an execution whose daemon died while it ran. Its attempt counts: an execution that takes the daemon
 * down with it must come to an end. */
export function finishInterrupted(
  execution: Execution,
  job: Job | undefined,
  now: Date,
  random: number,
): FinishedAttempt {
  const failure = { transient: true, code: "INTERRUPTED" };
  const again = job !== undefined &&
    decideRetry(job.retry, execution.retryCount + 1, failure, now, random).do === "retry";
  const ended: Execution = {
    ...execution,
    error: INTERRUPTED,
    errorCode: "INTERRUPTED",
    errorClass: "transient",
    exitCode: null,
    process: null,
  };
  if (again) {
    return {
      // What cut it off is over: there is nothing to wait for.
      execution: { ...ended, status: "retrying", retryAt: now.toISOString(), retryCount: execution.retryCount + 1 },
      final: false,
    };
  }
  const why = job === undefined ? "its job is gone" : `all ${job.retry.maxAttempts} attempts are used up`;
  return {
    execution: {
      ...ended,
      status: "failed",
      error: `${INTERRUPTED}; ${why}`,
      endTime: now.toISOString(),
      retryAt: null,
    },
    final: true,
  };
}

function judge(end: AttemptEnd, { timeoutMs, memory }: { timeoutMs: number; memory?: MemoryLimit }): Verdict {
  const { report } = end;
  if (end.endedFor === "cancelled" && report?.status !== "completed" && report?.status !== "quarantined") {
    return { status: "cancelled", ...REPLACED, exitCode: report?.exitCode ?? null, transient: false };
  }
  // A bundle whose upload was cut off is whole, unless its gathering was, too.
  const whole = report?.upload?.otherwise !== undefined && report.upload.otherwise.error?.code !== "INTERRUPTED";
  if (
    end.endedFor === "interrupted" && report?.status !== "completed" && report?.status !== "quarantined" && !whole
  ) {
    return { status: "failed", error: INTERRUPTED, errorCode: "INTERRUPTED", exitCode: null, transient: true };
  }
  const limit = end.endedFor === "timeout"
    ? {
      errorCode: "TIMEOUT",
      error: `ended after ${formatDuration(timeoutMs)}: the limit of an attempt`,
      transient: true,
    }
    : end.endedFor === "memory"
    ? { errorCode: "MEMORY_LIMIT", error: memoryError(memory, end.usage.peakMemoryMB), transient: false }
    : undefined;
  if (report !== undefined) {
    // A child that was told to end finishes what it has; whether that is a bundle says the archive.
    const error = report.upload?.otherwise === undefined ? report.error : report.upload.otherwise.error;
    const cutOff = limit !== undefined &&
      (report.status === "cancelled" || report.status === "failed" || error?.code === "INTERRUPTED");
    const status = cutOff ? (report.archive === undefined ? "failed" : "partial") : report.status;
    return {
      status,
      error: cutOff ? limit.error : report.error?.message ?? "",
      errorCode: cutOff ? limit.errorCode : report.error?.code ?? "",
      exitCode: report.exitCode,
      transient: cutOff ? limit.transient : report.error?.transient ?? false,
    };
  }
  if (limit !== undefined) {
    return { status: "failed", exitCode: end.endedFor === "timeout" ? EXIT.timeout : end.exitCode, ...limit };
  }
  if (end.startError !== undefined) {
    const error = `the attempt could not be started: ${end.startError}`;
    return { status: "failed", error, errorCode: "START_FAILED", exitCode: end.exitCode, transient: true };
  }
  const how = end.exitSignal === undefined ? `ended with exit code ${end.exitCode}` : `was killed by ${end.exitSignal}`;
  return {
    status: "failed",
    error: `the attempt ${how} without a report`,
    errorCode: "CRASHED",
    exitCode: end.exitCode,
    transient: true,
  };
}

function nextAttempt(
  execution: Execution,
  job: Job,
  verdict: Verdict,
  now: Date,
  random: number,
): Date | undefined {
  if (verdict.status !== "failed") return undefined;
  // The daemon's own stop is no failure of the execution, and does not end it.
  if (verdict.errorCode === "INTERRUPTED") return now;
  const failure = { transient: verdict.transient, code: verdict.errorCode };
  const decision = decideRetry(job.retry, execution.retryCount + 1, failure, now, random);
  return decision.do === "retry" ? decision.at : undefined;
}

function withReport(execution: Execution, end: AttemptEnd): Execution {
  const { report } = end;
  const resourceUsage = resourceUsageOf(end);
  if (report === undefined) {
    // What an earlier attempt delivered is not this one's.
    return {
      ...execution,
      bundlePath: "",
      analysisPath: "",
      uploadUrl: "",
      bundleSha256: "",
      companions: [],
      bundleSize: 0,
      stages: [],
      findings: { fail: 0, warn: 0, pass: 0, top: [] },
      redactions: {},
      metrics: { resourceUsage },
    };
  }
  return {
    ...execution,
    bundlePath: report.archive?.path ?? "",
    bundleSize: report.archive?.bytes ?? 0,
    bundleSha256: report.archive?.sha256 ?? "",
    uploadUrl: report.uploadUrl ?? "",
    companions: report.archive?.companions ?? [],
    collectorCount: report.collectorCount,
    stages: report.stages,
    findings: {
      ...report.findings,
      top: report.findings.top.slice(0, 50).map(({ title, severity, message, evidence }) => ({
        title,
        severity,
        message,
        ...(evidence === undefined ? {} : { evidence }),
      })),
    },
    redactions: report.redactions,
    metrics: {
      collectionTime: seconds(report, "collect"),
      redactionTime: seconds(report, "redact"),
      analysisTime: seconds(report, "analyze"),
      archiveTime: seconds(report, "archive"),
      uploadTime: seconds(report, "upload"),
      totalTime: report.stages.reduce((sum, stage) => sum + stage.durationMs, 0) / 1000,
      analyzerCount: report.analyzerCount,
      errorCount: report.shortfallCount + report.stages.filter((stage) => stage.status === "failed").length,
      resourceUsage,
    },
  };
}

/** What becomes of the bundle that an attempt has made. One that was cut off is not delivered any more. */
function uploadAfter(
  execution: Execution,
  job: Job,
  report: PipelineReport | undefined,
  now: Date,
): Execution["upload"] {
  if (report?.upload === undefined || report.archive === undefined) return NO_UPLOAD;
  const plan = uploadPlan(job.upload);
  const { state, fallback, error, cluster = "", otherwise } = report.upload;
  const upload: Execution["upload"] = {
    ...NO_UPLOAD,
    state,
    fallback,
    destination: plan?.url ?? "",
    cluster,
    host: execution.process?.host ?? "",
    lastError: error?.message ?? "",
    lastErrorCode: error?.code ?? "",
    hint: error?.hint ?? "",
  };
  if (state === "delivered") return { ...upload, attempts: 1, deliveredAt: now.toISOString() };
  if (state === "failed") return { ...upload, attempts: 1 };
  const waiting = error === undefined ? waitsBehind(upload, now) : afterFailedTry(upload, error, now);
  return {
    ...waiting,
    plan: plan ?? null,
    otherwise: otherwise === undefined ? null : {
      status: otherwise.status,
      error: otherwise.error?.message ?? "",
      errorCode: otherwise.error?.code ?? "",
      exitCode: otherwise.exitCode,
    },
  };
}

/** The child knows itself, what was seen of it knows its commands and how it was when it was cut off. */
function resourceUsageOf({ report, usage }: AttemptEnd): NonNullable<Execution["metrics"]["resourceUsage"]> {
  const told: Partial<NonNullable<PipelineReport["usage"]>> = report?.usage ?? {};
  const { networkBytesTx, networkBytesRx } = told;
  const highest = {
    peakMemoryMB: Math.max(usage.peakMemoryMB ?? 0, report?.peakMemoryMB ?? 0),
    cpuTimeMs: Math.max(usage.cpuTimeMs ?? 0, told.cpuTimeMs ?? 0),
    diskUsageMB: Math.round(Math.max(usage.diskUsageMB ?? 0, told.diskUsageMB ?? 0) * 1e3) / 1e3,
  };
  const known = Object.entries({ networkBytesTx, networkBytesRx }).filter(([, bytes]) => bytes !== undefined);
  return {
    ...Object.fromEntries(Object.entries(highest).filter(([, value]) => value > 0)),
    ...Object.fromEntries(known),
  };
}

function seconds(report: PipelineReport, stage: PipelineReport["stages"][number]["stage"]): number {
  return report.stages.filter((it) => it.stage === stage).reduce((sum, it) => sum + it.durationMs, 0) / 1000;
}
