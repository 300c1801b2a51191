import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { followExecutions } from "../../src/daemon/follow_executions.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { stage } from "./scheduler_stage.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const first = sampleJob({ id: "a", name: "a" });
const after = (other: string, id: string) =>
  sampleJob({ id, name: id, schedules: [], cronSchedule: "", dependsOn: [{ job: other, on: "finished" }] });

async function withStore(body: (store: KvJobStore, other: KvJobStore) => Promise<void>): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const other = await openJobStore({ path: state.store });
  try {
    await body(store, other);
  } finally {
    store.close();
    other.close();
  }
}

const clock = new ManualClock("2026-03-02T00:10:00Z");

function options(store: KvJobStore) {
  const { log, lines } = recordingLog();
  return { store, clock, log, lines, metrics: noMetrics };
}

/** Has an execution of the job end. */
async function end(store: KvJobStore, execution: Execution): Promise<void> {
  await store.fire(execution.jobId, execution, applyRun);
  await store.updateExecution(
    execution.id,
    (it) => ({ ...it, status: "completed", endTime: "2026-03-02T00:09:00.000Z" }),
  );
}

Deno.test("followExecutions() records once what follows, whoever looks and however often", () =>
  withStore(async (store, other) => {
    for (const job of [first, after("a", "b"), after("a", "c")]) await store.createJob(job);
    await end(store, sampleExecution({}, first));
    const created = await Promise.all([followExecutions(options(store)), followExecutions(options(other))]);
    strictEqual(created[0]! + created[1]!, 2);
    // As after a crash between the record and the mark.
    await store.updateExecution("a-20260302T000000Z", (it) => ({ ...it, status: "running" }));
    await store.updateExecution("a-20260302T000000Z", (it) => ({ ...it, status: "completed" }));
    strictEqual(await followExecutions(options(store)), 0);
    const followers = (await store.activeExecutions()).map((
      { jobId, trigger, causedBy },
    ) => [jobId, trigger, causedBy]);
    deepStrictEqual(followers.sort(), ["b", "c"].map((id) => [id, "dependency", "a-20260302T000000Z"]));
    deepStrictEqual([(await store.getJob("b"))!.runCount, (await store.getJob("b"))!.skipped], [1, {}]);
  }));

Deno.test("followExecutions() records and counts what is skipped", () =>
  withStore(async (store) => {
    await store.createJob(first);
    await store.createJob({ ...after("a", "b"), enabled: false });
    await end(store, sampleExecution({}, first));
    const given = options(store);
    strictEqual(await followExecutions(given), 1);
    const [skipped] = await store.listExecutions({ jobId: "b" });
    deepStrictEqual([skipped!.status, skipped!.errorCode], ["skipped", "SKIPPED_DISABLED"]);
    deepStrictEqual((await store.getJob("b"))!.skipped, { disabled: 1 });
  }));

Deno.test("followExecutions() ends a circle that two changes at once have closed", () =>
  withStore(async (store) => {
    await store.createJob({ ...first, dependsOn: [{ job: "b", on: "finished" }] });
    await store.createJob(after("a", "b"));
    await end(store, sampleExecution({}, first));
    strictEqual(await followExecutions(options(store)), 1);
    const [follower] = await store.listExecutions({ jobId: "b" });
    await store.updateExecution(
      follower!.id,
      (it) => ({ ...it, status: "completed", endTime: "2026-03-02T00:11:00.000Z" }),
    );
    const given = options(store);
    strictEqual(await followExecutions(given), 0);
    match(given.lines.find((line) => line.level === "error")!.message, /lead back to itself/);
  }));

Deno.test("scheduler has a chain of jobs run, one after the end of the other", () =>
  stage(async (store) => {
    for (const job of [first, after("a", "b"), after("b", "c")]) await store.createJob(job);
    await store.fire("a", sampleExecution({}, first), applyRun);
  }, async (it) => {
    for (const [id, next] of [["a", "b"], ["b", "c"]] as const) {
      const [execution] = await it.store.listExecutions({ jobId: id });
      await it.other.updateExecution(execution!.id, (e) => ({
        ...e,
        status: "completed",
        endTime: it.clock.now().toISOString(),
      }));
      const wakes = it.wakes;
      await it.clock.advance(1_000);
      await until(next, async () => (await it.store.listExecutions({ jobId: next })).length === 1);
      await it.idle();
      ok(it.wakes > wakes);
    }
  }));
