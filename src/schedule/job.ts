import * as z from "zod";

export const OVERLAP_POLICIES = ["skip", "queue-one", "queue-all", "cancel-running", "allow"] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

export const CATCH_UP_POLICIES = ["none", "latest", "all"] as const;
export type CatchUpPolicy = (typeof CATCH_UP_POLICIES)[number];

export const JITTER_MODES = ["stable", "random"] as const;

export const DEPENDS_ON = ["succeeded", "failed", "finished"] as const;

const notifyEvents = z.array(
  z.enum(["failure", "quarantined", "recovery", "new-findings", "fixed-findings", "always"]),
);
const leastSeverity = z.enum(["fail", "warn"]);

/** Whom a job's notifications go to: a place, or a notifier of the settings by its name, with what the job wants to be
 * different. */
export const notifyEntrySchema = z.union([
  z.object({
    kind: z.string(),
    url: z.string(),
    on: notifyEvents.optional(),
    severity: leastSeverity.optional(),
    secret: z.string().optional(),
    options: z.record(z.string(), z.string()).optional(),
  }),
  z.object({ notifier: z.string(), on: notifyEvents.optional(), severity: leastSeverity.optional() }),
]);

export type NotifyEntry = z.output<typeof notifyEntrySchema>;

/** A stored schedule + spec + policies. Field names, durations as strings and RFC 3339 times in UTC are what `-o json`
 * prints, so they are a public interface. Defaults here are the defaults of `schedule create`. */
export const jobSchema = z.object({
  schemaVersion: z.literal(1).default(1),
  id: z.string(),
  name: z.string(),
  description: z.string().default(""),
  labels: z.record(z.string(), z.string()).default({}),
  /** The first of `schedules`, for readers that know one; empty when there is none. */
  cronSchedule: z.string(),
  /** Cron expressions or `@every <duration>`; the job is due when one of them is. None: it only follows other jobs. */
  schedules: z.array(z.string()),
  /** IANA name. */
  timezone: z.string().default("UTC"),
  enabled: z.boolean().default(true),
  /** `--namespace`: limits what is read from the cluster. Empty: all. */
  namespace: z.string().default(""),
  /** Files by absolute path, URLs, `secret/…` or `configmap/…`. Read anew at each execution. */
  specFiles: z.array(z.string()).default([]),
  /** Collect what auto-discovery finds, beside or instead of `specFiles`. */
  autoDiscovery: z.boolean().default(false),
  /** Collect by the specs that the labels of the cluster lead to, beside or instead of `specFiles`. */
  loadClusterSpecs: z.boolean().default(false),
  /** Label selectors for them; empty: the usual labels. */
  selector: z.array(z.string()).default([]),
  redactors: z.array(z.string()).default([]),
  redact: z.boolean().default(true),
  /** Tokens in place of hidden values, with a key of the job: equal values have equal tokens in all its bundles. */
  tokenize: z.boolean().default(false),
  /** Hide the values of the cluster's Secrets wherever they appear. */
  scrubSecrets: z.boolean().default(true),
  /** References to lists of further values (`env:NAME`, `file:/path`), never the values. */
  scrubValues: z.array(z.string()).default([]),
  /** Holds bundles back in which secrets are found after all. */
  leakGate: z.boolean().default(true),
  /** Classes of personal data that are hidden beside secrets: email, ip, mac, hostname. */
  hide: z.array(z.enum(["email", "ip", "mac", "hostname"])).default([]),
  /** To whom its bundles are encrypted; nobody: they are not. */
  encrypt: z.object({
    /** Of age and SSH, or files that have them, by absolute paths. */
    recipients: z.array(z.string()).default([]),
    /** Or a reference to a passphrase. */
    passphrase: z.string().default(""),
  }).prefault({}),
  /** Reference to the private key that signs its bundles; empty: they are not signed. */
  sign: z.string().default(""),
  analyze: z.boolean().default(true),
  /** How to reach the cluster; absent: as the daemon's environment says. */
  kubernetes: z.object({
    kubeconfig: z.string().optional(),
    context: z.string().optional(),
    /** Requests a second, and how many at once; absent: no limit. */
    qps: z.number().nonnegative().optional(),
    burst: z.number().nonnegative().optional(),
  }).default({}),
  upload: z.object({
    enabled: z.boolean().default(false),
    /** URL of the destination. */
    endpoint: z.string().default(""),
    /** A reference (`env:NAME`, `file:/path`), never a value. */
    credentials: z.string().default(""),
    options: z.record(z.string(), z.string()).default({}),
    /** Where bundles go that the destination does not take; absent: they wait for it. */
    fallback: z.object({
      endpoint: z.string(),
      credentials: z.string().default(""),
      options: z.record(z.string(), z.string()).default({}),
    }).optional(),
    /** What uploads may take of the line, such as `5MB/s`; absent: all of it. */
    bandwidth: z.string().optional(),
  }).prefault({}),
  notify: z.array(notifyEntrySchema).default([]),
  /** What a due time does while an earlier execution of the job is active. */
  overlapPolicy: z.enum(OVERLAP_POLICIES).default("skip"),
  catchUp: z.object({
    /** Which due times that passed with nothing started get an execution after all. */
    policy: z.enum(CATCH_UP_POLICIES).default("latest"),
    /** How late a due time may still be caught up with. */
    window: z.string().default("24h"),
  }).prefault({}),
  /** Jobs by their ids: each execution of one of them that ends in this way is followed by one of this job. */
  dependsOn: z.array(z.object({ job: z.string(), on: z.enum(DEPENDS_ON).default("succeeded") })).default([]),
  /** In the queue for a slot, the larger one goes first. */
  priority: z.number().int().min(-100).max(100).default(0),
  /** How much later than due a run may start; empty: not at all. */
  jitter: z.string().default(""),
  /** `stable`: always the same for the job on a host. `random`: another for each due time. */
  jitterMode: z.enum(JITTER_MODES).default("stable"),
  /** Hours in which nothing starts, on the clocks of the job's zone: `Mon-Fri 08:00-18:00`. */
  blackout: z.array(z.string()).default([]),
  /** Due times before the one and after the other do not count; null: no bound. */
  startAt: z.iso.datetime().nullable().default(null),
  endAt: z.iso.datetime().nullable().default(null),
  /** How many runs the schedule makes in all (`scheduledRuns`); null: no limit. */
  maxRuns: z.number().int().min(1).nullable().default(null),
  /** Who disabled the job, why and when; null while it is enabled, and where an older version disabled it. */
  paused: z.object({ by: z.string(), note: z.string(), since: z.iso.datetime() }).nullable().default(null),
  /** After how many failures in a row the job is disabled; null: never. */
  pauseAfterFailures: z.number().int().min(1).nullable().default(null),
  retry: z.object({
    /** Attempts in all, the first included. */
    maxAttempts: z.number().int().min(1).default(3),
    /** Delay before the second attempt; doubles with each further one, up to `maxDelay`. */
    delay: z.string().default("30s"),
    maxDelay: z.string().default("15m"),
  }).prefault({}),
  limits: z.object({
    /** Hard limit of one attempt; a tenth of it before the end, gathering stops and the bundle is finished. */
    timeout: z.string().default("30m"),
    /** Sizes such as `100MB`; "0": no limit, empty: that of the command line. */
    maxFileSize: z.string().default(""),
    maxCollectorSize: z.string().default(""),
    maxBundleSize: z.string().default(""),
    /** Memory of an attempt, a size; processors, such as "0.5". "0" or empty: as much as the daemon allows. */
    maxMemory: z.string().default(""),
    maxCpu: z.string().default(""),
  }).prefault({}),
  /** Name of the template it was made from; empty: none. The template may be another by now, or gone. */
  template: z.string().default(""),
  /** What is kept of its bundles on this machine. */
  retention: z.object({
    /** A duration; empty: as the settings say, "0": any age. */
    maxAge: z.string().default(""),
    /** The newest ones; null: any number. */
    maxCount: z.number().int().min(1).nullable().default(null),
    /** A size, of all together; empty: any size. */
    maxBytes: z.string().default(""),
  }).prefault({}),
  createdAt: z.iso.datetime(),
  /** The account that made it; empty where that is not known. */
  createdBy: z.string().default(""),
  /** Start of the last execution that was not skipped. */
  lastRun: z.iso.datetime().nullable().default(null),
  /** The next due time; null when disabled or when nothing is due any more. */
  nextRun: z.iso.datetime().nullable().default(null),
  /** Runs that were created, however they came about. */
  runCount: z.number().int().default(0),
  /** Those of them that its due times created, catch-up included. */
  scheduledRuns: z.number().int().default(0),
  /** Runs that failed for good since one did not, or since the job was enabled. */
  failuresInRow: z.number().int().default(0),
  /** Skipped and missed due times, by reason (the keys are those of `SkipReason`). */
  skipped: z.record(z.string(), z.number().int()).default({}),
  /** Of the last or current execution. */
  status: z.enum(["pending", "running", "completed", "partial", "failed", "disabled"]).default("pending"),
  lastError: z.string().default(""),
});

export type Job = z.output<typeof jobSchema>;

/** The ids of jobs: short, sortable by nothing, unlike any name. */
export function newJobId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return "job-" + [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}
