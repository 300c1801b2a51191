import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import { AnsweringDaemon } from "./answering_daemon.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

const ID = "job-0000000001-20260302T100000Z";

Deno.test("schedule run queues nothing where no daemon runs, and says how to start one", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const before = await harness.snapshot();
  const result = await harness.run(["run", "nightly", "--wait"]);
  match(result.message, /no daemon is running. Nothing was queued/);
  match(result.hint, /schedule daemon start/);
  strictEqual(result.code, EXIT.daemon);
  deepStrictEqual(await harness.snapshot(), before);
});

Deno.test("schedule run queues nothing with a daemon that is stopping", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  await using daemon = await AnsweringDaemon.start(harness);
  daemon.status.draining = true;
  const result = await harness.run(["run", "nightly"]);
  match(result.message, /is stopping. Nothing was queued/);
  strictEqual(result.code, EXIT.daemon);
});

Deno.test("schedule run queues a manual execution that is due now, and tells the daemon", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  await using daemon = await AnsweringDaemon.start(harness);
  const execution: Execution = await harness.json(["run", "nightly"]);
  deepStrictEqual([execution.id, execution.scheduledAt, execution.trigger, execution.status], [
    ID,
    NOW,
    "manual",
    "pending",
  ]);
  strictEqual(daemon.nudges, 1);
  const after = await harness.json(["describe", "nightly"]);
  deepStrictEqual([after.nextRun, after.runCount], [job.nextRun, 1]); // the schedule goes on as it was
});

Deno.test("schedule run runs a disabled job too, and it stays disabled", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", enabled: false });
  await using _ = await AnsweringDaemon.start(harness);
  strictEqual((await harness.run(["run", "nightly"])).code, EXIT.ok);
  strictEqual((await harness.json(["describe", "nightly"])).status, "disabled");
});

Deno.test("schedule run is bound by the overlap policy", async () => {
  await using harness = await CliHarness.create();
  await using _ = await AnsweringDaemon.start(harness);
  const skip = await harness.addJob({ name: "skip" });
  const allow = await harness.addJob({ name: "allow", overlapPolicy: "allow" });
  const queue = await harness.addJob({ name: "queue", overlapPolicy: "queue-one" });
  await harness.addExecution(queue, "2026-03-02T09:00:00.000Z", { status: "running" });
  strictEqual((await harness.json(["run", "queue"])).overlap, "wait");
  match((await harness.run(["run", "queue"])).message, /job-0000000003-20260302T100000Z is pending. Nothing was/);
  for (const job of [skip, allow]) await harness.addExecution(job, "2026-03-02T09:00:00.000Z", { status: "running" });
  const refused = await harness.run(["run", "skip"]);
  match(refused.message, /job-0000000001-20260302T090000Z is running. Nothing was queued/);
  strictEqual(refused.code, EXIT.failure);
  strictEqual((await harness.json(["run", "allow"])).id, "job-0000000002-20260302T100000Z");
  // Another one in the same millisecond is another execution.
  strictEqual((await harness.json(["run", "allow"])).id, "job-0000000002-20260302T100000_001Z");
});

const outcomes = [
  // status, exit code of the record, expected
  ["completed", 0, EXIT.ok],
  ["partial", 5, EXIT.partial],
  ["partial", null, EXIT.partial],
  ["failed", 6, EXIT.clusterAccess],
  ["failed", null, EXIT.failure],
  ["failed", 0, EXIT.failure], // nothing failed ever exits 0
  ["quarantined", null, EXIT.quarantined],
  ["cancelled", null, EXIT.interrupted],
] as const;

for (const [status, exitCode, expect] of outcomes) {
  Deno.test(`schedule run --wait exits with ${expect} for ${status} (${exitCode})`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly" });
    await using daemon = await AnsweringDaemon.start(harness);
    const steps: Partial<Execution>[] = [
      { status: "pending" },
      { status: "running" },
      { status, exitCode, endTime: "2026-03-02T10:00:05.000Z" },
    ];
    let asked = 0; // the first time is the command's own question whether a daemon is there
    daemon.onStatus = async () => {
      const step = steps[asked++ - 1];
      if (asked > 1 && step !== undefined) {
        await harness.withStore((store) => store.updateExecution(ID, (execution) => ({ ...execution, ...step })));
      }
      daemon.status.executions = step?.status === "running"
        ? [{ id: ID, job: "nightly", pid: 1, startTime: NOW, attempt: 1, progress: "collect: pods" }]
        : [];
    };
    const running = harness.run(["run", "nightly", "--wait", "-o", "json"]);
    let done = false;
    const ended = running.finally(() => done = true);
    while (!done) {
      if (harness.clock.sleeping > 0) await harness.clock.advance(250);
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const result = await ended;
    strictEqual(JSON.parse(result.stdout).status, status);
    strictEqual(result.stderr, `Execution ${ID} is queued\nwaiting for a free slot\ncollect: pods\n`);
    strictEqual(result.code, expect);
  });
}

Deno.test("schedule run --wait ends when the daemon does not answer any more", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  await using daemon = await AnsweringDaemon.start(harness);
  let done = false;
  const running = harness.run(["run", "nightly", "--wait"]).finally(() => done = true);
  await harness.clock.untilSleeping();
  await daemon.silence();
  while (!done) {
    if (harness.clock.sleeping > 0) await harness.clock.advance(250);
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const result = await running;
  match(result.message, /the daemon does not answer any more/);
  match(result.hint, new RegExp(`--execution-id ${ID}`));
  strictEqual(result.code, EXIT.daemon);
});
