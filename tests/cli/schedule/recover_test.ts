import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { DeadLetter } from "../../../src/schedule/dead_letter.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import { recoverInterrupted } from "../../../src/cli/schedule/daemon/recover_interrupted.ts";
import { AnsweringDaemon } from "./answering_daemon.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

// The clock stands at 2026-03-02T10:00Z.
const DUE = "2026-03-02T02:00:00.000Z";
const FAILED: Partial<Execution> = {
  status: "failed",
  startTime: DUE,
  endTime: "2026-03-02T02:05:00.000Z",
  error: "the API server does not answer",
  errorCode: "KUBE_UNREACHABLE",
  errorClass: "transient",
  exitCode: 6,
  retryCount: 2,
};

async function withFailure(fields: Partial<Execution> = {}) {
  const harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const failed = await harness.addExecution(job, DUE, { ...FAILED, ...fields });
  return { harness, job, failed };
}

Deno.test("schedule recover queues an execution of its own in place of the failed one, which stays", async () => {
  const { harness: made, failed } = await withFailure();
  await using harness = made;
  await using daemon = await AnsweringDaemon.start(harness);
  const recovery: Execution = await harness.json(["recover", "nightly"]);
  deepStrictEqual(
    [recovery.trigger, recovery.causedBy, recovery.status, recovery.scheduledAt, recovery.runNumber],
    ["recover", failed.id, "pending", NOW, 1],
  );
  strictEqual(daemon.nudges, 1);
  const kept: Execution = await harness.json(["history", "--execution-id", failed.id]);
  deepStrictEqual([kept.status, kept.error, kept.recoveredBy], ["failed", failed.error, recovery.id]);
  const shown = await harness.run(["history", "--execution-id", recovery.id]);
  match(shown.stdout, new RegExp(`Trigger: +recover: in place of ${failed.id}`));
});

const standing: [status: Execution["status"], code: number, message: RegExp][] = [
  ["pending", EXIT.failure, /is being recovered by (\S+), which is pending. Nothing was queued/],
  ["completed", EXIT.failure, /was recovered by (\S+), which is completed. Nothing was queued/],
  ["failed", EXIT.ok, /^$/],
];
for (const [status, code, message] of standing) {
  Deno.test(`schedule recover a second time, while the recovery is ${status}, ends with ${code}`, async () => {
    const { harness: made, failed } = await withFailure();
    await using harness = made;
    await using _ = await AnsweringDaemon.start(harness);
    const first: Execution = await harness.json(["recover", "--execution-id", failed.id]);
    await harness.withStore((store) => store.updateExecution(first.id, (it) => ({ ...it, status })));
    const before = await harness.snapshot();
    const again = await harness.run(["recover", "--execution-id", failed.id]);
    strictEqual(again.code, code);
    match(again.message, message);
    if (code === EXIT.ok) return;
    strictEqual(message.exec(again.message)![1], first.id);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

Deno.test("schedule recover looks at the recoveries of recoveries, too", async () => {
  const { harness: made, failed } = await withFailure();
  await using harness = made;
  await using _ = await AnsweringDaemon.start(harness);
  const first: Execution = await harness.json(["recover", "--execution-id", failed.id]);
  await harness.withStore((store) => store.updateExecution(first.id, (it) => ({ ...it, status: "failed" })));
  const second: Execution = await harness.json(["recover", "--execution-id", first.id]);
  match(
    (await harness.run(["recover", "--execution-id", failed.id])).message,
    new RegExp(`being recovered by ${second.id},`),
  );
});

Deno.test("schedule recover, ten at the same time, is one recovery, also where runs may overlap", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly", overlapPolicy: "allow" });
  const failed = await harness.addExecution(job, DUE, FAILED);
  await using _ = await AnsweringDaemon.start(harness);
  const results = await Promise.all(
    Array.from({ length: 10 }, () => harness.run(["recover", "--execution-id", failed.id])),
  );
  strictEqual(results.filter(({ code }) => code === EXIT.ok).length, 1);
  for (const { code, message } of results) if (code !== EXIT.ok) match(message, /is being recovered by/);
  const executions = await harness.withStore((store) => store.listExecutions());
  strictEqual(executions.filter(({ trigger }) => trigger === "recover").length, 1);
});

const refused: [fields: Partial<Execution>, message: RegExp, hint: RegExp][] = [
  [{ status: "running" }, /it is running. Nothing was queued/, /Wait for its end/],
  [{ status: "retrying" }, /it is retrying/, /Nothing is needed/],
  [{ status: "completed" }, /it is completed, and has its bundle/, /schedule run "nightly"/],
  [{ status: "partial" }, /it is partial, and has its bundle/, /schedule run "nightly"/],
  [{ status: "quarantined", bundlePath: "/b.quarantined" }, /may contain a secret: \/b.quarantined/, /leak-gate.md/],
  [{ status: "skipped" }, /it was skipped/, /schedule backfill/],
  [{ status: "cancelled", errorCode: "OVERLAP_CANCELLED", error: "the next one" }, /on purpose: the next one/, /run/],
];
for (const [fields, message, hint] of refused) {
  Deno.test(`schedule recover refuses an execution that is ${fields.status}, and says why`, async () => {
    const { harness: made, failed } = await withFailure({ ...fields });
    await using harness = made;
    await using _ = await AnsweringDaemon.start(harness);
    const before = await harness.snapshot();
    const result = await harness.run(["recover", "--execution-id", failed.id]);
    match(result.message, message);
    match(result.hint, hint);
    strictEqual(result.code, EXIT.failure);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

const misnamed: [args: string[], code: number, message: RegExp][] = [
  [[], EXIT.failure, /Nothing to recover was named/],
  [["nightly", "--all"], EXIT.failure, /--all means every job/],
  [["lost"], EXIT.notFound, /no job "lost"/],
  [["--execution-id", "lost"], EXIT.notFound, /no execution "lost"/],
  [["well"], EXIT.notFound, /no run of "well" has failed since its last success/],
  [["well", "--execution-id", "job-0000000001-20260302T020000Z"], EXIT.notFound, /"well" has no execution/],
];
for (const [args, code, message] of misnamed) {
  Deno.test(`schedule recover ${args.join(" ")} ends with ${code}`, async () => {
    const { harness: made } = await withFailure();
    await using harness = made;
    await harness.addJob({ name: "well" });
    await using _ = await AnsweringDaemon.start(harness);
    const result = await harness.run(["recover", ...args]);
    match(result.message, message);
    strictEqual(result.code, code);
  });
}

Deno.test("schedule recover queues nothing where no daemon runs; --dry-run needs none and changes nothing", async () => {
  const { harness: made, failed } = await withFailure();
  await using harness = made;
  const before = await harness.snapshot();
  const result = await harness.run(["recover", "nightly"]);
  strictEqual(result.code, EXIT.daemon);
  match(result.message, /no daemon is running. Nothing was queued/);
  const dry = await harness.run(["recover", "nightly", "--dry-run"]);
  strictEqual(dry.code, EXIT.ok, dry.message);
  match(dry.stdout, new RegExp(`job-0000000001-20260302T100000Z +nightly +${failed.id} +would be queued`));
  deepStrictEqual(await harness.snapshot(), before);
});

Deno.test("schedule recover is bound by the job's overlap policy, runs disabled jobs, and knows deleted ones", async () => {
  const { harness: made, job, failed } = await withFailure();
  await using harness = made;
  await using _ = await AnsweringDaemon.start(harness);
  const active = await harness.addExecution(job, "2026-03-02T09:00:00.000Z", { status: "running" });
  const busy = await harness.run(["recover", "nightly"]);
  match(busy.message, new RegExp(`${active.id} is running. Nothing was queued`));
  await harness.withStore((store) => store.updateExecution(active.id, (it) => ({ ...it, status: "failed" })));
  strictEqual((await harness.run(["disable", "nightly"])).code, EXIT.ok);
  strictEqual((await harness.json(["recover", "--execution-id", failed.id])).causedBy, failed.id);
  strictEqual((await harness.run(["delete", "nightly", "--yes"])).code, EXIT.ok);
  const gone = await harness.run(["recover", "--execution-id", active.id]);
  match(gone.message, /its job "nightly" .* was deleted/);
  strictEqual(gone.code, EXIT.notFound);
});

Deno.test("schedule recover --all queues one execution a job, for its newest failure, and leaves those in hand", async () => {
  const { harness: made, job } = await withFailure();
  await using harness = made;
  const newer = await harness.addExecution(job, "2026-03-02T03:00:00.000Z", FAILED);
  const busy = await harness.addJob({ name: "busy", overlapPolicy: "cancel-running" });
  await harness.addExecution(busy, DUE, FAILED);
  await harness.addExecution(busy, "2026-03-02T09:00:00.000Z", { status: "running" });
  const well = await harness.addJob({ name: "well" });
  await harness.addExecution(well, DUE, FAILED);
  await harness.addExecution(well, "2026-03-02T09:00:00.000Z", {
    status: "completed",
    endTime: "2026-03-02T09:01:00.000Z",
  });
  await using _ = await AnsweringDaemon.start(harness);
  const result = await harness.run(["recover", "--all", "-o", "json"]);
  strictEqual(result.code, EXIT.ok, result.message);
  deepStrictEqual(JSON.parse(result.stdout).map((it: Execution) => it.causedBy), [newer.id]);
  match(result.stderr, /^"busy" is left alone: \S+ is running$/m);
  const again = await harness.run(["recover", "--all", "-o", "json"]);
  deepStrictEqual([again.code, JSON.parse(again.stdout)], [EXIT.ok, []]);
  match(again.stderr, /^"nightly" is left alone: \S+, its recovery, is pending$/m);
});

Deno.test("schedule history --dead-letters lists what failed for good, until a later success", async () => {
  const { harness: made, job, failed } = await withFailure();
  await using harness = made;
  const gone = await harness.addJob({ name: "gone" });
  await harness.addExecution(gone, DUE, FAILED);
  await harness.withStore((store) => store.deleteJob(gone.id));
  await harness.withStore((store) =>
    store.appendLogs(failed.id, [{ timestamp: DUE, level: "error", message: "no answer", component: "executor" }])
  );
  const letters: DeadLetter[] = await harness.json(["history", "--dead-letters", "--logs"]);
  deepStrictEqual(letters, [
    {
      execution: failed.id,
      job: "nightly",
      jobId: job.id,
      scheduledAt: DUE,
      endTime: FAILED.endTime,
      status: "failed",
      attempts: 3,
      class: "transient",
      error: "the API server does not answer",
      errorCode: "KUBE_UNREACHABLE",
      recoveredBy: "",
      recover: `support-bundle schedule recover --execution-id ${failed.id}`,
      logs: [{ timestamp: DUE, level: "error", message: "no answer", component: "executor" }],
    } as DeadLetter,
  ]);
  const shown = await harness.run(["history", "nightly", "--dead-letters"]);
  match(
    shown.stdout,
    new RegExp(`${failed.id} +nightly +2026-03-02T02:00:00Z +3 +transient +-\n  KUBE_UNREACHABLE: the`),
  );
  match(shown.stderr, /schedule recover --execution-id ID/);
  match((await harness.run(["history", "--dead-letters", "--status", "failed"])).message, /--status says nothing/);
  await harness.addExecution(job, "2026-03-02T08:00:00.000Z", {
    status: "partial",
    endTime: "2026-03-02T08:01:00.000Z",
  });
  deepStrictEqual(await harness.json(["history", "--dead-letters"]), []);
});

Deno.test("daemon restart --recover queues what was interrupted for good, and names what is tried again", async () => {
  const { harness: made } = await withFailure(); // not interrupted: left alone
  await using harness = made;
  const [cut, again] = [await harness.addJob({ name: "cut" }), await harness.addJob({ name: "again" })];
  const lost = await harness.addExecution(cut, DUE, { ...FAILED, errorCode: "INTERRUPTED" });
  const retried = await harness.addExecution(again, DUE, {
    status: "retrying",
    retryAt: NOW,
    errorCode: "INTERRUPTED",
  });
  await using daemon = await AnsweringDaemon.start(harness);
  const { cli, printed } = harness.context();
  await recoverInterrupted(cli);
  strictEqual(
    printed.stderr,
    `Execution ${retried.id} was interrupted, and is tried again\n` +
      `Execution job-0000000002-20260302T100000Z is queued in place of ${lost.id}, which was interrupted\n`,
  );
  strictEqual(daemon.nudges, 1);
});
