import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { AnsweringDaemon } from "./answering_daemon.ts";
import { CliHarness } from "./cli_harness.ts";

const idle = [
  // args, code, standard output, message
  [["status"], EXIT.ok, /^No daemon is running for .*\nStart one with/, /^$/],
  [["status", "-o", "json"], EXIT.ok, /^\{\n {2}"running": false\n\}\n$/, /^$/],
  [["status", "-o", "yaml"], EXIT.ok, /^running: false\n$/, /^$/],
  [["stop"], EXIT.daemon, /^$/, /No daemon is running/],
  [["reload"], EXIT.daemon, /^$/, /No daemon serves/],
] as const;
for (const [args, code, stdout, message] of idle) {
  Deno.test(`schedule daemon ${args.join(" ")} where none runs exits with ${code}`, async () => {
    await using harness = await CliHarness.create();
    const result = await harness.run(["daemon", ...args]);
    match(result.stdout, stdout);
    match(result.message, message);
    strictEqual(result.code, code);
  });
}

Deno.test("schedule daemon status -o json has the promised fields", async () => {
  await using harness = await CliHarness.create();
  await using daemon = await AnsweringDaemon.start(harness);
  const status = await harness.json(["daemon", "status"]);
  deepStrictEqual(status, daemon.status);
  for (
    const field of ["running", "pid", "startTime", "uptime", "memoryMB", "cpuPercent", "jobsActive", "jobsTotal"]
  ) strictEqual(field in status, true, field);
});

Deno.test("schedule daemon status tells what it does and where it listens", async () => {
  await using harness = await CliHarness.create();
  await using daemon = await AnsweringDaemon.start(harness);
  daemon.status.executions = [
    { id: "ex-1", job: "nightly", pid: 9, startTime: "", attempt: 2, progress: "collect: pods" },
  ];
  daemon.status.warnings = ["port 9090 is in use"];
  const { stdout } = await harness.run(["daemon", "status"]);
  match(stdout, /^Since: +2026-03-02T10:00:00Z \(1 h 2 min\)$/m);
  match(stdout, /^Jobs: +2 enabled of 3$/m);
  match(stdout, /^Executions: +1 of 3 slots in use, 0 waiting\n +nightly: collect: pods \(attempt 2\) — ex-1$/m);
  match(stdout, /metrics http:\/\/127\.0\.0\.1:9090\/metrics/);
  match(stdout, /^Warnings: +port 9090 is in use$/m);
});

Deno.test("schedule daemon status tells of one that lives and does not answer", async () => {
  await using harness = await CliHarness.create();
  await using daemon = await AnsweringDaemon.start(harness);
  await daemon.silence();
  const status = await harness.json(["daemon", "status"]);
  deepStrictEqual([status.running, status.responding, status.pid], [true, false, Deno.pid]);
  match((await harness.run(["daemon", "status"])).stdout, /does not answer/);
});

Deno.test("schedule daemon reload prints what came of it", async () => {
  await using harness = await CliHarness.create();
  await using daemon = await AnsweringDaemon.start(harness);
  match((await harness.run(["daemon", "reload"])).stdout, /^read the settings again \(defaults\)$/m);
  daemon.reloaded = new Error("config.yaml:3: unknown setting");
  const failed = await harness.run(["daemon", "reload"]);
  match(failed.message, /config\.yaml:3: unknown setting/);
  strictEqual(failed.code, EXIT.daemon);
});

Deno.test("schedule daemon start refuses a second one", async () => {
  await using harness = await CliHarness.create();
  await using _ = await AnsweringDaemon.start(harness);
  for (const flags of [[], ["--foreground"]]) {
    const result = await harness.run(["daemon", "start", ...flags]);
    match(result.message, /already served by the daemon with pid/);
    strictEqual(result.code, EXIT.daemon);
  }
});

const refused = [
  [["--log-level", "debgu"], /"debgu" is not a level/],
  [["--max-concurrent", "0"], /--max-concurrent/],
  [["--check-interval", "0"], /--check-interval/],
  [["--check-interval", "often"], /--check-interval/],
  [["--metrics-port", "70000"], /--metrics-port/],
  [["--config", "none.yaml"], /none\.yaml/],
] as const;
for (const [flags, message] of refused) {
  Deno.test(`schedule daemon start ${flags.join(" ")} is refused, and starts nothing`, async () => {
    await using harness = await CliHarness.create();
    const result = await harness.run(["daemon", "start", ...flags]);
    match(result.message, message);
    strictEqual(result.code, EXIT.failure);
    strictEqual((await harness.json(["daemon", "status"])).running, false);
  });
}

Deno.test("schedule daemon status --watch prints a line at a time until it is interrupted", async () => {
  await using harness = await CliHarness.create();
  const stop = new AbortController();
  const running = harness.run(["daemon", "status", "--watch", "-o", "json"], { signal: stop.signal });
  for (let frame = 0; frame < 2; frame++) {
    await harness.clock.untilSleeping();
    await harness.clock.advance(2000);
  }
  await harness.clock.untilSleeping();
  stop.abort();
  const result = await running;
  strictEqual(result.stdout, '{"running":false}\n'.repeat(3));
  strictEqual(result.code, EXIT.interrupted);
});
