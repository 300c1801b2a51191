import { strictEqual } from "node:assert/strict";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { Scheduler } from "../../src/daemon/scheduler.ts";
import type { Job } from "../../src/schedule/job.ts";
import { openEmbeddedStore } from "../store/embedded_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleJob } from "./sample_job.ts";

const behaviour: [name: string, meanwhile: (job: Job) => Job][] = [
  ["was disabled", (job) => ({ ...job, enabled: false, nextRun: null })],
  [
    "another daemon has taken further, counting that slot as superseded",
    (job) => ({ ...job, nextRun: "2026-03-02T12:02:00.000Z", skipped: { superseded: 1 } }),
  ],
];

for (const [name, meanwhile] of behaviour) {
  Deno.test(`scheduler creates nothing for a job that ${name} since it was read`, async () => {
    const { store, dispose } = await openEmbeddedStore();
    const clock = new ManualClock("2026-03-02T12:00:00Z");
    await store.createJob(sampleJob({ nextRun: "2026-03-02T12:00:00.000Z" }));
    let expected: Job | undefined;
    const late = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "fire") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: Parameters<typeof store.fire>) => {
          expected = await store.updateJob(args[0], meanwhile) as Job;
          return await store.fire(...args);
        };
      },
    });
    const scheduler = new Scheduler({
      store: late,
      clock,
      log: recordingLog().log,
      metrics: noMetrics,
      executor: { wake() {} },
      checkIntervalMs: 60_000,
    });
    scheduler.start();
    await clock.untilSleeping(2);
    await scheduler.stop();
    strictEqual((await store.listExecutions()).length, 0);
    strictEqual(JSON.stringify(await store.getJob(sampleJob().id)), JSON.stringify(expected));
    await dispose();
  });
}
