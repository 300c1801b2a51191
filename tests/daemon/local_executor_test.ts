import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { executionPaths } from "../../src/daemon/build_request.ts";
import { INTERRUPTED } from "../../src/daemon/finish_attempt.ts";
import { groupMembers, isSameProcess, processStart } from "../../src/daemon/process_identity.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { ExecutionStatus } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import { stage } from "./executor_stage.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { pidFrom, until } from "./until.ts";

const behaviour: [
  name: string,
  mode: string,
  retryCount: number,
  expect: { status: ExecutionStatus; errorCode: string; told: number; job: Job["status"] },
][] = [
  ["records a run that completes, and tells of its findings", "ok", 0, {
    status: "completed",
    errorCode: "",
    told: 1,
    job: "completed",
  }],
  ["has a transient failure tried again", "transient", 0, {
    status: "retrying",
    errorCode: "KUBE_UNREACHABLE",
    told: 0,
    job: "running",
  }],
  ["gives up after the last attempt, and tells of it", "transient", 2, {
    status: "failed",
    errorCode: "KUBE_UNREACHABLE",
    told: 1,
    job: "failed",
  }],
  ["gives up at once where trying again cannot help", "permanent", 0, {
    status: "failed",
    errorCode: "SPEC",
    told: 1,
    job: "failed",
  }],
  ["has a crash tried again", "crash", 0, { status: "retrying", errorCode: "CRASHED", told: 0, job: "running" }],
  ["tells of a child that was killed each time", "suicide", 2, {
    status: "failed",
    errorCode: "CRASHED",
    told: 1,
    job: "failed",
  }],
  ["is not taken in by an exit code of 0 without a report", "silent", 2, {
    status: "failed",
    errorCode: "CRASHED",
    told: 1,
    job: "failed",
  }],
  ["lives with garbage on standard output", "garbage", 0, {
    status: "completed",
    errorCode: "",
    told: 1,
    job: "completed",
  }],
];

for (const [name, mode, retryCount, expect] of behaviour) {
  Deno.test(`local executor ${name}`, () =>
    stage(async ({ add, becomes, store, told, work }) => {
      const id = await add(mode, { retryCount });
      const execution = await becomes(id, "completed", "failed", "retrying");
      const job = (await store.getJob(execution.jobId))!;
      deepStrictEqual(
        { status: execution.status, errorCode: execution.errorCode, told: told.length, job: job.status },
        expect,
      );
      strictEqual(execution.process, null);
      strictEqual(await store.getLease(id), undefined);
      strictEqual(job.lastRun, execution.startTime);
      strictEqual(await Deno.stat(work(id)).catch(() => undefined), undefined);
    }));
}

Deno.test("local executor keeps what a run says: result, log, analysis beside the bundle", () =>
  stage(async ({ add, becomes, store, state, lines }) => {
    const id = await add("ok");
    const execution = await becomes(id, "completed");
    const paths = executionPaths({ id: execution.jobId, name: execution.jobName }, id, state);
    deepStrictEqual([execution.bundlePath, execution.analysisPath], [paths.archive, paths.analysis]);
    deepStrictEqual(JSON.parse(await Deno.readTextFile(paths.analysis)), [{ name: "disk" }]);
    strictEqual(execution.uploadUrl, "s3://bucket/key");
    strictEqual(execution.findings.fail, 1);
    ok(execution.duration > 0);
    const logs = await store.readLogs(id);
    deepStrictEqual(
      logs.filter((it) => it.component !== "executor").map((it) => [it.level, it.component, it.message]),
      [["warn", "collector", "one pod is gone"], ["info", "collector", "collect: ok"]],
    );
    ok(lines.some((it) => it.component === "collector" && it.execution === id && it.job === "n0"));
  }));

Deno.test("local executor puts the end of standard error into the log", () =>
  stage(async ({ add, becomes, store }) => {
    const id = await add("crash");
    await becomes(id, "retrying");
    const logs = await store.readLogs(id);
    match(logs.find((it) => it.message.startsWith("standard error"))!.message, /something broke/);
  }));

Deno.test("local executor ends an attempt at its job's limit, with everything it started", () =>
  stage(async ({ add, becomes, work }) => {
    const id = await add("hang", {}, { limits: { timeout: "1s" } });
    const grandchild = await pidFrom(join(work(id), "grandchild"));
    const startedAt = (await processStart(grandchild))!;
    const execution = await becomes(id, "retrying");
    strictEqual(execution.errorCode, "TIMEOUT");
    strictEqual(execution.exitCode, 124);
    strictEqual(await isSameProcess(grandchild, startedAt), false);
  }));

Deno.test("local executor caps what a job may take", () =>
  stage(async ({ add, becomes }) => {
    const id = await add("hang", {}, { limits: { timeout: "1h" } });
    const execution = await becomes(id, "retrying");
    match(execution.error, /ended after 700ms/);
  }, { limits: { maxConcurrent: 1, timeoutCapMs: 700 } }));

Deno.test("local executor runs no more than allowed at a time, the longest due first", () =>
  stage(async ({ add, becomes, executor, store, state, work }) => {
    // Added in the wrong order, while the only slot is taken.
    const first = await add("until-told");
    await becomes(first, "running");
    const late = await add("until-told", { scheduledAt: "2026-03-02T00:00:20.000Z" });
    const early = await add("until-told", { scheduledAt: "2026-03-02T00:00:10.000Z" });
    await until("both to wait", () => executor.waiting() === 2);
    deepStrictEqual(executor.running().map(({ id }) => id), [first]);
    const finish = async (id: string) => {
      await pidFrom(join(work(id), "leader"));
      const { jobId, jobName } = (await store.getExecution(id))!;
      await Deno.writeTextFile(`${executionPaths({ id: jobId, name: jobName }, id, state).archive}.go`, "");
      await becomes(id, "completed");
    };
    await finish(first);
    await becomes(early, "running");
    strictEqual((await store.getExecution(late))!.status, "pending");
    executor.setLimits({ maxConcurrent: 2 });
    await becomes(late, "running");
    await finish(late);
    await finish(early);
  }, { limits: { maxConcurrent: 1 } }));

Deno.test("local executor records who its child is before the child gets anything to do", () =>
  stage(async ({ add, store, work, executor }) => {
    const id = await add("hang");
    const leader = await pidFrom(join(work(id), "leader"));
    const { process, status } = (await store.getExecution(id))!;
    strictEqual(status, "running");
    deepStrictEqual(process, { pid: leader, startedAt: await processStart(leader), host: Deno.hostname() });
    strictEqual((await store.getLease(id))?.owner, "this daemon");
    deepStrictEqual(executor.running().map((it) => [it.id, it.pid, it.attempt]), [[id, leader, 1]]);
  }));

Deno.test("local executor runs what is due for another attempt, and not before", () =>
  stage(async ({ add, becomes, store }) => {
    const later = await add("ok", { status: "retrying", retryAt: "2999-01-01T00:00:00.000Z", retryCount: 1 });
    const now = await add("ok", { status: "retrying", retryAt: "2026-01-01T00:00:00.000Z", retryCount: 1 });
    const execution = await becomes(now, "completed");
    strictEqual(execution.retryAt, null);
    strictEqual((await store.getExecution(later))!.status, "retrying");
  }));

Deno.test("local executor leaves alone what another daemon has claimed", () =>
  stage(async ({ executor, store }) => {
    const job = sampleJob();
    await store.createJob(job);
    const execution = sampleExecution({}, job);
    await store.fire(job.id, execution, applyRun);
    await store.claimLease(execution.id, "another daemon", new Date(), 60_000);
    executor.wake();
    const other = sampleJob({ id: "other", name: "other" });
    await store.createJob(other);
    const next = sampleExecution({}, other);
    await store.fire(other.id, next, applyRun);
    executor.wake();
    await until("the other", async () => (await store.getExecution(next.id))!.status === "completed");
    strictEqual((await store.getExecution(execution.id))!.status, "pending");
  }));

Deno.test("local executor ends its child, and writes nothing, when another daemon took over", () =>
  stage(async ({ add, store, work, executor }) => {
    const id = await add("hang");
    const leader = await pidFrom(join(work(id), "leader"));
    const lease = (await store.getLease(id))!;
    await store.releaseLease(lease);
    await store.claimLease(id, "another daemon", new Date(), 60_000);
    await store.updateExecution(id, (it) => ({ ...it, error: "the other daemon's" }));
    await until("the child to end", () => executor.running().length === 0);
    deepStrictEqual(await groupMembers(leader), []);
    const execution = (await store.getExecution(id))!;
    deepStrictEqual([execution.status, execution.error], ["running", "the other daemon's"]);
    strictEqual((await store.getLease(id))?.owner, "another daemon");
  }, { lease: { leaseMs: 30_000, renewEveryMs: 100 } }));

Deno.test("local executor.stop() ends what runs as interrupted, to be tried again", () =>
  stage(async ({ add, becomes, work, executor, store }) => {
    const running = await add("hang", { retryCount: 2 });
    const leader = await pidFrom(join(work(running), "leader"));
    await executor.stop();
    deepStrictEqual(await groupMembers(leader), []);
    const execution = await becomes(running, "retrying");
    deepStrictEqual([execution.error, execution.process], [INTERRUPTED, null]);
    ok(execution.retryAt! <= new Date().toISOString());
    strictEqual(await store.getLease(running), undefined);
    const pending = await add("ok");
    await new Promise((resolve) => setTimeout(resolve, 50));
    strictEqual((await store.getExecution(pending))!.status, "pending", "nothing new is begun");
  }));

Deno.test("local executor.stop() lets finish what finishes within the grace period", () =>
  stage(async ({ add, becomes, executor, store, state, work }) => {
    const id = await add("until-told");
    const { jobId, jobName } = await becomes(id, "running");
    await pidFrom(join(work(id), "leader"));
    const stopped = executor.stop();
    await Deno.writeTextFile(`${executionPaths({ id: jobId, name: jobName }, id, state).archive}.go`, "");
    await stopped;
    strictEqual((await store.getExecution(id))!.status, "completed");
  }, { drainMs: 60_000 }));

Deno.test("local executor.hurry() cuts the grace period short", () =>
  stage(async ({ add, executor, store, work }) => {
    const id = await add("hang");
    await pidFrom(join(work(id), "leader"));
    const stopped = executor.stop();
    executor.hurry();
    await stopped;
    strictEqual((await store.getExecution(id))!.status, "retrying");
  }, { drainMs: 3_600_000 }));

Deno.test("local executor cancels an execution whose job is gone", () =>
  stage(async ({ store, executor }) => {
    const job = sampleJob();
    await store.createJob(job);
    const execution = sampleExecution({}, job);
    await store.fire(job.id, execution, applyRun);
    await store.deleteJob(job.id);
    executor.wake();
    const found = await until("its end", async () => {
      const it = (await store.getExecution(execution.id))!;
      return it.status === "cancelled" && it;
    });
    strictEqual(found.errorCode, "JOB_GONE");
  }));

Deno.test("local executor tells of the failure with the job as it is then: paused", () =>
  stage(async ({ add, becomes, store, toldOf }) => {
    const id = await add("permanent", {}, { pauseAfterFailures: 1 });
    await becomes(id, "failed");
    await becomes(await add("permanent", {}, { pauseAfterFailures: 2 }), "failed");
    deepStrictEqual(toldOf.map((job) => job?.paused?.by), ["scheduler", undefined]);
    const ref = (await store.pendingNotices()).find((it) => it.id === id)!;
    const [notice] = await store.getNotices(ref.target, [id]);
    deepStrictEqual([notice!.message.events, notice!.message.summary], [
      ["failure", "new-findings"],
      "n0: failed, 1 failure, 1 of them new, the job is paused now",
    ]);
  }));

Deno.test("local executor disables a job that failed too often, and skips what of it still waits", () =>
  stage(async ({ add, becomes, store, executor }) => {
    const id = await add("permanent", {}, { pauseAfterFailures: 1, overlapPolicy: "queue-all" });
    const job = (await store.getJob((await becomes(id, "failed")).jobId))!;
    deepStrictEqual([job.enabled, job.paused?.by], [false, "scheduler"]);
    const waiting = newExecution(job, new Date("2026-03-02T00:01:00Z"), "schedule");
    await store.fire(job.id, waiting, applyRun);
    executor.wake();
    strictEqual((await becomes(waiting.id, "skipped")).errorCode, "SKIPPED_DISABLED");
    await until("the count", async () => (await store.getJob(job.id))!.skipped.disabled === 1);
  }));

Deno.test("local executor records a program that cannot be started", () =>
  stage(async ({ add, becomes }) => {
    const execution = await becomes(await add("ok"), "retrying");
    strictEqual(execution.errorCode, "START_FAILED");
    match(execution.error, /nonexistent/);
  }, { command: { command: "/nonexistent/support-bundle", args: [] } }));
