import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import { EXECUTION_STATUSES, type ExecutionStatus } from "../schedule/execution.ts";
import type { SkipReason } from "../schedule/firing.ts";
import { VERSION } from "../core/version.ts";
import type { JobFacts } from "./job_census.ts";
import type { SpoolSummary } from "./upload_spool.ts";
import { JobMetrics, type JobMetricsSource } from "./job_metrics.ts";
import { type DiskRoom, processMetrics } from "./process_metrics.ts";

/** What the daemon counts. */
export interface DaemonMetrics {
  /** An attempt began. @param lateByMs after its due time; absent where nothing was due (a manual run, a retry) */
  started(lateByMs?: number): void;
  /** An execution reached a final status. @param bundleBytes 0 when there is no bundle */
  finished(jobId: string, status: ExecutionStatus, seconds: number, bundleBytes: number, at: Date): void;
  /** A stage of an attempt ended. @param status `ok`, `partial` or `failed` */
  stage(stage: string, seconds: number, status: string): void;
  retried(): void;
  /** Due times were not run. @param count default 1 */
  skipped(reason: string, count?: number): void;
  /** When the newest backup of the store was made, or that one could not be made. */
  backups(what: { lastSuccess: Date } | { failed: true }): void;
  /** An execution has to wait for a resource. */
  limitReached(resource: string): void;
  /** A bundle that waited was delivered, or could not be, or is not there any more. */
  upload(result: UploadResult): void;
  /** A call to the store failed. */
  storeFailed(): void;
  /** A notifier was told, or could not be. @param kind of the notifier */
  notified(kind: string, result: "sent" | "failed" | "given-up"): void;
}

export const UPLOAD_RESULTS = ["delivered", "failed", "lost"] as const;
export type UploadResult = (typeof UPLOAD_RESULTS)[number];

export const noMetrics: DaemonMetrics = {
  started() {},
  finished() {},
  stage() {},
  retried() {},
  skipped() {},
  backups() {},
  limitReached() {},
  upload() {},
  storeFailed() {},
  notified() {},
};

/** What is read when somebody asks for the metrics. */
export interface MetricsSource extends JobMetricsSource {
  now(): Date;
  startTime: Date;
  /** @throws {StoreError} */
  jobs(): Promise<readonly JobFacts[]>;
  /** Attempts that run, executions that wait for a slot, and how many slots there are. */
  running(): number;
  /** Executions that wait for something else than a slot. */
  held(): number;
  waiting(): number;
  maxConcurrent(): number;
  /** What is wrong, by check; empty where nothing is. The check `store` says whether the store can be asked. */
  ready(): Promise<ReadonlyMap<string, string>>;
  /** Bundles that wait for their destinations. */
  uploads?(): SpoolSummary;
  /** Records of the store that could not be read. */
  unreadable(): number;
  /** Notifications that wait to be sent, and notifiers of which the last try failed. */
  notifications(): { waiting: number; failing: number };
  /** Of the state folder. */
  disk(): Promise<DiskRoom | undefined>;
}

export interface PrometheusMetrics extends DaemonMetrics {
  contentType: string;
  /** The text format of Prometheus. */
  text(): Promise<string>;
}

/** Those that are counted from zero, so that the first one shows as an increase. */
const SKIP_REASONS: SkipReason[] = ["blackout", "overlap", "queue-full", "too-late", "superseded", "disabled"];

const PREFIX = "troubleshoot_scheduler_";

/** Loads the metrics library: call it only when metrics are asked for. */
export async function prometheusMetrics(source: MetricsSource): Promise<PrometheusMetrics> {
  const prom = await import("prom-client");
  const registry: Registry = new prom.Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new prom.Gauge({ name: PREFIX + name, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new prom.Counter({ name: PREFIX + name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram =>
    new prom.Histogram({ name: PREFIX + name, help, buckets, labelNames, registers });

  const jobsTotal = gauge("jobs_total", "Jobs in the store");
  const jobsActive = gauge("jobs_active", "Jobs that are enabled");
  gauge("build_info", "1; the label is the version", ["version"]).set({ version: VERSION }, 1);
  const ready = gauge("ready", "1 when /readyz has nothing to say about the check, else 0", ["check"]);
  const executions = counter("executions_total", "Executions that ended, by status", ["status"]);
  for (const status of EXECUTION_STATUSES) {
    if (!["pending", "running", "retrying"].includes(status)) executions.inc({ status }, 0);
  }
  const running = gauge("executions_running", "Attempts that run now");
  const held = gauge("executions_held", "Executions that wait for a resource, such as disk space");
  const limits = counter("resource_limit_reached_total", "Executions that had to wait for a resource", ["resource"]);
  limits.inc({ resource: "disk" }, 0);
  const waiting = gauge("executions_waiting", "Executions that are due and wait for a slot");
  const uploads = counter("spooled_uploads_total", "Deliveries of bundles that waited, by result", ["result"]);
  for (const result of UPLOAD_RESULTS) uploads.inc({ result }, 0);
  const uploadsWaiting = gauge("uploads_waiting", "Bundles that wait for their destinations");
  const uploadsWaitingBytes = gauge("uploads_waiting_bytes", "Size of the bundles that wait for their destinations");
  const uploadsNeedingHelp = gauge("uploads_needing_help", "Those of them that somebody has to help");
  const uploadsOldest = gauge(
    "uploads_waiting_oldest_seconds",
    "How long the oldest of them has waited; 0: none waits",
  );
  const slots = gauge("max_concurrent_executions", "Attempts that may run at a time");
  const retries = counter("retries_total", "Attempts that are to be repeated");
  const durations = histogram(
    "execution_duration_seconds",
    "Duration of executions, of their last attempt",
    [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600],
  );
  const sizes = histogram(
    "bundle_size_bytes",
    "Size of bundles",
    [1e5, 1e6, 5e6, 1e7, 5e7, 1e8, 5e8, 1e9, 5e9],
  );
  const stages = histogram(
    "stage_duration_seconds",
    "Duration of the stages of attempts",
    [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800],
    ["stage"],
  );
  const results = counter("stage_results_total", "Stages of attempts that ended, by outcome", ["stage", "status"]);
  const lateness = histogram(
    "start_lateness_seconds",
    "From the due time to the start of the first attempt",
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600],
  );
  const skips = counter("skipped_total", "Due times that were not run, by reason", ["reason"]);
  const lastBackup = gauge("backup_last_success_timestamp_seconds", "When the newest backup of the store was made");
  lastBackup.remove(); // no value until it is known, or where none are made
  const backupFailures = counter("backup_failures_total", "Backups of the store that could not be made");
  for (const reason of SKIP_REASONS) skips.inc({ reason }, 0);
  const storeErrors = counter("store_errors_total", "Calls to the store that failed");
  const notifications = counter("notifications_total", "Messages to notifiers, by kind and result", ["kind", "result"]);
  for (const result of ["sent", "failed", "given-up"]) notifications.inc({ kind: "webhook", result }, 0);
  const notificationsWaiting = gauge("notifications_waiting", "Notifications that wait to be sent");
  const notifiersFailing = gauge("notifiers_failing", "Notifiers that could not be told at the last try");
  const unreadable = gauge(
    "store_unreadable_records",
    "Records that could not be read and were set aside since the start",
  );
  const available = gauge("state_disk_available_bytes", "Free space where the state folder is");
  const size = gauge("state_disk_size_bytes", "Size of the file system where the state folder is");
  const jobMetrics = new JobMetrics(source);
  let jobs: readonly JobFacts[] = [];

  return {
    contentType: registry.contentType,
    started(lateByMs) {
      if (lateByMs !== undefined) lateness.observe(Math.max(0, lateByMs) / 1000);
    },
    finished(jobId, status, seconds, bundleBytes, at) {
      executions.inc({ status });
      durations.observe(seconds);
      if (bundleBytes > 0) sizes.observe(bundleBytes);
      if (status === "completed" || status === "partial") jobMetrics.succeeded(jobId, at);
    },
    stage(stage, seconds, status) {
      stages.observe({ stage }, seconds);
      results.inc({ stage, status });
    },
    retried: () => retries.inc(),
    limitReached: (resource) => limits.inc({ resource }),
    skipped: (reason, count = 1) => skips.inc({ reason }, count),
    backups: (what) => "failed" in what ? backupFailures.inc() : lastBackup.set(what.lastSuccess.getTime() / 1000),
    upload: (result) => uploads.inc({ result }),
    storeFailed: () => storeErrors.inc(),
    notified: (kind, result) => notifications.inc({ kind, result }),
    async text() {
      const problems = await source.ready();
      for (const [check, problem] of problems) ready.set({ check }, problem === "" ? 1 : 0);
      let readable = (problems.get("store") ?? "") === "";
      try {
        if (readable) jobs = await source.jobs();
      } catch {
        readable = false; // counted as an error of the store; the jobs are as they were last seen
      }
      jobsTotal.set(jobs.length);
      jobsActive.set(jobs.filter((job) => job.enabled).length);
      running.set(source.running());
      held.set(source.held());
      waiting.set(source.waiting());
      const spool = source.uploads?.();
      uploadsWaiting.set(spool?.count ?? 0);
      uploadsWaitingBytes.set(spool?.bytes ?? 0);
      uploadsNeedingHelp.set(spool?.needsYou ?? 0);
      uploadsOldest.set(Math.max(0, source.now().getTime() - (spool?.since ?? source.now()).getTime()) / 1000);
      slots.set(source.maxConcurrent());
      unreadable.set(source.unreadable());
      const { waiting: toTell, failing } = source.notifications();
      notificationsWaiting.set(toTell);
      notifiersFailing.set(failing);
      const disk = await source.disk();
      available.set(disk?.available ?? NaN);
      size.set(disk?.size ?? NaN);
      const lines = [
        ...await processMetrics(source.startTime),
        ...await jobMetrics.lines(jobs, source.now(), readable),
      ];
      return await registry.metrics() + lines.join("\n") + "\n";
    },
  };
}
