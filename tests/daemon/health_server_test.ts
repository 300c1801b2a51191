import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { HealthServer, openServers, PortInUseError } from "../../src/daemon/health_server.ts";
import { type MetricsSource, prometheusMetrics } from "../../src/daemon/metrics.ts";
import { recordingLog } from "./fake_log.ts";
import type { JobFacts } from "../../src/daemon/job_census.ts";

const { log } = recordingLog();
const anyPort = { hostname: "127.0.0.1", port: 0 };
function job(fields: Partial<JobFacts> = {}): JobFacts {
  return { id: "job-1", name: "nightly", enabled: true, status: "pending", nextRun: NaN, lastRun: NaN, ...fields };
}

const at = (time: string) => Date.parse(`2026-03-${time}Z`);
const now = new Date("2026-03-02T12:00:00Z");

function source(fields: Partial<MetricsSource> = {}): MetricsSource {
  return {
    now: () => now,
    jobs: () => Promise.resolve([]),
    running: () => 0,
    lastSuccess: () => Promise.resolve(undefined),
    ...fields,
  };
}

async function get(
  port: number,
  path: string,
  init?: RequestInit,
): Promise<{ status: number; text: string; type: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text(), type: response.headers.get("content-type") ?? "" };
}

Deno.test("metrics tell of backups, and of none before one is known", async () => {
  const metrics = await prometheusMetrics(source());
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
  const metrics = await prometheusMetrics(source({
    jobs: () =>
      Promise.resolve([
        job({ name: 'a "quoted" one', lastRun: at("01T00:00:00"), nextRun: at("02T12:05:00") }),
        job({ id: "late", name: "late", nextRun: at("02T11:58:00") }),
        job({ id: "off", name: "off", enabled: false }),
      ]),
    running: () => 2,
    lastSuccess: () => Promise.resolve(new Date("2026-03-01T00:00:00Z")),
  }));
  metrics.started(120);
  metrics.finished("job-1", "completed", 42, 2_000_000, now);
  metrics.finished("x", "failed", 3, 0, now);
  metrics.finished("x", "failed", 3, 0, now);
  metrics.skipped("overlap");
  metrics.skipped("superseded", 4);
  metrics.retried();
  metrics.stage("collect", 2);
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
      'troubleshoot_scheduler_job_last_success_timestamp_seconds{job="a \\"quoted\\" one"} ' + now.getTime() / 1000,
      'troubleshoot_scheduler_job_next_run_timestamp_seconds{job="late"} 1772452680',
      'troubleshoot_scheduler_job_overdue{job="late"} 1',
      'troubleshoot_scheduler_job_overdue{job="a \\"quoted\\" one"} 0',
    ]
  ) ok(lines.includes(line), `no line ${line}`);
  ok(!lines.some((line) => line.includes('job="off"')), "a disabled job has no due time");
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
    let jobs = [job(fields)];
    let reads = 0;
    const metrics = await prometheusMetrics(source({
      jobs: () => Promise.resolve(jobs),
      lastSuccess: () => Promise.resolve((reads++, new Date(at("01T00:00:00")))),
    }));
    const read = async () =>
      /^troubleshoot_scheduler_job_last_success_timestamp_seconds\{job="nightly"\} (\d+)$/m.exec(await metrics.text())
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
    (_, i) => job({ id: `${i}`, name: `${i}`, status: "failed", lastRun: at("02T03:00:00") }),
  );
  let reads = 0;
  const metrics = await prometheusMetrics(source({
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

Deno.test("health server answers /healthz, /readyz and /metrics, and nothing else", async () => {
  let problem = "";
  const metrics = await prometheusMetrics(source());
  const server = new HealthServer({
    address: anyPort,
    metrics,
    log,
    ready: { store: () => problem, clock: () => Promise.resolve("") },
  });
  const { port } = server;
  deepStrictEqual(await get(port, "/healthz"), { status: 200, text: "ok\n", type: "text/plain;charset=UTF-8" });
  deepStrictEqual((await get(port, "/readyz")).text, "store: ok\nclock: ok\n");
  problem = "cannot be reached";
  const unready = await get(port, "/readyz");
  deepStrictEqual([unready.status, unready.text], [503, "store: cannot be reached\nclock: ok\n"]);
  const { status, type, text } = await get(port, "/metrics");
  deepStrictEqual([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  match(text, /^troubleshoot_scheduler_jobs_total 0$/m);
  strictEqual((await get(port, "/")).status, 404);
  strictEqual((await get(port, "/healthz", { method: "POST" })).status, 405);
  await server.stop();
  await server.stop(); // twice is harmless
  await rejects(get(port, "/healthz"));
});

Deno.test("/readyz says that a check failed or hangs, and does not hang itself", async () => {
  const server = new HealthServer({
    address: anyPort,
    log,
    checkTimeoutMs: 50,
    ready: { broken: () => Promise.reject(new Error("gone")), stuck: () => new Promise(() => {}) },
  });
  const { status, text } = await get(server.port, "/readyz");
  strictEqual(status, 503);
  match(text, /^broken: gone\nstuck: no answer within 50 ms\n$/);
  await server.stop();
});

Deno.test("openServers() opens one server where metrics and health share an address", async () => {
  const metrics = await prometheusMetrics(source());
  const probe = Deno.listen(anyPort);
  const address = { hostname: "127.0.0.1", port: (probe.addr as Deno.NetAddr).port };
  probe.close();
  const { servers, ports, warnings } = openServers(
    { metricsPort: address, healthCheckPort: address },
    metrics,
    {},
    log,
  );
  strictEqual(servers.length, 1);
  deepStrictEqual([ports.metrics, ports.health, warnings], [address.port, address.port, []]);
  strictEqual((await get(address.port, "/healthz")).status, 200);
  strictEqual((await get(address.port, "/metrics")).status, 200);
  await servers[0]!.stop();
});

Deno.test("openServers() picks free ports for 0, and says which", async () => {
  const metrics = await prometheusMetrics(source());
  const { servers, ports } = openServers({ metricsPort: anyPort, healthCheckPort: anyPort }, metrics, {}, log);
  strictEqual(servers.length, 2);
  strictEqual((await get(ports.metrics!, "/metrics")).status, 200);
  strictEqual((await get(ports.metrics!, "/healthz")).status, 404);
  strictEqual((await get(ports.health!, "/healthz")).status, 200);
  for (const server of servers) await server.stop();
});

Deno.test("openServers() refuses a port that was asked for and is in use", () => {
  const taken = Deno.listen(anyPort);
  const address = { hostname: "127.0.0.1", port: (taken.addr as Deno.NetAddr).port };
  throws(() => openServers({ healthCheckPort: address }, undefined, {}, log), (error) => {
    ok(error instanceof PortInUseError);
    match(error.message, new RegExp(`127.0.0.1:${address.port} \\(\`healthCheckPort\`\\)`));
    return true;
  });
  taken.close();
});

Deno.test("openServers() goes on with a warning where a default port is in use", async () => {
  // Somebody has the default port, be it this test or another program.
  let taken: Deno.Listener | undefined;
  try {
    taken = Deno.listen({ hostname: "127.0.0.1", port: 9091 });
  } catch { /* in use: just what is wanted */ }
  const { servers, ports, warnings } = openServers({}, undefined, {}, log);
  deepStrictEqual([servers.length, ports.health], [0, undefined]);
  match(warnings[0]!, /^not listening on 127\.0\.0\.1:9091 \(the default of `healthCheckPort`\)/);
  for (const server of servers) await server.stop();
  taken?.close();
});
