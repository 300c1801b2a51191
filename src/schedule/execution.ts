import * as z from "zod";
import { FAILURE_CLASSES } from "./failure_class.ts";
import { toldSchema } from "./notice.ts";

export const TRIGGERS = ["schedule", "manual", "catch-up", "backfill", "dependency", "recover"] as const;

/** `pending`: intent recorded, waits for a slot or for its next attempt's time (`retrying`). `running`: a child works on it.
 * All others are final. The scheduler creates it, the executor moves it on, recovery moves it when its lease ran out. */
export const EXECUTION_STATUSES = [
  "pending",
  "running",
  "retrying",
  "completed",
  "partial",
  "failed",
  "cancelled",
  "skipped",
  "quarantined",
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export const ACTIVE_STATUSES: readonly ExecutionStatus[] = ["pending", "running", "retrying"];

const uploadSchema = z.object({
  /** `none`: nothing is to be delivered, or it is not yet known. `waiting`: it is tried again at `nextAt`, or when it is its
   * turn. `failed`: it was given up, or its bundle is gone. */
  state: z.enum(["none", "waiting", "delivered", "failed"]).default("none"),
  /** The destination, without options and credentials; it may have templates. */
  destination: z.string().default(""),
  /** True: it was delivered to the fallback destination. */
  fallback: z.boolean().default(false),
  /** Tries, those of the run itself included. */
  attempts: z.number().int().default(0),
  /** Since when it waits. */
  since: z.iso.datetime().nullable().default(null),
  /** When it may be tried again. */
  nextAt: z.iso.datetime().nullable().default(null),
  /** True: time alone does not help. */
  needsYou: z.boolean().default(false),
  /** True: some try failed in a way that time alone did not help, and that was told as a failure. */
  refused: z.boolean().default(false),
  /** Of the last try; empty: there was none yet, or it succeeded. */
  lastError: z.string().default(""),
  lastErrorCode: z.string().default(""),
  hint: z.string().default(""),
  deliveredAt: z.iso.datetime().nullable().default(null),
  /** What the cluster is called in the destination's templates. */
  cluster: z.string().default(""),
  /** The machine that has the bundle. */
  host: z.string().default(""),
  /** How the run ended apart from its upload: what the execution is once that is done. Null: its status says it all. */
  otherwise: z.object({
    status: z.enum(["completed", "partial"]),
    error: z.string(),
    errorCode: z.string(),
    exitCode: z.number().int(),
  }).nullable().default(null),
  /** Where the job said that it goes, for when the job is gone. Credentials are references. */
  plan: z.object({
    url: z.string(),
    options: z.record(z.string(), z.string()),
    credentials: z.string().optional(),
    fallback: z.object({
      url: z.string(),
      options: z.record(z.string(), z.string()),
      credentials: z.string().optional(),
    }).optional(),
    bandwidthBytesPerSecond: z.number().optional(),
  }).nullable().default(null),
});

const findingSchema = z.object({
  title: z.string(),
  severity: z.enum(["fail", "warn"]),
  message: z.string(),
  /** Where it is seen first in the bundle: `path:line`. */
  evidence: z.string().optional(),
});

/** One due time of a job. Public in `history -o json`. */
export const executionSchema = z.object({
  schemaVersion: z.literal(1).default(1),
  id: z.string(),
  jobId: z.string(),
  jobName: z.string(),
  /** The due time, UTC. With the job id it is the identity: a slot runs once. */
  scheduledAt: z.iso.datetime(),
  /** That of its job when it was created. */
  priority: z.number().int().default(0),
  /** When it may begin at the earliest, where that is after its due time. */
  notBefore: z.iso.datetime().nullable().default(null),
  startTime: z.iso.datetime().nullable().default(null),
  endTime: z.iso.datetime().nullable().default(null),
  status: z.enum(EXECUTION_STATUSES).default("pending"),
  trigger: z.enum(TRIGGERS).default("schedule"),
  /** The execution whose end (`dependency`), or whose failure (`recover`) created this one; empty with other triggers. */
  causedBy: z.string().default(""),
  /** The last execution that was made to recover this one; empty: nobody has tried. */
  recoveredBy: z.string().default(""),
  /** Which run of its job it is, from 1 in the order of creation; 0 for what was skipped, which is no run. */
  runNumber: z.number().int().default(0),
  /** What it does about active executions of its job that were created before it: runs beside them, waits until they have
   * ended, or has them ended. */
  overlap: z.enum(["allow", "wait", "cancel"]).default("allow"),
  bundlePath: z.string().default(""),
  analysisPath: z.string().default(""),
  uploadUrl: z.string().default(""),
  bundleSha256: z.string().default(""),
  /** Files beside the bundle that belong to it, such as its signature. */
  companions: z.array(z.string()).default([]),
  /** What becomes of the bundle at its destination. */
  upload: uploadSchema.prefault({}),
  /** Neither the bundle nor this record is removed by retention or `cleanup`. */
  pinned: z.boolean().default(false),
  /** When the bundle was removed from this machine, and why; `bundlePath` is empty then. */
  bundleRemoved: z.object({ at: z.iso.datetime(), why: z.string() }).nullable().default(null),
  /** Seconds, fractional, of the last attempt. */
  duration: z.number().default(0),
  /** Bytes. */
  bundleSize: z.number().default(0),
  collectorCount: z.number().int().default(0),
  /** Message and code of what went wrong; empty when nothing did. */
  error: z.string().default(""),
  errorCode: z.string().default(""),
  /** What kind of failure it was; empty: none, or one that an older version recorded. */
  errorClass: z.enum(["", ...FAILURE_CLASSES]).default(""),
  exitCode: z.number().int().nullable().default(null),
  /** Attempts beyond the first. */
  retryCount: z.number().int().default(0),
  /** When the next attempt is due, while `retrying`. */
  retryAt: z.iso.datetime().nullable().default(null),
  stages: z.array(z.object({
    stage: z.string(),
    status: z.enum(["ok", "partial", "failed", "skipped"]),
    code: z.string().optional(),
    message: z.string().optional(),
    durationMs: z.number(),
  })).default([]),
  findings: z.object({
    fail: z.number().int(),
    warn: z.number().int(),
    pass: z.number().int(),
    /** The failures and warnings, the first 50 of them. */
    top: z.array(findingSchema),
  }).prefault({ fail: 0, warn: 0, pass: 0, top: [] }),
  /** Who was told of it, or could not be told. */
  notifications: z.array(toldSchema).default([]),
  /** How often each rule hid something. */
  redactions: z.record(z.string(), z.number().int()).default({}),
  metrics: z.object({
    /** Seconds each. */
    collectionTime: z.number(),
    redactionTime: z.number(),
    analysisTime: z.number(),
    archiveTime: z.number(),
    uploadTime: z.number(),
    totalTime: z.number(),
    analyzerCount: z.number().int(),
    errorCount: z.number().int(),
    /** What is not known is absent. */
    resourceUsage: z.object({
      /** Of all processes of the attempt together, as sampled, or of the first one alone where that had more. */
      peakMemoryMB: z.number(),
      cpuTimeMs: z.number(),
      /** Work folder and archive, when they were largest. */
      diskUsageMB: z.number(),
      /** Bodies of requests and answers of HTTP, without headers; what commands in pods are sent and say. */
      networkBytesTx: z.number(),
      networkBytesRx: z.number(),
    }).partial().default({}),
  }).partial().prefault({}),
  /** The child of the running attempt: enough to find it again, and not to take a recycled pid for it. */
  process: z.object({ pid: z.number().int(), startedAt: z.string(), host: z.string() }).nullable().default(null),
});

export type Execution = z.output<typeof executionSchema>;
export type ExecutionUpload = z.output<typeof uploadSchema>;
export type ExecutionFinding = z.output<typeof findingSchema>;

/** Identity of an execution: the job and the due instant. The same slot has the same id on every machine. */
export function executionId(jobId: string, scheduledAt: Date): string {
  return `${jobId}-${scheduledAt.toISOString().replace(/[-:]/g, "").replace(".000Z", "Z").replace(".", "_")}`;
}

/** Whether an {@linkcode executionId} is that of an execution of the job. */
export function isOfJob(id: string, jobId: string): boolean {
  return id.startsWith(`${jobId}-`) && !id.slice(jobId.length + 1).includes("-");
}

/** The job's id in an {@linkcode executionId}. */
export function jobOfExecution(id: string): string {
  return id.slice(0, id.lastIndexOf("-"));
}

/** A line of an execution's log. */
export interface ExecutionLog {
  timestamp: string;
  level: "debug" | "info" | "warn" | "error";
  message: string;
  component: string;
}
