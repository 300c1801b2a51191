import type { Job } from "../schedule/job.ts";
import type { DiskLimits } from "./disk_resource.ts";
import type { ExecutorLimits } from "./executor.ts";
import { rotatedFiles } from "./log_rotation.ts";
import { concurrency, type Settings } from "./settings.ts";

/** What flags say; it outranks the settings, also when they are read again. */
export interface DaemonFlags {
  /** `--config` */
  config?: string;
  logLevel?: Settings["logLevel"];
  logFile?: string;
  checkIntervalMs?: number;
  maxConcurrent?: number;
}

/** How the daemon logs. */
export function logOptions(settings: Settings, flags: DaemonFlags) {
  const file = flags.logFile ?? settings.logFile;
  const terminal = Deno.stdout.isTerminal();
  return {
    level: flags.logLevel ?? settings.logLevel,
    file,
    rotateSize: settings.logRotateSize,
    keep: rotatedFiles(settings.logRotateAge),
    stdout: terminal ? "text" as const : file === undefined ? "json" as const : undefined,
  };
}

/** The job with what the settings say where it does not: where its bundles go. */
export function completeJob(job: Job, { autoUploadEnabled, defaultUploadConfig }: Settings): Job {
  const isOwn = job.upload.enabled && job.upload.endpoint !== "";
  if (isOwn || (!job.upload.enabled && !autoUploadEnabled)) return job;
  const { credentials = "", fallback, ...rest } = defaultUploadConfig ?? { endpoint: "portal:", options: {} };
  const upload = { enabled: true, ...rest, credentials };
  return {
    ...job,
    upload: fallback === undefined
      ? upload
      : { ...upload, fallback: { ...fallback, credentials: fallback.credentials ?? "" } },
  };
}

/** What the executor keeps to. */
export function executorLimits(settings: Settings, flags: DaemonFlags): ExecutorLimits {
  return {
    maxConcurrent: flags.maxConcurrent ?? concurrency(settings),
    timeoutCapMs: settings.executionTimeout,
    maxMemoryMB: settings.maxMemoryMB,
    maxBundleBytes: settings.maxBundleSize,
  };
}

/** What attempts leave of the disk. */
export function diskLimits({ minFreeSpace, maxDiskSpaceMB, maxBundleSize }: Settings): DiskLimits {
  return {
    minFreeBytes: minFreeSpace,
    quotaBytes: maxDiskSpaceMB && maxDiskSpaceMB * 1_000_000,
    maxBundleBytes: maxBundleSize,
  };
}

/** Settings that are read once. */
export function needRestart(before: Settings, after: Settings): string[] {
  const once = [
    "storageBackend",
    "storageConfig",
    "backupInterval",
    "metricsEnabled",
    "metricsPort",
    "healthCheckPort",
    "tlsCertFile",
    "tlsKeyFile",
    "listenToken",
    "insecureListen",
    "requireAuth",
  ] as const;
  return once.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
