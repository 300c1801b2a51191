import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { Admission } from "../../src/daemon/admission.ts";
import { DiskResource } from "../../src/daemon/disk_resource.ts";
import { freeBytes } from "../../src/daemon/disk_space.ts";
import { LocalExecutor } from "../../src/daemon/local_executor.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { RetentionKeeper } from "../../src/daemon/retention_keeper.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import { stateFolder } from "../../src/schedule/state_folder.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { ATTEMPT_COMMAND } from "./executor_stage.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { until } from "./until.ts";

const MIN_FREE = 4_000_000;

Deno.test({
  name: "local executor waits on a full disk (a real one), makes room by retention, and goes on when there is space",
  ignore: !canMountSmallDisk(),
  fn: async () => {
    await using disk = await mountSmallDisk();
    const state = stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: disk.path });
    for (const path of [state.bundles, state.work]) await Deno.mkdir(path);
    const store = await openJobStore({ path: state.store });
    const { log, lines } = recordingLog();
    const reached: string[] = [];
    const settings = { defaultAgeMs: 30 * 86_400_000, shared: false };
    const audit = () => Promise.resolve();
    const retention = new RetentionKeeper({
      store,
      clock: systemClock,
      state,
      log,
      audit,
      settings: () => settings,
    });
    const resource = new DiskResource({
      store,
      state,
      limits: () => ({ minFreeBytes: MIN_FREE }),
      makeRoom: (bytes) => retention.makeRoom(bytes),
    });
    const admission = new Admission({ resources: [resource], log, onHeld: (name) => reached.push(name) });
    const executor = new LocalExecutor({
      store,
      clock: systemClock,
      state,
      log,
      metrics: noMetrics,
      owner: "this daemon",
      command: ATTEMPT_COMMAND,
      limits: { maxConcurrent: 3 },
      drainMs: 50,
      admission,
    });
    /** Fills the disk until less is free than has to be. */
    const fill = async (name: string) => {
      const path = join(disk.path, name);
      await Deno.mkdir(join(disk.path, "bundles", "n"), { recursive: true });
      await Deno.writeFile(path, new Uint8Array((await freeBytes(disk.path))! - MIN_FREE + 500_000));
      return path;
    };
    const completes = (id: string) =>
      until(`${id} to complete`, async () => (await store.getExecution(id))?.status === "completed");
    const job = sampleJob({ name: "n", specFiles: ["fake:ok"] });
    await store.createJob(job);
    const add = async (minute: number) => {
      const at = `2026-03-02T00:0${minute}:00.000Z`;
      const execution = sampleExecution({ id: `e-${minute}`, scheduledAt: at, overlap: "allow" }, job);
      await store.fire(job.id, execution, applyRun);
      executor.wake();
      return execution.id;
    };
    executor.start();
    try {
      // What retention lets go makes the room.
      const bundlePath = await fill("bundles/n/old.tar.gz");
      const old = sampleExecution({
        id: "e-old",
        status: "completed",
        endTime: "2026-01-01T00:00:00.000Z",
        bundlePath,
      });
      await store.fire(job.id, old, applyRun);
      await completes(await add(1));
      strictEqual((await store.getExecution("e-old"))!.bundlePath, "");
      deepStrictEqual(reached, []);

      // Nothing may go: it waits as it is, and is said to.
      const filler = await fill("filler");
      const [second, third] = [await add(2), await add(3)];
      await until("both to be held", () => admission.held().length === 2);
      deepStrictEqual(admission.held().map(({ id, resource }) => [id, resource]), [[second, "disk"], [third, "disk"]]);
      match(admission.held()[0]!.reason, /^disk space: 3\.\d MB free, 4\.0 MB needed$/);
      const waiting = (await store.getExecution(second))!;
      deepStrictEqual([waiting.status, waiting.startTime, waiting.error], ["pending", null, ""]);
      strictEqual(await store.getLease(second), undefined);
      ok(
        lines.some(({ level, message, limit }) =>
          level === "warn" && message === "resource limit reached" && limit === "disk"
        ),
      );

      await Deno.remove(filler);
      executor.wake();
      await completes(second);
      await completes(third);
      deepStrictEqual(admission.held(), []);
    } finally {
      await executor.stop();
      await retention.stop();
      store.close();
    }
  },
});
