import { UPLOAD_INTERRUPTED, UPLOAD_SPOOLED } from "../core/upload_codes.ts";
import { type Execution, executionSchema, type ExecutionUpload } from "./execution.ts";
import type { Job } from "./job.ts";
import { uploadDelayMs } from "./upload_order.ts";

/** Why a try failed. */
export interface UploadFailure {
  code: string;
  message: string;
  hint?: string;
  transient: boolean;
  retryAfterMs?: number;
}

/** Of an execution that delivers nothing, or has not come to it. */
export const NO_UPLOAD: ExecutionUpload = executionSchema.shape.upload.parse({});

/** After a try that failed. */
export function afterFailedTry(upload: ExecutionUpload, failure: UploadFailure, now: Date): ExecutionUpload {
  const interrupted = failure.code === UPLOAD_INTERRUPTED;
  const attempts = upload.attempts + (interrupted ? 0 : 1);
  const delayMs = interrupted ? 0 : uploadDelayMs(attempts, failure.transient, failure.retryAfterMs);
  return {
    ...upload,
    state: "waiting",
    attempts,
    since: upload.since ?? now.toISOString(),
    nextAt: new Date(now.getTime() + delayMs).toISOString(),
    needsYou: !failure.transient,
    refused: upload.refused || !failure.transient,
    lastError: failure.message,
    lastErrorCode: failure.code,
    hint: failure.hint ?? "",
  };
}

/** One that has not been tried: others go first. */
export function waitsBehind(upload: ExecutionUpload, now: Date): ExecutionUpload {
  return { ...upload, state: "waiting", since: now.toISOString(), nextAt: now.toISOString() };
}

/** To be tried at once, whatever the last try said; its turn comes by due time. */
export function tryNow(execution: Execution, now: Date): Execution {
  if (execution.upload.state !== "waiting") return execution;
  return { ...execution, upload: { ...execution.upload, nextAt: now.toISOString(), needsYou: false } };
}

/** What an execution is whose bundle has arrived. It is as good as its content then.
 * @param fallbackReason why it is at the fallback destination */
export function afterDelivery(
  execution: Execution,
  delivery: { url: string; fallbackReason?: UploadFailure; durationMs: number },
  now: Date,
): Execution {
  const { url, fallbackReason, durationMs } = delivery;
  const { upload, stages } = execution;
  const stage = {
    stage: "upload",
    durationMs,
    ...fallbackReason === undefined ? { status: "ok" as const } : {
      status: "partial" as const,
      code: fallbackReason.code,
      message: `delivered to the fallback destination: ${fallbackReason.message}`,
    },
  };
  return {
    ...execution,
    ...verdictAfter(execution, fallbackReason !== undefined),
    uploadUrl: url,
    stages: stages.map((it) => it.stage === "upload" ? stage : it),
    metrics: { ...execution.metrics, uploadTime: durationMs / 1000 },
    upload: {
      ...upload,
      state: "delivered",
      fallback: fallbackReason !== undefined,
      attempts: upload.attempts + 1,
      nextAt: null,
      needsYou: false,
      lastError: fallbackReason?.message ?? "",
      lastErrorCode: fallbackReason?.code ?? "",
      hint: fallbackReason?.hint ?? "",
      deliveredAt: now.toISOString(),
      otherwise: null,
      plan: null,
    },
  };
}

/** What an execution is whose bundle nobody will deliver any more. */
export function afterGivingUp(execution: Execution, why: string, code: string): Execution {
  if (execution.upload.state !== "waiting") return execution;
  return {
    ...execution,
    ...execution.errorCode === UPLOAD_SPOOLED ? { error: why, errorCode: code } : {},
    upload: {
      ...execution.upload,
      state: "failed",
      nextAt: null,
      needsYou: false,
      lastError: why,
      lastErrorCode: code,
      otherwise: null,
      plan: null,
    },
  };
}

/** The job of an execution whose upload has come to its end: its status is that of its last run. */
export function jobAfterUpload(job: Job, execution: Execution): Job {
  if (job.status !== "partial" || job.lastRun === null || job.lastRun !== execution.startTime) return job;
  const { status, error } = execution;
  return status === "completed" || status === "partial" ? { ...job, status, lastError: error } : job;
}

function verdictAfter({ errorCode, upload: { otherwise } }: Execution, atFallback: boolean): Partial<Execution> {
  if (errorCode !== UPLOAD_SPOOLED || otherwise === null) return {};
  const { status, ...rest } = otherwise;
  return { status: atFallback ? "partial" : status, ...rest };
}
