import * as z from "zod";

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  transient: z.boolean(),
});

const uploadErrorSchema = errorSchema.extend({ retryAfterMs: z.number().optional() });

const uploadReportSchema = z.object({
  /** `waiting`: it is left to whoever asked for the run. */
  state: z.enum(["delivered", "waiting", "failed"]),
  /** True: it is at the fallback destination, and `error` says why. */
  fallback: z.boolean(),
  /** Absent while nothing was tried. */
  error: uploadErrorSchema.optional(),
  /** What it was called in the destination's templates. */
  cluster: z.string().optional(),
  /** How the run ended apart from an upload that waits. */
  otherwise: z.object({
    status: z.enum(["completed", "partial"]),
    exitCode: z.number().int(),
    error: errorSchema.optional(),
  }).optional(),
});

const stageSchema = z.object({
  stage: z.enum(["collect", "redact", "analyze", "archive", "leak-gate", "sign", "upload", "notify"]),
  status: z.enum(["ok", "partial", "failed", "skipped"]),
  code: z.string().optional(),
  message: z.string().optional(),
  durationMs: z.number(),
});

/** How a run of the pipeline ended: everything the CLI prints and the daemon records. */
export const pipelineReportSchema = z.object({
  status: z.enum(["completed", "partial", "failed", "cancelled", "quarantined"]),
  exitCode: z.number().int(),
  /** Set unless everything went well. */
  error: errorSchema.optional(),
  stages: z.array(stageSchema),
  /** Absent when no archive was written. Of a quarantined run, the one that is held back. */
  archive: z.object({
    path: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    /** Beside it: its signature. */
    companions: z.array(z.string()).optional(),
  }).optional(),
  uploadUrl: z.string().optional(),
  /** Absent when nothing was to be delivered, or the bundle is held back. */
  upload: uploadReportSchema.optional(),
  collectorCount: z.number().int(),
  analyzerCount: z.number().int(),
  findings: z.object({
    fail: z.number().int(),
    warn: z.number().int(),
    pass: z.number().int(),
    top: z.array(z.object({
      title: z.string(),
      severity: z.enum(["fail", "warn"]),
      message: z.string(),
      /** What to do about it, where that is known. */
      nextStep: z.string().optional(),
      /** Where it is seen first: `path:line`. */
      evidence: z.string().optional(),
    })),
  }),
  /** `analysis.json`, as parsed JSON. */
  analysis: z.array(z.unknown()),
  /** How often each rule hid something, over all files. */
  redactions: z.record(z.string(), z.number().int()),
  /** Set when tokens stand in place of hidden values. */
  tokens: z.object({
    bundleId: z.string(),
    /** Absent when none was asked for. */
    map: z.object({ path: z.string(), encrypted: z.boolean() }).optional(),
    totalSecrets: z.number().int(),
    occurrences: z.number().int(),
    secretsByType: z.record(z.string(), z.number().int()),
    filesCovered: z.number().int(),
    duplicateCount: z.number().int(),
    correlationCount: z.number().int(),
    notInMap: z.number().int(),
    topFiles: z.array(z.object({ path: z.string(), occurrences: z.number().int(), values: z.number().int() })),
  }).optional(),
  /** What is not in the bundle although it was asked for: one line each, the first 20. */
  shortfalls: z.array(z.string()),
  /** How many there are. */
  shortfallCount: z.number().int(),
  /** What the collectors asked of the API server. */
  cost: z.object({ requests: z.number().int(), receivedBytes: z.number() }).optional(),
  durationMs: z.number(),
  peakMemoryMB: z.number(),
  /** Of the process that the run was in. `networkBytes*`: see `traffic`. */
  usage: z.object({
    cpuTimeMs: z.number(),
    /** Work folder and archive, when they were largest. */
    diskUsageMB: z.number().optional(),
    networkBytesTx: z.number(),
    networkBytesRx: z.number(),
  }).optional(),
});

export type PipelineReport = z.output<typeof pipelineReportSchema>;

/** What a run says while it works. In a child of the daemon, one JSON object a line on standard output. */
export const pipelineEventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("progress"),
    stage: stageSchema.shape.stage,
    /** What is being worked on: the title of a collector, an analyzer, a destination. */
    subject: z.string(),
    message: z.string(),
    done: z.number().optional(),
    total: z.number().optional(),
  }),
  z.object({
    type: z.literal("log"),
    level: z.enum(["debug", "info", "warn", "error"]),
    component: z.string(),
    message: z.string(),
  }),
  z.object({ type: z.literal("stage"), outcome: stageSchema }),
  z.object({ type: z.literal("report"), report: pipelineReportSchema }),
  /** The last word of a child that delivers a bundle which waited. */
  z.object({
    type: z.literal("delivery"),
    /** Absent when it failed. */
    url: z.string().optional(),
    /** Why it failed, or why it is at the fallback destination. */
    error: uploadErrorSchema.optional(),
    durationMs: z.number(),
  }),
]);

export type PipelineEvent = z.output<typeof pipelineEventSchema>;
