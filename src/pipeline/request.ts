import * as z from "zod";
import { discoveryOptionsSchema } from "../discover/discovery_options.ts";
import { NOTIFY_EVENTS } from "../notify/notifier.ts";
import { DEFAULT_SIZE_LIMITS } from "./size_budget.ts";
import { uploadPlanSchema } from "./upload_plan.ts";

/** What one run of the pipeline shall do. Serializable: the daemon hands it to the child of an attempt as JSON. */
export const pipelineRequestSchema = z.object({
  /** Sources of specs, as positional arguments name them. */
  specs: z.array(z.string()),
  /** Text of standard input, for the source `-`. */
  stdin: z.string().optional(),
  /** Adds the built-in spec, and what discovery finds in the cluster. */
  auto: z.boolean().default(false),
  /** How discovery looks around; absent: the standard profile. */
  discovery: discoveryOptionsSchema.optional(),
  /** Sources of further Redactor documents. */
  redactors: z.array(z.string()).default([]),
  redact: z.boolean().default(true),
  /** Tokens instead of `***HIDDEN***`; means nothing without `redact`. See `TokenOptions`: keys are references. */
  tokens: z.object({
    key: z.string().optional(),
    format: z.string().optional(),
    bundleId: z.string().optional(),
    typesFile: z.string().optional(),
    map: z.object({
      path: z.string(),
      encrypt: z.union([
        z.object({ recipients: z.array(z.string()).min(1) }),
        z.object({ passphrase: z.string() }),
      ]).optional(),
    }).optional(),
  }).optional(),
  /** Values that are hidden wherever they appear. */
  scrub: z.object({
    /** Those of the cluster's Secrets. */
    secrets: z.boolean().default(true),
    /** References to lists: `env:NAME`, `file:/path`, `-`; never the values. */
    lists: z.array(z.string()).default([]),
  }).prefault({}),
  /** Looks for secrets in the finished archive, and holds it back where there are any. */
  leakGate: z.boolean().default(true),
  /** Classes of personal data that redaction hides beside secrets: `PersonalData`. */
  hide: z.array(z.enum(["email", "ip", "mac", "hostname"])).default([]),
  /** Encrypts the archive before its first byte touches the disk: see `EncryptTo`. */
  encrypt: z.object({ recipients: z.array(z.string()).default([]), passphrase: z.string().optional() }).optional(),
  /** Credential reference of the private key that signs the archive. */
  sign: z.string().optional(),
  analyze: z.boolean().default(true),
  followUri: z.boolean().default(true),
  /** Looks for specs in the cluster, too: by these label selectors, or by the usual labels. */
  search: z.object({ selector: z.array(z.string()).optional() }).optional(),
  /** Does not verify the certificates of servers that specs are downloaded from. */
  insecure: z.boolean().optional(),
  /** Ends the run before it begins when the cluster denies a permission that the spec needs. */
  requirePermissions: z.boolean().default(false),
  namespace: z.string().optional(),
  /** See `KubeOptions`. */
  kube: z.record(z.string(), z.unknown()).default({}),
  /** RFC 3339. Overrides the limits of every logs collector. */
  since: z.iso.datetime().optional(),
  /** The finished archive, absolute. */
  archivePath: z.string(),
  /** Folder of the archive's entries. */
  rootName: z.string(),
  /** Absolute; a folder for this run is made in it, and removed at the end. */
  workParent: z.string(),
  /** Gathering stops after this; the bundle is finished with what was had. */
  deadlineMs: z.number().optional(),
  /** Deadline of each collector. */
  collectorDeadlineMs: z.number().default(300_000),
  /** Where host collectors run on every node: see `RemoteHostOptions`. */
  remoteHost: z.object({ image: z.string().optional(), startMs: z.number().positive().optional() }).optional(),
  /** Bytes that may be written, after redaction; 0: no limit. What lies beyond is left out, and the manifest says so. */
  sizeLimits: z.object({
    file: z.number().nonnegative().default(DEFAULT_SIZE_LIMITS.file),
    collector: z.number().nonnegative().default(DEFAULT_SIZE_LIMITS.collector),
    bundle: z.number().nonnegative().default(DEFAULT_SIZE_LIMITS.bundle),
  }).prefault({}),
  metadata: z.record(z.string(), z.string()).optional(),
  upload: uploadPlanSchema.extend({
    /** What cannot be delivered now is delivered later by whoever asked for this run: it is no failure of the run. */
    spool: z.boolean().optional(),
    /** How many bundles wait for the same destination: this one is to go behind them. */
    behind: z.number().int().nonnegative().optional(),
    /** Labels that travel with the bundle. */
    labels: z.record(z.string(), z.string()).optional(),
  }).optional(),
  notify: z.array(z.object({
    kind: z.string(),
    url: z.string(),
    on: z.array(z.enum(NOTIFY_EVENTS)).optional(),
    severity: z.enum(["fail", "warn"]).optional(),
    secret: z.string().optional(),
    options: z.record(z.string(), z.string()).optional(),
  })).default([]),
  job: z.object({ id: z.string(), name: z.string() }).optional(),
  execution: z.object({ id: z.string(), scheduledAt: z.string(), attempt: z.number().int() }).optional(),
  /** The run before, so that a notification can say what changed. */
  previous: z.object({
    status: z.string(),
    findings: z.array(z.object({
      title: z.string(),
      severity: z.enum(["fail", "warn"]),
      message: z.string(),
      evidence: z.string().optional(),
    })),
  }).optional(),
});

export type PipelineRequest = z.output<typeof pipelineRequestSchema>;
