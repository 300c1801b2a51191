import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Admission, type Resource } from "../../src/daemon/admission.ts";
import { ManualClock } from "../manual_clock.ts";
import { stage } from "./executor_stage.ts";
import { recordingLog } from "./fake_log.ts";
import { until } from "./until.ts";

/** A resource that the named jobs have to wait for. */
function scarce(...jobs: string[]): { waiting: Set<string>; admission: Admission } {
  const waiting = new Set(jobs);
  const resource: Resource = {
    name: "disk",
    look: () =>
      Promise.resolve({ ask: ({ jobName }) => Promise.resolve(waiting.has(jobName) ? "more disk" : undefined) }),
  };
  return { waiting, admission: new Admission({ resources: [resource], log: recordingLog().log, onHeld() {} }) };
}

Deno.test("local executor runs what needs less while another execution waits", async () => {
  const { waiting, admission } = scarce("n0");
  await stage(async ({ add, becomes, store, executor }) => {
    const [held, other] = [await add("ok"), await add("ok")];
    await becomes(other, "completed");
    strictEqual((await store.getExecution(held))!.status, "pending");
    deepStrictEqual(admission.held().map(({ id }) => id), [held]);
    strictEqual(executor.waiting(), 1);
    waiting.clear();
    executor.wake();
    await becomes(held, "completed");
  }, { admission });
});

Deno.test("local executor asks again after ten seconds what it held, and tells of each end", async () => {
  const { waiting, admission } = scarce("n0");
  const clock = new ManualClock("2026-03-02T00:00:00Z");
  const ended: string[] = [];
  await stage(async ({ add, store, executor }) => {
    const id = await add("ok");
    await until("it to be held", () => admission.held().length === 1 && clock.sleeping === 1);
    waiting.clear();
    await clock.advance(9_000);
    strictEqual((await store.getExecution(id))!.status, "pending");
    await clock.advance(1_000);
    await until("it to complete", async () => (await store.getExecution(id))!.status === "completed");
    await until("its end to be told", () => executor.running().length === 0 && ended.length > 0);
    deepStrictEqual(ended, ["job-0"]);
  }, { admission, clock, onEnd: (jobId) => ended.push(jobId) });
});
