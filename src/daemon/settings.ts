import * as z from "zod";
import { validateCredentialReference } from "../core/credential_reference.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { tryParseDuration } from "../core/duration.ts";
import { parseRate, parseSize } from "../core/size.ts";
import { NOTIFY_EVENTS } from "../notify/notifier.ts";
import { coversTheWeek, parseBlackout } from "../schedule/blackout.ts";
import { parseTimezone } from "../schedule/timezone.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { StoreLocation } from "../store/kv_job_store.ts";

const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = typeof value === "number" || /^\d+$/.test(value) ? Number(value) * 1000 : tryParseDuration(value);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({ code: "custom", message: "is not a duration such as 90s, 30m or 1h30m" });
  return z.NEVER;
});

const size = z.union([z.string(), z.number()]).transform((value, context) => {
  try {
    const bytes = parseSize(String(value), "size");
    if (bytes > 0) return bytes;
  } catch { /* said below */ }
  context.addIssue({ code: "custom", message: "is not a size such as 500MB, 1GB or 2GiB" });
  return z.NEVER;
});

const listenAddress = z.union([z.string(), z.number()]).transform((value, context) => {
  const match = /^(?:(?<host>.*):)?(?<port>\d{1,5})$/.exec(String(value));
  const port = Number(match?.groups?.port);
  if (match !== null && port <= 65_535) {
    const host = match.groups!.host?.replace(/^\[(.*)\]$/, "$1");
    return { hostname: host === undefined ? "127.0.0.1" : host === "" ? "0.0.0.0" : host, port };
  }
  context.addIssue({ code: "custom", message: "is not a port (9090) or an address (0.0.0.0:9090)" });
  return z.NEVER;
});

// Environment variables are text, whatever they mean.
const flag = z.union([z.boolean(), z.enum(["true", "false", "1", "0"]).transform((v) => v === "true" || v === "1")]);
const names = z.union([
  z.array(z.union([z.string(), z.number()]).transform(String)),
  z.string().transform((text) => text.split(",")),
]).transform((list) => list.map((name) => name.trim()).filter((name) => name !== ""));
const reference = z.string().superRefine((text, context) => {
  try {
    validateCredentialReference(text);
  } catch {
    context.addIssue({ code: "custom", message: "is not a reference such as file:/path or env:NAME" });
  }
});
const count = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().int().min(1));
const countOrNone = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().int().min(0));

const uploadPlace = {
  endpoint: z.string().min(1),
  /** A reference, never a value. */
  credentials: reference.optional(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
};
const rate = z.string().refine((text) => {
  try {
    return parseRate(text, "bandwidth") > 0;
  } catch {
    return false;
  }
}, "is not a rate such as 5MB/s");
/** As `upload` of a job; a text alone is its `endpoint`. */
const uploadConfig = z.preprocess(
  (value) => typeof value === "string" ? { endpoint: value } : value,
  z.strictObject({ ...uploadPlace, fallback: z.strictObject(uploadPlace).optional(), bandwidth: rate.optional() }),
);
const quietHours = z.union([z.array(z.string()), z.string().transform((text) => [text])]).superRefine(
  (list, context) => {
    for (const text of list) {
      try {
        parseBlackout(text, "quietHours");
      } catch {
        const message = `"${text}" are no hours, such as 22:00-07:00, 'Mon-Fri 08:00-18:00' or 'Sat,Sun'`;
        return context.addIssue({ code: "custom", message });
      }
    }
    if (coversTheWeek(list)) {
      context.addIssue({ code: "custom", message: "leaves no minute of the week to tell it in" });
    }
  },
);
const zoneName = z.string().transform((name, context) => {
  try {
    return parseTimezone(name);
  } catch {
    context.addIssue({ code: "custom", message: "is not the name of a time zone, such as Europe/Berlin" });
    return z.NEVER;
  }
});
const optionText = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** A notifier that jobs refer to by its name. No value of it is a secret: what is one, is a reference. */
export const notifierSchema = z.object({
  kind: z.string().min(1),
  /** Or a credential reference that names it, where the URL itself is a password. */
  url: z.string().min(1),
  on: z.union([z.array(z.enum(NOTIFY_EVENTS)), z.enum(NOTIFY_EVENTS).transform((event) => [event])]).optional(),
  severity: z.enum(["fail", "warn"]).optional(),
  secret: reference.optional(),
  options: z.record(z.string(), optionText).optional(),
  /** Told of all jobs, whether they name it or not. */
  global: flag.default(false),
  /** Hours in which it is told nothing, written as a job's blackout hours: `22:00-07:00`, `Sat,Sun`. */
  quietHours: quietHours.prefault([]),
  /** Of the quiet hours; default: `defaultTimezone`. */
  timezone: zoneName.optional(),
  /** How long the first message waits for others to come along. */
  groupWindow: duration.optional(),
  /** Messages in any hour; what is beyond them is told with the next. */
  maxPerHour: count.optional(),
});

export type NotifierSettings = z.output<typeof notifierSchema>;

/** What a notifier's name may be: never the beginning of a URL. */
const NOTIFIER_NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;

const notifiersSchema = z.record(z.string(), notifierSchema).superRefine((notifiers, context) => {
  for (const name of Object.keys(notifiers)) {
    if (NOTIFIER_NAME.test(name)) continue;
    const message = "is not a name for a notifier: letters, digits, dots and dashes";
    context.addIssue({ code: "custom", path: [name], message });
  }
});

/** Where a server listens. */
export type ListenAddress = z.output<typeof listenAddress>;

/** The settings that are in effect: durations in milliseconds, sizes in bytes. The input is what people write. */
export const settingsSchema = z.object({
  /** For `schedule create` without `--timezone`. */
  defaultTimezone: z.string().default("UTC"),
  /** For `schedule create`: hard limit of one attempt. */
  defaultTimeout: duration.prefault("30m"),
  /** No attempt runs longer, whatever its job says. */
  executionTimeout: duration.optional(),
  storageBackend: z.enum(["file", "kv", "kv-connect"]).default("file"),
  storageConfig: z.looseObject({
    url: z.url().optional(),
    /** Default: true for a store in a file. */
    backupEnabled: flag.optional(),
    backupInterval: duration.optional(),
  }).prefault({}),
  /** Between backups of the store, where `storageConfig.backupInterval` does not say it. */
  backupInterval: duration.prefault("1h"),
  maxConcurrentJobs: count.optional(),
  defaultMaxConcurrent: count.default(3),
  /** Jobs without a destination of their own deliver to that of the settings. */
  autoUploadEnabled: flag.default(false),
  /** That destination; default: the vendor portal. */
  defaultUploadConfig: uploadConfig.optional(),
  metricsEnabled: flag.default(true),
  /** A port on 127.0.0.1, or `address:port`. 0: any free one. */
  metricsPort: listenAddress.optional(),
  healthCheckPort: listenAddress.optional(),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
  logFile: z.string().optional(),
  logRotateSize: size.prefault("10MB"),
  /** Rotated files that are older are removed, and a file is rotated after a day at the latest. */
  logRotateAge: duration.optional(),
  /** Upper bound on how long a change can go unseen. A plain number is seconds. */
  checkInterval: duration.prefault("60s"),
  /** Who did what is taken down, by the command line and the daemon. */
  auditLogEnabled: flag.default(true),
  /** An attempt that needs more is ended. MB, as a number. */
  maxMemoryMB: count.optional(),
  /** How long bundles are kept of jobs that do not say. 0: until they are deleted. The first outranks the second. */
  retentionDays: countOrNone.optional(),
  defaultRetentionDays: countOrNone.default(30),
  /** Bundles and work folders together, with what the next attempt is expected to need. */
  maxDiskSpaceMB: count.optional(),
  /** No attempt begins while less is free on the disk of the state folder. */
  minFreeSpace: size.prefault("256MB"),
  /** No attempt collects more, unpacked, whatever its job says. */
  maxBundleSize: size.optional(),
  /** Who may change the scheduler: see `AccessRules`. */
  requireAuth: flag.default(false),
  allowedUsers: names.prefault([]),
  allowedGroups: names.prefault([]),
  maxJobsPerUser: count.optional(),
  /** PEM files. With them, all HTTP listeners speak TLS alone. */
  tlsCertFile: z.string().optional(),
  tlsKeyFile: z.string().optional(),
  /** A reference to the token that HTTP listeners ask for. */
  listenToken: reference.optional(),
  /** Listen beyond this machine without TLS, or without a token. */
  insecureListen: flag.default(false),
  /** By the names that jobs use. */
  notifiers: notifiersSchema.prefault({}),
});

export type Settings = z.output<typeof settingsSchema>;

/** Keys within `storageConfig` that are accepted, so that a file for a fuller scheduler can be used, and change nothing yet. */
export const NOT_YET_EFFECTIVE_STORAGE = ["baseDir"] as const;

/** Keys of who may do what, by what belongs together. A file that outranks others in one of them does so in the whole group. */
export const ACCESS_KEYS: readonly (readonly (keyof Settings)[])[] = [
  ["requireAuth", "allowedUsers", "allowedGroups"],
  ["maxJobsPerUser"],
  ["auditLogEnabled"],
  ["insecureListen"],
];

export const SETTING_KEYS: readonly string[] = Object.keys(settingsSchema.shape);
export const NOTIFIER_KEYS: readonly string[] = Object.keys(notifierSchema.shape);
export const STORAGE_KEYS: readonly string[] = [
  "url",
  "backupEnabled",
  "backupInterval",
  ...NOT_YET_EFFECTIVE_STORAGE,
];

export const DEFAULT_METRICS_ADDRESS: ListenAddress = { hostname: "127.0.0.1", port: 9090 };
export const DEFAULT_HEALTH_ADDRESS: ListenAddress = { hostname: "127.0.0.1", port: 9091 };

/** Running attempts at a time. */
export function concurrency(settings: Settings): number {
  return settings.maxConcurrentJobs ?? settings.defaultMaxConcurrent;
}

/** How long bundles are kept of jobs that do not say; undefined: until they are deleted. */
export function retentionAgeMs({ retentionDays, defaultRetentionDays }: Settings): number | undefined {
  const days = retentionDays ?? defaultRetentionDays;
  return days === 0 ? undefined : days * 86_400_000;
}

/** Whether several daemons, each with bundles of its own, use the store. */
export function hasSharedStore({ storageBackend }: Settings): boolean {
  return storageBackend === "kv-connect";
}

/** Where the settings keep jobs and executions; for everybody who opens the store. */
export function storeLocation(state: StateFolder, settings: Settings): StoreLocation {
  const { storageBackend, storageConfig } = settings;
  return storageBackend === "kv-connect" && storageConfig.url !== undefined
    ? { url: storageConfig.url }
    : { path: state.store };
}

/** How often the store is backed up, in milliseconds; undefined: never. A KV server has no file here to copy. */
export function backupEveryMs(
  { storageConfig, backupInterval }: Settings,
  location: StoreLocation,
): number | undefined {
  if ("url" in location || storageConfig.backupEnabled === false) return undefined;
  return storageConfig.backupInterval ?? backupInterval;
}

/** A settings file, or a variable that overrides it, that cannot be used. */
export class SettingsError extends SupportBundleError {
  constructor(message: string, hint?: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "SETTINGS", exitCode: EXIT.failure, hint });
  }
}
