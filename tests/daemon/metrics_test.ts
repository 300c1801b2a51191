import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { VERSION } from "../../src/core/version.ts";
import type { JobFacts } from "../../src/daemon/job_census.ts";
import { prometheusMetrics } from "../../src/daemon/metrics.ts";
import { at, jobFacts, metricsSource, nightly, now } from "./metrics_source.ts";

Deno.test("metrics tell of backups, and of no last one before it is known", async () => {
  const metrics = await prometheusMetrics(metricsSource());
  const values = async () =>
    (await metrics.text()).split("\n").filter((line) => /^troubleshoot_scheduler_backup/.test(line));
  deepStrictEqual(await values(), ["troubleshoot_scheduler_backup_failures_total 0"]);
  metrics.backups({ lastSuccess: new Date("2026-03-02T12:00:00Z") });
  metrics.backups({ failed: true });
  deepStrictEqual(await values(), [
    "troubleshoot_scheduler_backup_last_success_timestamp_seconds 1772452800",
    "troubleshoot_scheduler_backup_failures_total 1",
  ]);
});

Deno.test("metrics have the promised names, and count what happened", async () => {
  const metrics = await prometheusMetrics(metricsSource({
    jobs: () =>
      Promise.resolve([
        jobFacts({ name: 'a "quoted" one', lastRun: at("01T00:00:00"), nextRun: at("02T12:05:00") }),
        jobFacts({ id: "late", name: "late", nextRun: at("02T11:58:00"), failuresInRow: 2 }),
        jobFacts({ id: "off", name: "off", enabled: false }),
      ]),
    running: () => 2,
    waiting: () => 5,
    unreadable: () => 7,
    disk: () => Promise.resolve({ available: 25, size: 100 }),
    ready: () => Promise.resolve(new Map([["store", ""], ["scheduler", "the clock has not ticked"]])),
    lastSuccess: () => Promise.resolve(new Date("2026-03-01T00:00:00Z")),
  }));
  metrics.started(120);
  metrics.finished("job-1", "completed", 42, 2_000_000, now);
  metrics.finished("x", "failed", 3, 0, now);
  metrics.finished("x", "failed", 3, 0, now);
  metrics.skipped("overlap");
  metrics.skipped("superseded", 4);
  metrics.retried();
  metrics.stage("collect", 2, "ok");
  metrics.stage("upload", 2, "failed");
  metrics.storeFailed();
  const lines = (await metrics.text()).split("\n");
  for (
    const line of [
      "troubleshoot_scheduler_jobs_total 3",
      "troubleshoot_scheduler_jobs_active 2",
      "troubleshoot_scheduler_executions_running 2",
      'troubleshoot_scheduler_executions_total{status="completed"} 1',
      'troubleshoot_scheduler_executions_total{status="failed"} 2',
      'troubleshoot_scheduler_executions_total{status="quarantined"} 0',
      "# TYPE troubleshoot_scheduler_execution_duration_seconds histogram",
      'troubleshoot_scheduler_execution_duration_seconds_bucket{le="60"} 3',
      "troubleshoot_scheduler_execution_duration_seconds_sum 48",
      "# TYPE troubleshoot_scheduler_bundle_size_bytes histogram",
      "troubleshoot_scheduler_bundle_size_bytes_count 1",
      'troubleshoot_scheduler_start_lateness_seconds_bucket{le="0.25"} 1',
      'troubleshoot_scheduler_skipped_total{reason="overlap"} 1',
      'troubleshoot_scheduler_skipped_total{reason="superseded"} 4',
      "troubleshoot_scheduler_retries_total 1",
      'troubleshoot_scheduler_stage_duration_seconds_count{stage="collect"} 1',
      'troubleshoot_scheduler_job_last_success_timestamp_seconds{job_name="a \\"quoted\\" one"} ' +
      now.getTime() / 1000,
      'troubleshoot_scheduler_job_next_run_timestamp_seconds{job_name="late"} 1772452680',
      'troubleshoot_scheduler_job_overdue{job_name="late"} 1',
      'troubleshoot_scheduler_job_consecutive_failures{job_name="late"} 2',
      'troubleshoot_scheduler_job_expected_interval_seconds{job_name="late"} 86400',
      'troubleshoot_scheduler_stage_results_total{stage="upload",status="failed"} 1',
      'troubleshoot_scheduler_skipped_total{reason="blackout"} 0',
      "troubleshoot_scheduler_store_errors_total 1",
      "troubleshoot_scheduler_store_unreadable_records 7",
      'troubleshoot_scheduler_ready{check="store"} 1',
      'troubleshoot_scheduler_ready{check="scheduler"} 0',
      "troubleshoot_scheduler_executions_waiting 5",
      "troubleshoot_scheduler_max_concurrent_executions 3",
      "troubleshoot_scheduler_state_disk_available_bytes 25",
      "troubleshoot_scheduler_state_disk_size_bytes 100",
      `troubleshoot_scheduler_build_info{version="${VERSION}"} 1`,
      `process_start_time_seconds ${at("01T00:00:00") / 1000}`,
      "# TYPE process_cpu_seconds_total counter",
      'troubleshoot_scheduler_job_overdue{job_name="a \\"quoted\\" one"} 0',
    ]
  ) ok(lines.includes(line), `no line ${line}`);
  const off = lines.filter((line) => line.includes('job_name="off"'));
  deepStrictEqual(
    off,
    ['troubleshoot_scheduler_job_consecutive_failures{job_name="off"} 0'],
    "a disabled job is not due",
  );
});

const lastSuccess: [name: string, job: Partial<JobFacts>, reads: number, expect: number | undefined][] = [
  ["is that of a run that just succeeded", { status: "completed", lastRun: at("02T03:00:00") }, 0, at("02T03:00:00")],
  ["is that of a run that was partial", { status: "partial", lastRun: at("02T03:00:00") }, 0, at("02T03:00:00")],
  [
    "is looked up for a job that failed last, once",
    { status: "failed", lastRun: at("02T03:00:00") },
    1,
    at("01T00:00:00"),
  ],
  ["is looked up for a job that runs", { status: "running", lastRun: at("02T03:00:00") }, 1, at("01T00:00:00")],
  ["is absent for a job that never ran", {}, 0, undefined],
];

for (const [name, fields, expectedReads, expect] of lastSuccess) {
  Deno.test(`metrics: a job's last success ${name}`, async () => {
    let jobs = [jobFacts(fields)];
    let reads = 0;
    const metrics = await prometheusMetrics(metricsSource({
      jobs: () => Promise.resolve(jobs),
      lastSuccess: () => Promise.resolve((reads++, new Date(at("01T00:00:00")))),
    }));
    const read = async () =>
      /^troubleshoot_scheduler_job_last_success_timestamp_seconds\{job_name="nightly"\} (\d+)$/m.exec(
        await metrics.text(),
      )
        ?.[1];
    const expected = expect === undefined ? undefined : String(expect / 1000);
    strictEqual(await read(), expected);
    strictEqual(await read(), expected);
    strictEqual(reads, expectedReads);
    jobs = [];
    strictEqual(await read(), undefined, "a job that is gone is forgotten");
  });
}

Deno.test("metrics look up only so many jobs in one answer, and the others in the next", async () => {
  const jobs = Array.from(
    { length: 450 },
    (_, i) => jobFacts({ id: `${i}`, name: `${i}`, status: "failed", lastRun: at("02T03:00:00") }),
  );
  let reads = 0;
  const metrics = await prometheusMetrics(metricsSource({
    jobs: () => Promise.resolve(jobs),
    lastSuccess: () => Promise.resolve((reads++, undefined)),
  }));
  const counts: number[] = [];
  for (let i = 0; i < 4; i++) {
    await metrics.text();
    counts.push(reads);
  }
  deepStrictEqual(counts, [200, 400, 450, 450]);
});

Deno.test("metrics tell what is known of the jobs while the store fails, and that it does", async () => {
  let problem = "";
  let reads = 0;
  const jobs = [jobFacts({ name: "known", nextRun: at("02T13:00:00"), lastRun: at("01T02:00:00"), status: "failed" })];
  const metrics = await prometheusMetrics(metricsSource({
    jobs: () => (reads++, problem === "" ? Promise.resolve(jobs) : Promise.reject(new Error("locked"))),
    ready: () => Promise.resolve(new Map([["store", problem]])),
    lastSuccess: () => Promise.reject(new Error("locked")),
  }));
  match(await metrics.text(), /^troubleshoot_scheduler_ready\{check="store"\} 1$/m);
  problem = "locked";
  const text = await metrics.text();
  match(text, /^troubleshoot_scheduler_ready\{check="store"\} 0$/m);
  match(text, /^troubleshoot_scheduler_jobs_total 1$/m);
  match(text, /^troubleshoot_scheduler_job_next_run_timestamp_seconds\{job_name="known"\} \d+$/m);
  strictEqual(reads, 1, "a store that fails is not asked");
});

Deno.test("metrics work out the intervals of so many schedules in one answer, and of each only once", async () => {
  const timings = Array.from({ length: 60 }, (_, i) => ({ ...nightly, schedules: [`${i} 2 * * *`] }));
  const jobs = timings.map((timing, i) => jobFacts({ id: `${i}`, name: `${i}`, timing }));
  const metrics = await prometheusMetrics(metricsSource({ jobs: () => Promise.resolve(jobs) }));
  const count = async () =>
    (await metrics.text()).match(/^troubleshoot_scheduler_job_expected_interval_seconds\{.*\} 86400$/gm)?.length;
  deepStrictEqual([await count(), await count()], [40, 60]);
});

Deno.test("docs/metrics.md lists what is served: names, types and labels", async () => {
  const metrics = await prometheusMetrics(metricsSource({
    jobs: () => Promise.resolve([jobFacts({ status: "completed", lastRun: 0, nextRun: at("02T13:00:00") })]),
  }));
  metrics.finished("job-1", "completed", 42, 2_000_000, now);
  metrics.started(120);
  metrics.stage("collect", 2, "ok");
  metrics.backups({ lastSuccess: now });
  const text = await metrics.text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name: name!, type: type! }));
  const served = types.map(({ name, type }) => {
    const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? \\S+$`, "m").exec(text);
    ok(sample !== null, `${name} has a sample`);
    const labels = [...(sample[1] ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label!);
    return `${name}{${labels.join()}} ${type}`;
  });
  const docs = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
  const rows = [...docs.matchAll(/^\| `(\w+)(?:\{(.*)\})?` \| (\w+) \|/gm)];
  deepStrictEqual(
    rows.map(([, name, labels, type]) => `${name}{${labels ?? ""}} ${type}`).toSorted(),
    served.toSorted(),
  );
});
