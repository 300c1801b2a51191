import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../../src/core/clock.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

const ANY_PORTS = ["--metrics-port", "0", "--health-port", "0"];
const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
metadata:
  name: host
spec:
  collectors:
    - cpu: {}
`;

Deno.test({
  name: "schedule daemon start, run --wait, restart and stop work on a real daemon",
  // The daemon is seen to have ended a moment before this process is told so.
  sanitizeResources: false,
  sanitizeOps: false,
  ignore: Deno.build.os === "windows",
  async fn() {
    await using harness = await CliHarness.create();
    await harness.file("spec.yaml", SPEC);
    const run = (...args: string[]) => harness.run(args, { clock: systemClock });
    strictEqual((await run("create", "host", "--every", "10h", "-s", "spec.yaml")).code, EXIT.ok);
    try {
      const started = await run("daemon", "start", ...ANY_PORTS, "--max-concurrent", "2");
      strictEqual(started.code, EXIT.ok, started.message);
      match(started.stdout, /Pid: +\d+\n[^]*Log: +\S+daemon\.log\n[^]*metrics http:\/\/127\.0\.0\.1:\d+/);
      const first = await harness.json(["daemon", "status"]);
      deepStrictEqual([first.running, first.jobsTotal, first.maxConcurrent], [true, 1, 2]);

      const ran = await run("run", "host", "--wait", "-o", "json");
      strictEqual(ran.code, EXIT.ok, ran.message + ran.stderr + ran.stdout);
      const execution = JSON.parse(ran.stdout);
      deepStrictEqual([execution.status, execution.trigger], ["completed", "manual"]);
      strictEqual((await Deno.stat(execution.bundlePath)).size, execution.bundleSize);
      const used = execution.metrics.resourceUsage;
      deepStrictEqual(
        Object.keys(used).sort(),
        ["cpuTimeMs", "diskUsageMB", "networkBytesRx", "networkBytesTx", "peakMemoryMB"],
      );
      ok(used.diskUsageMB * 1e6 + 1_000 >= execution.bundleSize && used.cpuTimeMs > 0, JSON.stringify(used));
      strictEqual((await harness.json(["describe", "host"])).runCount, 1);

      const restarted = await run("daemon", "restart", ...ANY_PORTS);
      strictEqual(restarted.code, EXIT.ok, restarted.message);
      notStrictEqual((await harness.json(["daemon", "status"])).pid, first.pid);
      match((await run("daemon", "stop")).stdout, /has stopped/);
      deepStrictEqual(await harness.json(["daemon", "status"]), { running: false });
    } finally {
      await run("daemon", "stop");
    }
  },
});
