import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

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

Deno.test("schedule disable --note tells who, why and since when, and a further note changes the note alone", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", failuresInRow: 2 });
  const env = { USER: "alice" };
  strictEqual((await harness.run(["pause", "nightly", "--note", " upgrade "], { env })).code, EXIT.ok);
  const by = `alice@${Deno.hostname()}`;
  deepStrictEqual((await harness.json(["describe", "nightly"])).paused, { by, note: "upgrade", since: NOW });
  await harness.clock.advance(60_000);
  match(
    (await harness.run(["disable", "nightly", "--note", "still"], { env })).stdout,
    /disabled already; the note is new/,
  );
  deepStrictEqual((await harness.json(["describe", "nightly"])).paused, { by, note: "still", since: NOW });
  match((await harness.run(["disable", "nightly"])).stdout, /is disabled already$/m);
  match(
    (await harness.run(["describe", "nightly"])).stdout,
    /- disabled by alice@\S+ at .*\n +- why it is disabled: still$/m,
  );
  strictEqual((await harness.run(["resume", "nightly"])).code, EXIT.ok);
  const { paused, failuresInRow } = await harness.json(["describe", "nightly"]);
  deepStrictEqual([paused, failuresInRow], [null, 0]);
});

Deno.test("schedule disable refuses a note of many pages", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const before = await harness.snapshot();
  match((await harness.run(["disable", "nightly", "--note", "x".repeat(1_001)])).message, /--note: 1001 characters/);
  deepStrictEqual(await harness.snapshot(), before);
});
