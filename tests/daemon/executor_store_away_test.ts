import { strictEqual } from "node:assert/strict";
import { LocalExecutor } from "../../src/daemon/local_executor.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { stateFolder } from "../../src/schedule/state_folder.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";

Deno.test("executor looks again a second after the store failed, though nothing wakes it", async () => {
  const clock = new ManualClock("2026-03-02T12:00:00Z");
  let looks = 0;
  const activeExecutions = () => ++looks === 1 ? Promise.reject(new Error("away")) : Promise.resolve([]);
  const executor = new LocalExecutor({
    store: { activeExecutions } as unknown as JobStore,
    clock,
    state: stateFolder({}),
    log: recordingLog().log,
    metrics: noMetrics,
    owner: "this daemon",
    command: { command: "never", args: [] },
    limits: { maxConcurrent: 1 },
  });
  executor.start();
  await clock.untilSleeping(1);
  strictEqual(looks, 1);
  await clock.advance(1_000);
  await executor.stop();
  strictEqual(looks, 2);
});
