import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { parseSince } from "../../../src/cli/schedule/history.ts";
import { textWidth } from "../../../src/cli/render/table.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

async function someHistory(): Promise<CliHarness> {
  const harness = await CliHarness.create();
  const nightly = await harness.addJob({ name: "nightly" });
  const hourly = await harness.addJob({ name: "hourly" });
  await harness.addExecution(nightly, "2026-02-20T02:00:00.000Z", { status: "completed" });
  await harness.addExecution(nightly, "2026-03-01T02:00:00.000Z", {
    status: "failed",
    startTime: "2026-03-01T02:00:00.200Z",
    endTime: "2026-03-01T02:00:12.200Z",
    duration: 12,
    error: "no route to host",
    errorCode: "CLUSTER_UNREACHABLE",
  });
  const last = await harness.addExecution(nightly, "2026-03-02T02:00:00.000Z", {
    status: "completed",
    trigger: "catch-up",
    startTime: "2026-03-02T05:00:00.000Z",
    endTime: "2026-03-02T05:04:10.000Z",
    duration: 250,
    bundleSize: 1_500_000,
    bundlePath: "/b/x.tar.gz",
    stages: [{
      stage: "collect",
      status: "partial",
      code: "FORBIDDEN",
      message: "3 of 40 forbidden",
      durationMs: 4000,
    }],
    findings: { fail: 2, warn: 1, pass: 4, top: [{ title: "Disk", severity: "fail", message: "full" }] },
    redactions: { "aws-key": 3, "password": 12 },
  });
  await harness.addExecution(hourly, "2026-03-02T09:00:00.000Z", { status: "skipped" });
  await harness.withStore((store) =>
    store.appendLogs(last.id, [{ timestamp: NOW, level: "warn", message: "slow", component: "collector" }])
  );
  return harness;
}

const selections = [
  // args, due times of what is listed
  [[], ["2026-03-02T09", "2026-03-02T02", "2026-03-01T02", "2026-02-20T02"]],
  [["nightly"], ["2026-03-02T02", "2026-03-01T02", "2026-02-20T02"]],
  [["--limit", "1"], ["2026-03-02T09"]],
  [["nightly", "--limit", "2"], ["2026-03-02T02", "2026-03-01T02"]],
  [["--status", "failed"], ["2026-03-01T02"]],
  [["nightly", "--status", "completed", "--limit", "1"], ["2026-03-02T02"]],
  [["--since", "24h"], ["2026-03-02T09", "2026-03-02T02"]],
  [["--since", "2026-03-01T02:00:00Z", "nightly"], ["2026-03-02T02", "2026-03-01T02"]],
] as const;
for (const [args, expect] of selections) {
  Deno.test(`schedule history ${args.join(" ")} -o json lists the newest first`, async () => {
    await using harness = await someHistory();
    const listed = await harness.json(["history", ...args]);
    deepStrictEqual(listed.map((e: { scheduledAt: string }) => e.scheduledAt.slice(0, 13)), [...expect]);
    ok(listed.every((e: object) => !("logs" in e)));
  });
}

Deno.test("schedule history prints lateness, size, findings, and why a failed one failed", async () => {
  await using harness = await someHistory();
  const { stdout } = await harness.run(["history", "nightly"]);
  const lines = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  deepStrictEqual(lines.slice(0, 4), [
    ["EXECUTION", "JOB", "SCHEDULED", "STARTED", "STATUS", "DURATION", "SIZE", "FINDINGS"],
    [
      "job-0000000001-20260302T020000Z",
      "nightly",
      "2026-03-02T02:00:00Z",
      "+3 h",
      "completed",
      "4 min 10 s",
      "1.5 MB",
      "2 fail, 1 warn",
    ],
    ["job-0000000001-20260301T020000Z", "nightly", "2026-03-01T02:00:00Z", "+200 ms", "failed", "12 s", "-", "-"],
    ["", "CLUSTER_UNREACHABLE: no route to host"],
  ]);
});

Deno.test("schedule history fits a terminal of 80 columns", async () => {
  await using harness = await someHistory();
  const { stdout } = await harness.run(["history"], { columns: 80, env: { NO_COLOR: "1" } });
  for (const line of stdout.trimEnd().split("\n")) ok(textWidth(line) <= 80, `${textWidth(line)}: ${line}`);
  match(stdout, /job-0000000001-20260302T020000Z {2}nightly/);
});

Deno.test("schedule history --logs adds the logs, in JSON as in the table", async () => {
  await using harness = await someHistory();
  const log = { timestamp: NOW, level: "warn", message: "slow", component: "collector" };
  deepStrictEqual((await harness.json(["history", "nightly", "--logs"]))[0].logs, [log]);
  match((await harness.run(["history", "nightly", "--logs"])).stdout, /WARN +collector: slow/);
});

Deno.test("schedule history --execution-id -o json is one object with its logs", async () => {
  await using harness = await someHistory();
  const execution = await harness.json(["history", "--execution-id", "job-0000000001-20260302T020000Z"]);
  deepStrictEqual([execution.jobName, execution.trigger, execution.logs.length], ["nightly", "catch-up", 1]);
});

Deno.test("schedule history --execution-id tells stages, findings, redactions and the log", async () => {
  await using harness = await someHistory();
  const { stdout } = await harness.run(["history", "--execution-id", "job-0000000001-20260302T020000Z"]);
  match(stdout, /^Started: +2026-03-02T05:00:00Z \(\+3 h after it was due\)$/m);
  match(stdout, /^collect +partial +4 s +FORBIDDEN: 3 of 40 forbidden$/m);
  match(stdout, /^ +fail +Disk: full$/m);
  match(stdout, /^ +and 2 more, in analysis\.json/m);
  match(stdout, /^password +12\naws-key +3$/m);
  match(stdout, /WARN +collector: slow/);
});

const missing = [
  [["--execution-id", "no"], /There is no execution "no"/],
  [["hourly", "--execution-id", "job-0000000001-20260302T020000Z"], /The job "hourly" has no execution/],
] as const;
for (const [args, message] of missing) {
  Deno.test(`schedule history ${args.join(" ")} is not found`, async () => {
    await using harness = await someHistory();
    const result = await harness.run(["history", ...args]);
    match(result.message, message);
    strictEqual(result.code, EXIT.notFound);
  });
}

const bad = [
  [["--limit", "0"], /--limit/],
  [["--limit", "many"], /--limit/],
  [["--limit", "10001"], /--limit/],
  [["--status", "faild"], /"faild" is not a state/],
  [["--since", "yesterday"], /"yesterday" is neither/],
] as const;
for (const [args, message] of bad) {
  Deno.test(`schedule history ${args.join(" ")} is refused`, async () => {
    await using harness = await CliHarness.create();
    const result = await harness.run(["history", ...args]);
    match(result.message, message);
    strictEqual(result.code, EXIT.failure);
  });
}

const since = [
  ["24h", "2026-03-01T10:00:00.000Z"],
  ["7d", "2026-02-23T10:00:00.000Z"],
  ["2026-03-01", "2026-03-01T00:00:00.000Z"],
  ["2026-03-01T08:00:00+02:00", "2026-03-01T06:00:00.000Z"],
  ["-24h", undefined],
  ["2026-13-01", undefined],
  ["12", undefined],
] as const;
for (const [text, expect] of since) {
  Deno.test(`parseSince() "${text}" is ${expect ?? "refused"}`, () => {
    if (expect === undefined) throws(() => parseSince(text, new Date(NOW)), /--since/);
    else strictEqual(parseSince(text, new Date(NOW)).toISOString(), expect);
  });
}
