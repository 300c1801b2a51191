import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { textWidth } from "../../../src/cli/render/table.ts";
import { CliHarness } from "./cli_harness.ts";

async function someJobs(): Promise<CliHarness> {
  const harness = await CliHarness.create();
  await harness.addJob({
    name: "prod-nightly",
    lastRun: "2026-03-02T02:00:00.000Z",
    runCount: 12,
    status: "completed",
  });
  await harness.addJob({ name: "prod-hourly", schedules: ["@every 1h"], nextRun: "2026-03-02T10:45:00.000Z" });
  await harness.addJob({ name: "prod-old", enabled: false });
  await harness.addJob({ name: "test", status: "failed", timezone: "America/New_York" });
  return harness;
}

const selections = [
  // args, names, note on standard error
  [[], ["prod-hourly", "prod-nightly", "test"], /1 disabled job is hidden; --show-disabled/],
  [["--show-disabled"], ["prod-hourly", "prod-nightly", "prod-old", "test"], /^$/],
  [["-f", "PROD-*"], ["prod-hourly", "prod-nightly"], /1 disabled/],
  [["-f", "prod-?ightly"], ["prod-nightly"], /^$/],
  [["-f", "prod"], [], /^$/],
  [["--status", "failed"], ["test"], /^$/],
  [["--status", "disabled"], ["prod-old"], /^$/],
  [["--filter", "*-*", "--show-disabled", "--status", "completed"], ["prod-nightly"], /^$/],
] as const;

for (const [args, names, note] of selections) {
  Deno.test(`schedule list ${args.join(" ")} -o json lists ${names.join(", ") || "nothing"}`, async () => {
    await using harness = await someJobs();
    const result = await harness.run(["list", ...args, "-o", "json"]);
    deepStrictEqual(JSON.parse(result.stdout).map((job: { name: string }) => job.name), names);
    match(result.stderr, note);
    strictEqual(result.code, EXIT.ok);
  });
}

Deno.test("schedule list prints one row a job under the promised columns", async () => {
  await using harness = await someJobs();
  const { stdout } = await harness.run(["list"]);
  const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  deepStrictEqual(rows, [
    ["NAME", "ID", "SCHEDULE", "NEXT RUN", "STATUS", "LAST RUN", "RUN COUNT"],
    ["prod-hourly", "job-0000000002", "@every 1h", "in 45m", "pending", "-", "0"],
    ["prod-nightly", "job-0000000001", "0 2 * * *", "in 16h", "completed", "8h ago", "12"],
    ["test", "job-0000000004", "0 2 * * * America/New_York", "in 16h", "failed", "-", "0"],
  ]);
});

Deno.test("schedule list fits a terminal of 80 columns, and cuts nothing in a pipe", async () => {
  await using harness = await CliHarness.create();
  const name = "a-name-that-is-much-too-long-for-one-column-of-a-narrow-terminal";
  await harness.addJob({
    name,
    schedules: ["*/15 6-18 * * MON-FRI", "0 0 * * *"],
    timezone: "America/Argentina/Buenos_Aires",
    lastRun: "2026-03-02T09:15:00.000Z",
    nextRun: "2026-03-02T10:45:00.000Z",
    status: "completed",
    runCount: 123_456,
  });
  const { stdout } = await harness.run(["list"], { columns: 80, env: { NO_COLOR: "1" } });
  for (const line of stdout.trimEnd().split("\n")) ok(textWidth(line) <= 80, `${textWidth(line)}: ${line}`);
  match(stdout, /a-name-that-\S*…/);
  match(stdout, /in 45m {2,}completed {2}45m ago {4,}123456/);
  match((await harness.run(["list"])).stdout, new RegExp(`^${name}  .*Buenos_Aires`, "m"));
});

Deno.test("schedule list paints only on a terminal that wants it", async () => {
  await using harness = await someJobs();
  ok((await harness.run(["list"], { columns: 80 })).stdout.includes("\x1b["));
  ok(!(await harness.run(["list"], { columns: 80, env: { NO_COLOR: "1" } })).stdout.includes("\x1b["));
  ok(!(await harness.run(["list"])).stdout.includes("\x1b["));
});

const empty = [
  [[], "", /no jobs yet.*schedule create/],
  [["-o", "json"], "[]\n", /^$/],
  [["-o", "yaml"], "[]\n", /^$/],
] as const;
for (const [args, stdout, note] of empty) {
  Deno.test(`schedule list ${args.join(" ")} of nothing`, async () => {
    await using harness = await CliHarness.create();
    const result = await harness.run(["list", ...args]);
    strictEqual(result.stdout, stdout);
    match(result.stderr, note);
  });
}

Deno.test("schedule list refuses an unknown state and names the nearest", async () => {
  await using harness = await CliHarness.create();
  const result = await harness.run(["list", "--status", "complete"]);
  deepStrictEqual([result.code, result.hint], [EXIT.failure, "Did you mean completed?"]);
});
