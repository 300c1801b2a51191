import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.ts";
import { executionPaths } from "../../src/daemon/build_request.ts";
import { INTERRUPTED } from "../../src/daemon/finish_attempt.ts";
import { LocalExecutor, type LocalExecutorOptions } from "../../src/daemon/local_executor.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { groupMembers, isSameProcess, processStart } from "../../src/daemon/process_identity.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { Execution, ExecutionStatus } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { type LoggedLine, recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { pidFrom, until } from "./until.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/daemon/misbehaving_attempt.sh", import.meta.url));

interface Stage {
  state: StateFolder;
  store: KvJobStore;
  executor: LocalExecutor;
  lines: LoggedLine[];
  told: Execution[];
  /** Records an execution that is to be run. @returns its id */
  add(mode: string, fields?: Partial<Execution>, job?: Parameters<typeof sampleJob>[0]): Promise<string>;
  becomes(id: string, ...statuses: ExecutionStatus[]): Promise<Execution>;
  work(id: string): string;
}

/** An executor with real children over a real store file. */
async function stage(
  body: (stage: Stage) => Promise<void>,
  options: Partial<LocalExecutorOptions> = {},
): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const { log, lines } = recordingLog();
  const told: Execution[] = [];
  const executor = new LocalExecutor({
    store,
    clock: systemClock,
    state,
    log,
    metrics: noMetrics,
    owner: "this daemon",
    command: { command: "/bin/sh", args: [SCRIPT] },
    limits: { maxConcurrent: 3 },
    graceMs: 5_000,
    drainMs: 50,
    random: () => 0,
    notifyFailure: (_job: Job, execution) => Promise.resolve(void told.push(execution)),
    ...options,
  });
  executor.start();
  try {
    await body({
      state,
      store,
      executor,
      lines,
      told,
      async add(mode, fields = {}, jobFields = {}) {
        const number = (await store.listJobs()).length;
        const job = sampleJob({
          id: `job-${number}`,
          name: `n${number}`,
          specFiles: [`fake:${mode}`],
          notify: [{ kind: "webhook", url: "https://example.invalid" }],
          ...jobFields,
        });
        await store.createJob(job);
        const execution = sampleExecution(fields, job);
        await store.fire(job.id, execution, applyRun);
        executor.wake();
        return execution.id;
      },
      becomes: (id, ...statuses) =>
        until(`${id} to be ${statuses.join(" or ")}`, async () => {
          const found = await store.getExecution(id);
          return found !== undefined && statuses.includes(found.status) &&
            (found.status === "running" || !executor.running().some((it) => it.id === id)) && found;
        }),
      work: (id) => join(state.work, id),
    });
  } finally {
    await executor.stop();
    await executor.stop(); // twice is harmless
    store.close();
  }
}

const behaviour: [
  name: string,
  mode: string,
  retryCount: number,
  expect: { status: ExecutionStatus; errorCode: string; told: number; job: Job["status"] },
][] = [
  ["records a run that completes", "ok", 0, { status: "completed", errorCode: "", told: 0, job: "completed" }],
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
    told: 0,
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

/** Executions of one job, in the order in which they are given. */
async function line({ store, executor }: Stage, modes: string[], overlapPolicy: Job["overlapPolicy"]) {
  const job = sampleJob({ overlapPolicy, specFiles: modes.map((mode) => `fake:${mode}`) });
  await store.createJob(job);
  const ids: string[] = [];
  for (let i = 0; i < modes.length; i++) {
    const execution = newExecution((await store.getJob(job.id))!, new Date(Date.UTC(2026, 2, 2, 9 - i)), "schedule");
    await store.fire(job.id, execution, applyRun);
    ids.push(execution.id);
  }
  executor.wake();
  return { job, ids };
}

Deno.test("local executor runs what waits one at a time, in the order of creation, whatever slots are free", () =>
  stage(async (it) => {
    const { ids } = await line(it, ["ok", "ok", "ok"], "queue-all");
    const ended: Execution[] = [];
    for (const id of ids) ended.push(await it.becomes(id, "completed"));
    for (const [i, { startTime }] of ended.entries()) ok(i === 0 || startTime! >= ended[i - 1]!.endTime!);
  }));

Deno.test("two local executors on one store run a job's line one at a time", () =>
  stage(async (it) => {
    const { log } = recordingLog();
    const store = await openJobStore({ path: it.state.store });
    const second = new LocalExecutor({
      store,
      clock: systemClock,
      state: it.state,
      log,
      metrics: noMetrics,
      owner: "the other daemon",
      command: { command: "/bin/sh", args: [SCRIPT] },
      limits: { maxConcurrent: 3 },
    });
    second.start();
    try {
      const { ids } = await line(it, ["ok", "ok", "ok", "ok"], "queue-all");
      const ended: Execution[] = [];
      for (const id of ids) {
        second.wake();
        it.executor.wake();
        ended.push(
          await until(id, async () => {
            second.wake();
            it.executor.wake();
            const found = (await store.getExecution(id))!;
            return found.status === "completed" && found;
          }),
        );
      }
      for (const [i, { startTime }] of ended.entries()) ok(i === 0 || startTime! >= ended[i - 1]!.endTime!);
    } finally {
      await second.stop();
      store.close();
    }
  }));

Deno.test("local executor ends a run whose place a later one takes, then runs that one", () =>
  stage(async (it) => {
    const { job, ids: [first] } = await line(it, ["hang"], "cancel-running");
    const leader = await pidFrom(join(it.work(first!), "leader"));
    const firing = (await it.store.getJob(job.id))!;
    const [second, third] = [10, 11].map((hour) =>
      newExecution(firing, new Date(Date.UTC(2026, 2, 2, hour)), "schedule")
    );
    await it.store.fire(job.id, second!, applyRun);
    await it.store.updateJob(job.id, (stored) => ({ ...stored, specFiles: ["fake:ok"] }));
    await it.store.fire(job.id, { ...third!, runNumber: 3 }, applyRun);
    it.executor.wake();
    await it.becomes(third!.id, "completed");
    deepStrictEqual(await groupMembers(leader), []);
    const [ended, never] = [(await it.store.getExecution(first!))!, (await it.store.getExecution(second!.id))!];
    deepStrictEqual([ended.status, ended.errorCode, ended.retryAt], ["cancelled", "OVERLAP_CANCELLED", null]);
    deepStrictEqual([never.status, never.errorCode, never.startTime], ["cancelled", "OVERLAP_CANCELLED", null]);
    deepStrictEqual(it.told, [], "it is no failure");
    strictEqual((await it.store.getJob(job.id))!.status, "completed");
  }));

Deno.test("local executor keeps the bundle of a run that it cancels", () =>
  stage(async (it) => {
    const { job, ids: [first] } = await line(it, ["finishes-on-term"], "cancel-running");
    await pidFrom(join(it.work(first!), "grandchild"));
    const next = newExecution((await it.store.getJob(job.id))!, new Date(Date.UTC(2026, 2, 2, 10)), "schedule");
    await it.store.fire(job.id, next, applyRun);
    it.executor.wake();
    const ended = await it.becomes(first!, "cancelled");
    ok(ended.bundlePath !== "" && ended.bundleSize > 0);
  }));

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

Deno.test("local executor records a program that cannot be started", () =>
  stage(async ({ add, becomes }) => {
    const execution = await becomes(await add("ok"), "retrying");
    strictEqual(execution.errorCode, "START_FAILED");
    match(execution.error, /nonexistent/);
  }, { command: { command: "/nonexistent/support-bundle", args: [] } }));
