import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { executionPaths } from "../../src/daemon/build_request.ts";
import { LocalExecutor } from "../../src/daemon/local_executor.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { groupMembers } from "../../src/daemon/process_identity.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { ATTEMPT_COMMAND, type Stage, stage } from "./executor_stage.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleJob } from "./sample_job.ts";
import { pidFrom, until } from "./until.ts";

/** Executions of one job, created in the order of their ids here, the newest due time first. */
async function line({ store, executor }: Stage, mode: string, count: number, overlapPolicy: Job["overlapPolicy"]) {
  const job = sampleJob({ overlapPolicy, specFiles: [`fake:${mode}`] });
  await store.createJob(job);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const execution = newExecution((await store.getJob(job.id))!, new Date(Date.UTC(2026, 2, 2, 9 - i)), "schedule");
    await store.fire(job.id, execution, applyRun);
    ids.push(execution.id);
  }
  executor.wake();
  return { job, ids };
}

Deno.test("local executor runs what waits one at a time, in the order of creation, whatever slots are free", () =>
  stage(async (it) => {
    const { ids } = await line(it, "ok", 3, "queue-all");
    const ended: Execution[] = [];
    for (const id of ids) ended.push(await it.becomes(id, "completed"));
    for (const [i, { startTime }] of ended.entries()) ok(i === 0 || startTime! >= ended[i - 1]!.endTime!);
  }));

/** Another daemon's executor on the same store. */
async function secondDaemon({ state }: Stage, wrap: (store: JobStore) => JobStore = (store) => store) {
  const store = await openJobStore({ path: state.store });
  const second = new LocalExecutor({
    store: wrap(store),
    clock: systemClock,
    state,
    log: recordingLog().log,
    metrics: noMetrics,
    owner: "the other daemon",
    command: ATTEMPT_COMMAND,
    limits: { maxConcurrent: 3 },
  });
  second.start();
  return { store, second };
}

Deno.test("two local executors on one store run a job's line one at a time", () =>
  stage(async (it) => {
    const { store, second } = await secondDaemon(it);
    try {
      const { ids } = await line(it, "ok", 4, "queue-all");
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

Deno.test("local executor begins nothing by an old look at the line", () =>
  stage(async (it) => {
    const { ids } = await line(it, "hang", 2, "queue-all");
    await pidFrom(join(it.work(ids[0]!), "leader"));
    const looks: (string | undefined)[] = [];
    // The first look does not see what has begun meanwhile.
    const { store, second } = await secondDaemon(it, (store) =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target);
          if (name !== "activeExecutions") return typeof value === "function" ? value.bind(target) : value;
          return async (jobId?: string) => {
            const all = await target.activeExecutions(jobId);
            return looks.push(jobId) === 1 ? all.filter(({ status }) => status === "pending") : all;
          };
        },
      }));
    try {
      await until("a further look", () => looks.length >= 3);
      const [first, next] = await Promise.all(ids.map((id) => store.getExecution(id)));
      deepStrictEqual([first!.status, next!.status], ["running", "pending"]);
    } finally {
      await second.stop();
      store.close();
    }
  }));

Deno.test("what waits outlives the daemon: the next one goes on with the line, the interrupted one first", () =>
  stage(async (it) => {
    const { job, ids } = await line(it, "hang", 3, "queue-all");
    await pidFrom(join(it.work(ids[0]!), "leader"));
    await it.executor.stop();
    deepStrictEqual(
      (await it.store.activeExecutions()).map(({ status }) => status).sort(),
      ["pending", "pending", "retrying"],
    );
    await it.store.updateJob(job.id, (stored) => ({ ...stored, specFiles: ["fake:ok"] }));
    const { store, second } = await secondDaemon(it);
    try {
      const ended: Execution[] = [];
      for (const id of ids) ended.push(await it.becomes(id, "completed"));
      for (const [i, { startTime }] of ended.entries()) ok(i === 0 || startTime! >= ended[i - 1]!.endTime!);
    } finally {
      await second.stop();
      store.close();
    }
  }));

Deno.test("local executor ends a run whose place a later one takes, then runs that one", () =>
  stage(async (it) => {
    const { job, ids: [first] } = await line(it, "hang", 1, "cancel-running");
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

Deno.test("local executor gives a free slot to the highest priority", () =>
  stage(async (it) => {
    const first = await it.add("until-told");
    const { jobId, jobName } = await it.becomes(first, "running");
    await pidFrom(join(it.work(first), "leader"));
    const low = await it.add("ok", { priority: -1, scheduledAt: "2026-03-01T00:00:00.000Z" });
    const high = await it.add("ok", { priority: 5 });
    await Deno.writeTextFile(`${executionPaths({ id: jobId, name: jobName }, first, it.state).archive}.go`, "");
    const [before, after] = [await it.becomes(high, "completed"), await it.becomes(low, "completed")];
    ok(before.endTime! <= after.startTime!);
  }, { limits: { maxConcurrent: 1 } }));

Deno.test("local executor leaves what is put off, and puts off what waited until blackout hours began", () =>
  stage(async (it) => {
    const later = await it.add("ok", { notBefore: new Date(Date.now() + 3_600_000).toISOString() });
    const hour = (ms: number) => new Date(Date.now() + ms).toISOString().slice(11, 14) + "00";
    const dark = await it.add("ok", {}, { blackout: [`${hour(0)}-${hour(2 * 3_600_000)}`] });
    const put = await until("a later start", async () => (await it.store.getExecution(dark))!.notBefore ?? false);
    ok(put > new Date().toISOString());
    deepStrictEqual((await it.store.activeExecutions()).map(({ status }) => status), ["pending", "pending"]);
    await it.store.updateExecution(later, (execution) => ({ ...execution, notBefore: new Date().toISOString() }));
    it.executor.wake();
    await it.becomes(later, "completed");
    strictEqual((await it.store.getExecution(dark))!.status, "pending");
  }));

Deno.test("local executor leaves a run of another daemon to it, which ends it for the next one", () =>
  stage(async (it) => {
    const { job, ids: [first] } = await line(it, "hang", 1, "cancel-running");
    await pidFrom(join(it.work(first!), "leader"));
    const { store, second } = await secondDaemon(it);
    try {
      await store.updateJob(job.id, (stored) => ({ ...stored, specFiles: ["fake:ok"] }));
      const next = newExecution((await store.getJob(job.id))!, new Date(Date.UTC(2026, 2, 2, 10)), "schedule");
      await store.fire(job.id, next, applyRun);
      second.wake();
      await new Promise((resolve) => setTimeout(resolve, 100));
      deepStrictEqual((await store.activeExecutions()).map(({ status }) => status), ["running", "pending"]);
      it.executor.wake();
      await it.becomes(first!, "cancelled");
      second.wake();
      await it.becomes(next.id, "completed");
    } finally {
      await second.stop();
      store.close();
    }
  }));

Deno.test("local executor keeps the bundle of a run that it cancels", () =>
  stage(async (it) => {
    const { job, ids: [first] } = await line(it, "finishes-on-term", 1, "cancel-running");
    await pidFrom(join(it.work(first!), "grandchild"));
    const next = newExecution((await it.store.getJob(job.id))!, new Date(Date.UTC(2026, 2, 2, 10)), "schedule");
    await it.store.fire(job.id, next, applyRun);
    it.executor.wake();
    const ended = await it.becomes(first!, "cancelled");
    ok(ended.bundlePath !== "" && ended.bundleSize > 0);
  }));
