import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { AnsweringDaemon } from "./answering_daemon.ts";
import { CliHarness } from "./cli_harness.ts";

Deno.test("schedule describe -o json is the job, its reasons, executions and next ten runs", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly", skipped: { overlap: 2 } });
  const execution = await harness.addExecution(job, "2026-03-02T02:00:00.000Z", { status: "completed" });
  const { daemonRunning, reasons, nextRuns, recentExecutions, failingNotifiers, ...rest } = await harness.json([
    "describe",
    "nightly",
  ]);
  deepStrictEqual(rest, job);
  deepStrictEqual(failingNotifiers, []);
  strictEqual(daemonRunning, false);
  strictEqual(reasons.length, 2);
  deepStrictEqual(recentExecutions, [execution]);
  strictEqual(nextRuns.length, 10);
  deepStrictEqual([nextRuns[0], nextRuns[9]], ["2026-03-03T02:00:00.000Z", "2026-03-12T02:00:00.000Z"]);
});

Deno.test("schedule status is the same command", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  deepStrictEqual(await harness.json(["status", "nightly"]), await harness.json(["describe", "nightly"]));
});

Deno.test("schedule describe tells what people ask for", async () => {
  await using harness = await CliHarness.create();
  await using _ = await AnsweringDaemon.start(harness);
  const job = await harness.addJob({
    name: "nightly",
    description: "before backups",
    labels: { team: "ops" },
    timezone: "Europe/Berlin",
    specFiles: ["/etc/specs/a.yaml"],
    notify: [{ kind: "webhook", url: "https://hooks.test/secret-path" }],
    upload: { enabled: true, endpoint: "s3://bucket/", credentials: "env:KEYS", options: { region: "x" } },
    skipped: { overlap: 2, "too-late": 1 },
    status: "failed",
  });
  await harness.addExecution(job, "2026-03-02T01:00:00.000Z", {
    status: "failed",
    startTime: "2026-03-02T01:00:00.100Z",
    endTime: "2026-03-02T01:00:03.100Z",
    duration: 3,
    error: "no route",
    errorCode: "CLUSTER_UNREACHABLE",
  });
  const { stdout, stderr } = await harness.run(["describe", "nightly"]);
  for (
    const expect of [
      /^Description: +before backups$/m,
      /^Labels: +team=ops$/m,
      /^Status: +failed\n +- the last execution was failed: CLUSTER_UNREACHABLE: no route \(job-\S+\)\n +- once its cause is gone: .*recover.*\n +- waiting for/m,
      /^Schedule: +0 2 \* \* \*$/m,
      /^Time zone: +Europe\/Berlin$/m,
      /^Collects: +what auto-discovery finds\n +\/etc\/specs\/a\.yaml$/m,
      /^Upload: +s3:\/\/bucket\/\n +options region=x\n +credentials env:KEYS$/m,
      /^Notifies: +webhook hooks\.test on failure, quarantined, recovery, new-findings$/m,
      /^Not run: +2 overlap, 1 too-late$/m,
      /^2026-03-02T01:00:00Z +\+100 ms +failed +schedule +3 s +- +- +CLUSTER_UNREACHABLE: no route$/m,
    ]
  ) match(stdout, expect);
  strictEqual(stdout.match(/2026-03-\d\d 02:00 \S+ = 2026-03-\d\dT01:00:00Z/g)?.length, 10);
  ok(!stdout.includes("secret-path"));
  strictEqual(stderr, "");
});

Deno.test("schedule describe plans nothing for a disabled job", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", enabled: false });
  deepStrictEqual((await harness.json(["describe", "nightly"])).nextRuns, []);
  match((await harness.run(["describe", "nightly"])).stdout, /^Next runs: +none, it is disabled$/m);
});
