import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import { EXECUTION_STATUSES, type ExecutionStatus } from "../schedule/execution.ts";
import type { JobFacts } from "./job_census.ts";

/** What the daemon counts. */
export interface DaemonMetrics {
  /** An attempt began. @param lateByMs after its due time; absent where nothing was due (a manual run, a retry) */
  started(lateByMs?: number): void;
  /** An execution reached a final status. @param bundleBytes 0 when there is no bundle */
  finished(jobId: string, status: ExecutionStatus, seconds: number, bundleBytes: number, at: Date): void;
  /** A stage of an attempt ended. */
  stage(stage: string, seconds: number): void;
  retried(): void;
  /** Due times were not run. @param count default 1 */
  skipped(reason: string, count?: number): void;
  /** When the newest backup of the store was made, or that one could not be made. */
  backups(what: { lastSuccess: Date } | { failed: true }): void;
}

export const noMetrics: DaemonMetrics = {
  started() {},
  finished() {},
  stage() {},
  retried() {},
  skipped() {},
  backups() {},
};

/** What is read when somebody asks for the metrics. */
export interface MetricsSource {
  now(): Date;
  jobs(): Promise<readonly JobFacts[]>;
  /** Attempts that run. */
  running(): number;
  /** When an execution of the job last ended with a bundle; undefined when none ever did. */
  lastSuccess(jobId: string): Promise<Date | undefined>;
}

export interface PrometheusMetrics extends DaemonMetrics {
  contentType: string;
  /** The text format of Prometheus. */
  text(): Promise<string>;
}

/** How late a job may be before it counts as overdue. */
const OVERDUE_MS = 60_000;

/** Jobs whose last success is looked up in one answer; the others follow in the next ones. */
const MAX_READS = 200;

/** Written here and not by the library: it would keep an object for each of thousands of jobs. */
const PER_JOB = [
  { name: "job_last_success_timestamp_seconds", help: "When an execution of the job last gave a bundle" },
  { name: "job_next_run_timestamp_seconds", help: "The job's next due time" },
  { name: "job_overdue", help: "1 when the job's due time passed a minute ago and nothing was started" },
];

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
  const executions = counter("executions_total", "Executions that ended, by status", ["status"]);
  for (const status of EXECUTION_STATUSES) {
    if (!["pending", "running", "retrying"].includes(status)) executions.inc({ status }, 0);
  }
  const running = gauge("executions_running", "Attempts that run now");
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
  const lateness = histogram(
    "start_lateness_seconds",
    "From the due time to the start of the first attempt",
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600],
  );
  const skips = counter("skipped_total", "Due times that were not run, by reason", ["reason"]);
  const lastBackup = gauge("backup_last_success_timestamp_seconds", "When the newest backup of the store was made");
  lastBackup.remove(); // no value until it is known, or where none are made
  const backupFailures = counter("backup_failures_total", "Backups of the store that could not be made");
  // By job id, in milliseconds; NaN when there is none. Kept up to date by what ends here.
  const successes = new Map<string, number>();
  const lastSuccess = async (job: JobFacts, reads: { left: number }): Promise<number> => {
    const known = successes.get(job.id);
    // Another daemon may have run it since. Its start is near enough to its end.
    if (job.status === "completed" || job.status === "partial") return Math.max(known ?? 0, job.lastRun);
    if (known !== undefined || Number.isNaN(job.lastRun) || reads.left-- <= 0) return known ?? NaN;
    const success = (await source.lastSuccess(job.id))?.getTime() ?? NaN;
    successes.set(job.id, success);
    return success;
  };

  return {
    contentType: registry.contentType,
    started(lateByMs) {
      if (lateByMs !== undefined) lateness.observe(Math.max(0, lateByMs) / 1000);
    },
    finished(jobId, status, seconds, bundleBytes, at) {
      executions.inc({ status });
      durations.observe(seconds);
      if (bundleBytes > 0) sizes.observe(bundleBytes);
      if (status === "completed" || status === "partial") successes.set(jobId, at.getTime());
    },
    stage: (stage, seconds) => stages.observe({ stage }, seconds),
    retried: () => retries.inc(),
    skipped: (reason, count = 1) => skips.inc({ reason }, count),
    backups: (what) => "failed" in what ? backupFailures.inc() : lastBackup.set(what.lastSuccess.getTime() / 1000),
    async text() {
      const jobs = await source.jobs();
      const now = source.now().getTime();
      jobsTotal.set(jobs.length);
      jobsActive.set(jobs.filter((job) => job.enabled).length);
      running.set(source.running());
      const known = new Set(jobs.map((job) => job.id));
      for (const id of successes.keys()) if (!known.has(id)) successes.delete(id);
      const perJob = PER_JOB.map(({ name, help }) => [
        `# HELP ${PREFIX}${name} ${help}`,
        `# TYPE ${PREFIX}${name} gauge`,
      ]);
      const reads = { left: MAX_READS };
      for (const job of jobs) {
        const success = await lastSuccess(job, reads);
        const overdue = Number.isNaN(job.nextRun) ? NaN : job.nextRun < now - OVERDUE_MS ? 1 : 0;
        const label = `{job="${escapeLabel(job.name)}"}`;
        for (const [i, value] of [success / 1000, job.nextRun / 1000, overdue].entries()) {
          if (!Number.isNaN(value)) perJob[i]!.push(`${PREFIX}${PER_JOB[i]!.name}${label} ${value}`);
        }
      }
      return await registry.metrics() + perJob.flat().join("\n") + "\n";
    },
  };
}

/** As the text format wants it. */
function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
