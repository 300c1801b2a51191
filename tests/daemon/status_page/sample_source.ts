import type { JobFacts } from "../../../src/daemon/job_census.ts";
import type { RunningExecution } from "../../../src/daemon/control_protocol.ts";
import type { StatusPageSource } from "../../../src/daemon/status_page/status_data.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import type { Job } from "../../../src/schedule/job.ts";
import { sampleExecution, sampleJob } from "../sample_job.ts";

export const NOW = new Date("2026-03-02T12:00:00Z");

/** A time before now. @param minutes negative: after it */
export const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();

export interface SampleSource extends StatusPageSource {
  /** Calls of the store, by method. */
  calls: Record<string, number>;
}

/** A daemon with these jobs and executions. */
export function sampleSource(
  jobs: readonly Job[],
  executions: readonly Execution[] = [],
  options: Partial<StatusPageSource> & { running?: RunningExecution[]; warnings?: string[] } = {},
): SampleSource {
  const { running = [], warnings = [], ...overrides } = options;
  const calls: Record<string, number> = {};
  const count = (method: string) => calls[method] = (calls[method] ?? 0) + 1;
  const newestFirst = executions.toSorted((a, b) => a.scheduledAt < b.scheduledAt ? 1 : -1);
  return {
    calls,
    now: () => NOW,
    status: () =>
      Promise.resolve({
        running: true,
        pid: 4711,
        startTime: ago(3 * 24 * 60),
        uptime: 3 * 86_400,
        memoryMB: 62.4,
        cpuPercent: 0.3,
        jobsActive: 0,
        jobsTotal: 0,
        version: "0.1.0",
        host: "build-7",
        stateFolder: "/state",
        draining: false,
        executions: running,
        waiting: 0,
        maxConcurrent: 3,
        ports: {},
        warnings,
      }),
    jobs: () => Promise.resolve((count("jobs"), jobs.map(toFacts))),
    store: {
      getJob: (id) => Promise.resolve((count("getJob"), jobs.find((job) => job.id === id))),
      listExecutions: ({ jobId, status, limit } = {}) => {
        count("listExecutions");
        const found = newestFirst.filter((it) =>
          (jobId === undefined || it.jobId === jobId) && (status === undefined || it.status === status)
        );
        return Promise.resolve(found.slice(0, limit));
      },
    },
    ready: () => Promise.resolve(new Map([["store", ""]])),
    ...overrides,
  };
}

function toFacts({ id, name, enabled, status, nextRun, lastRun, failuresInRow, ...rest }: Job): JobFacts {
  const { schedules, timezone, blackout } = rest;
  return {
    id,
    name,
    enabled,
    status,
    nextRun: Date.parse(nextRun ?? ""),
    lastRun: Date.parse(lastRun ?? ""),
    failuresInRow,
    timing: { schedules, timezone, blackout },
  };
}

/** A daemon that has been busy, with one job in each state, and names of somebody who wishes us ill. */
export function busySource(): SampleSource {
  const job = (name: string, fields: Parameters<typeof sampleJob>[0] = {}) =>
    sampleJob({
      id: `job-${name}`,
      name,
      schedules: ["0 2 * * *"],
      nextRun: ago(-840),
      status: "completed",
      ...fields,
    });
  const hostile = job("hostile", {
    name: `<script>alert(1)</script><img src=x onerror=alert(2)>" onfocus="alert(3)`,
    status: "failed",
    failuresInRow: 1,
    lastError: `</span><style>*{display:none}</style>& 'quoted' \u202egnp.exe`,
  });
  const jobs = [
    job("payments-db", {
      labels: { owner: "team-payments" },
      schedules: ["*/30 * * * *"],
      nextRun: ago(-12),
      runCount: 412,
    }),
    job("checkout", {
      status: "failed",
      failuresInRow: 4,
      lastError: "Cannot reach the cluster: https://10.0.0.1:6443 did not answer within 30 s (connection refused)",
      nextRun: ago(-30),
      skipped: { overlap: 3, "too-late": 1 },
    }),
    hostile,
    job("nightly-full", { nextRun: ago(7), lastRun: ago(1447) }),
    job("ingress", { status: "running", lastRun: ago(2), schedules: ["@every 2h"], nextRun: ago(-118) }),
    job("storage", { status: "partial", skipped: { blackout: 12 }, nextRun: ago(-300) }),
    job("brand-new", { status: "pending", nextRun: ago(-1200), timezone: "Europe/Paris" }),
    job("old", {
      status: "disabled",
      enabled: false,
      nextRun: null,
      paused: { by: "sam", note: "migrated to the new cluster", since: ago(9000) },
    }),
  ];
  const run = (of: Job, at: number, status: Execution["status"], seconds: number, fields: Partial<Execution> = {}) =>
    sampleExecution({
      id: `${of.id}-${at}`,
      scheduledAt: ago(at),
      startTime: ago(at),
      endTime: ago(at - seconds / 60),
      duration: seconds,
      bundleSize: status === "completed" || status === "partial" ? 2_000_000 + (at * 7919) % 3_000_000 : 0,
      status,
      ...fields,
    }, of);
  const [payments, checkout, , nightly, ingress, storage] = jobs as [Job, Job, Job, Job, Job, Job];
  const executions = [
    ...Array.from(
      { length: 30 },
      (_, i) =>
        run(
          payments,
          18 + 30 * i,
          i === 9 ? "failed" : "completed",
          40 + (i * 37) % 60,
          i === 9 ? { error: "the node is gone" } : {},
        ),
    ),
    ...Array.from(
      { length: 4 },
      (_, i) => run(checkout, 30 + 60 * i, "failed", 30, { error: checkout.lastError, errorCode: "KUBE_UNREACHABLE" }),
    ),
    ...Array.from({ length: 3 }, (_, i) => run(checkout, 270 + 60 * i, "completed", 95 + i)),
    run(checkout, 60 * 3.5, "skipped", 0, { startTime: null, error: "Skipped: the run before it was still active" }),
    run(hostile, 100, "failed", 3, { error: hostile.lastError }),
    run(nightly, 600, "completed", 1500),
    run(ingress, 2, "running", 0, { endTime: null }),
    run(ingress, 122, "quarantined", 80, { error: "held back: it may contain a secret" }),
    run(ingress, 242, "cancelled", 60),
    run(storage, 200, "partial", 400),
    run(storage, 1, "pending", 0, { startTime: null, endTime: null, notBefore: ago(-4) }),
    run(nightly, 8, "retrying", 20, { endTime: ago(7), retryAt: ago(-2), retryCount: 1, error: "connection reset" }),
  ];
  const running = [{
    id: `${ingress.id}-2`,
    job: "ingress",
    pid: 99,
    startTime: ago(2),
    attempt: 1,
    progress: "collect: logs of shop/api-7d9",
  }];
  return sampleSource(jobs, executions, {
    running,
    warnings: ["not listening on 127.0.0.1:9090 (the default of `metricsPort`): address in use"],
  });
}
