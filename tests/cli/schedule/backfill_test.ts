import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import { AnsweringDaemon } from "./answering_daemon.ts";
import { CliHarness } from "./cli_harness.ts";

// The clock stands at 2026-03-02T10:00Z; the job is due at 02:00 each day.
const day = (n: number) => new Date(Date.UTC(2026, 1, 22 + n, 2)).toISOString();

Deno.test("schedule backfill queues what was not run, the oldest first, and tells the daemon", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  await harness.addExecution(job, day(6), { status: "completed" });
  await harness.addExecution(job, day(7), { status: "skipped", error: "Skipped", errorCode: "SKIPPED_OVERLAP" });
  await using daemon = await AnsweringDaemon.start(harness);
  const queued: Execution[] = await harness.json(["backfill", "nightly", "--from", "4d"]);
  deepStrictEqual(queued.map(({ scheduledAt }) => scheduledAt), [day(5), day(7), day(8)]);
  deepStrictEqual(queued.map(({ runNumber }) => runNumber), [1, 2, 3]);
  strictEqual(daemon.nudges, 1);
  const { executions, jobs } = await harness.snapshot() as { executions: Execution[]; jobs: { runCount: number }[] };
  deepStrictEqual(
    executions.map(({ scheduledAt, status, trigger, errorCode }) => [scheduledAt, status, trigger, errorCode]),
    [
      [day(8), "pending", "backfill", ""],
      [day(7), "pending", "backfill", ""],
      [day(6), "completed", "schedule", ""],
      [day(5), "pending", "backfill", ""],
    ],
  );
  strictEqual(jobs[0]!.runCount, 3);
  const again = await harness.run(["backfill", "nightly", "--from", "4d"]);
  deepStrictEqual([again.code, again.stdout], [EXIT.ok, ""]);
  match(again.stderr, /Nothing to make up for/);
});

Deno.test("schedule backfill --dry-run shows the same, changes nothing and needs no daemon", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const before = await harness.snapshot();
  const result = await harness.run(["backfill", "nightly", "--from", "2026-02-27", "--to", "2026-02-28", "--dry-run"]);
  strictEqual(result.code, EXIT.ok);
  match(result.stdout, /^DUE +EXECUTION\n2026-02-27T02:00:00Z +job-0000000001-20260227T020000Z\n2026-02-28T02:00:00Z /);
  strictEqual(result.stderr, "2 executions would be queued\n");
  deepStrictEqual(await harness.snapshot(), before);
});

Deno.test("schedule backfill stops at its limit, tells what is left, and goes on from there", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", enabled: false });
  await using _ = await AnsweringDaemon.start(harness);
  const first = await harness.run(["backfill", "nightly", "--from", "2026-02-22", "--limit", "5"]);
  match(first.stderr, /^5 executions queued\n4 further due times were not looked at: .*run this again/);
  const rest: Execution[] = await harness.json(["backfill", "nightly", "--from", "2026-02-22"]);
  deepStrictEqual(rest.map(({ scheduledAt }) => scheduledAt), [day(5), day(6), day(7), day(8)]);
});

Deno.test("schedule backfill queues nothing where no daemon runs", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const result = await harness.run(["backfill", "nightly", "--from", "7d"]);
  match(result.message, /no daemon is running. Nothing was queued/);
  strictEqual(result.code, EXIT.daemon);
});

const refused: [args: string[], message: RegExp][] = [
  [[], /--from is missing/],
  [["--from", "soon"], /--from: "soon" is not a point in time/],
  [["--from", "2026-03-03"], /--from: 2026-03-03T00:00:00.000Z is still to come/],
  [["--from", "2026-03-01", "--to", "2026-02-01"], /--to: 2026-02-01T23:59:59.999Z comes before/],
  [["--from", "7d", "--to", "then"], /--to: "then" is not a point in time/],
  [["--from", "7d", "--limit", "501"], /--limit: "501" is not a whole number from 1 to 500/],
];
for (const [args, message] of refused) {
  Deno.test(`schedule backfill refuses ${args.join(" ") || "to guess where to begin"}, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly" });
    await using _ = await AnsweringDaemon.start(harness);
    const before = await harness.snapshot();
    const result = await harness.run(["backfill", "nightly", ...args]);
    match(result.message, message);
    strictEqual(result.code, EXIT.failure);
    deepStrictEqual(await harness.snapshot(), before);
  });
}
