import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

Deno.test("schedule disable and enable are idempotent", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const steps = [
    ["enable", /is enabled already/],
    ["disable", /is disabled now/],
    ["disable", /is disabled already/],
    ["enable", /is enabled now; next run: 2026-03-03T02:00:00Z \(in 16 h\)/],
    ["enable", /is enabled already/],
  ] as const;
  for (const [command, expect] of steps) {
    const result = await harness.run([command, "nightly"]);
    match(result.stdout, expect);
    strictEqual(result.code, EXIT.ok);
  }
});

Deno.test("schedule enable counts from now: what was due meanwhile stays undone", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  await harness.run(["disable", "nightly"]);
  await harness.clock.set("2026-03-10T10:00:00Z");
  await harness.run(["enable", "nightly"]);
  const job = await harness.json(["describe", "nightly"]);
  deepStrictEqual([job.nextRun, job.status], ["2026-03-11T02:00:00.000Z", "pending"]);
});

Deno.test("schedule enable gives back the status of the last run", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly", enabled: false });
  await harness.addExecution(job, "2026-03-01T02:00:00.000Z", { status: "failed", error: "no route" });
  await harness.addExecution(job, "2026-03-02T02:00:00.000Z", { status: "skipped" });
  await harness.run(["enable", "nightly"]);
  const { status, lastError } = await harness.json(["describe", "nightly"]);
  deepStrictEqual([status, lastError], ["failed", "no route"]);
});
