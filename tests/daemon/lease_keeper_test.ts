import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LeaseKeeper } from "../../src/daemon/lease_keeper.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { Rescuer } from "../../src/daemon/rescuer.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import type { JobStore, Lease } from "../../src/store/job_store.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const ID = sampleExecution().id;

async function stage(
  body: (it: { store: KvJobStore; clock: ManualClock; lease: Lease; state: StateFolder }) => Promise<void>,
): Promise<void> {
  await using state = await temporaryState();
  const clock = new ManualClock();
  const store = await openJobStore({ path: state.store }, { clock });
  await store.createJob(sampleJob());
  await store.fire(sampleJob().id, sampleExecution(), applyRun);
  const lease = (await store.claimLease(ID, "a", clock.now(), 30_000))!;
  try {
    await body({ store, clock, lease, state });
  } finally {
    store.close();
  }
}

Deno.test("LeaseKeeper renews as long as it is wanted, and not longer", () =>
  stage(async ({ store, clock, lease }) => {
    let lost = 0;
    const keeper = new LeaseKeeper(store, clock, lease, recordingLog().log, () => lost++);
    for (let i = 0; i < 6; i++) {
      await clock.untilSleeping(1);
      await clock.advance(10_000);
    }
    await clock.untilSleeping(1);
    strictEqual(await store.claimLease(ID, "b", clock.now(), 30_000), undefined);
    deepStrictEqual(await store.getLease(ID), keeper.lease);
    await keeper.stop();
    await keeper.stop(); // twice is harmless
    await clock.advance(30_001);
    strictEqual((await store.claimLease(ID, "b", clock.now(), 30_000))?.owner, "b");
    strictEqual(lost, 0);
  }));

Deno.test("LeaseKeeper tells once when another daemon has the lease", () =>
  stage(async ({ store, clock, lease }) => {
    let lost = 0;
    const keeper = new LeaseKeeper(store, clock, lease, recordingLog().log, () => lost++);
    await store.releaseLease(lease);
    await store.claimLease(ID, "b", clock.now(), 300_000);
    await clock.advance(10_000);
    await until("the loss", () => lost > 0);
    await clock.advance(60_000);
    strictEqual(lost, 1);
    await keeper.stop();
  }));

Deno.test("LeaseKeeper keeps trying while the store is away, until the lease has run out", () =>
  stage(async ({ clock, lease }) => {
    let lost = 0;
    let tries = 0;
    const store = { renewLease: () => (tries++, Promise.reject(new Error("away"))) } as unknown as JobStore;
    const keeper = new LeaseKeeper(store, clock, lease, recordingLog().log, () => lost++);
    await clock.advance(20_000);
    deepStrictEqual([tries, lost], [2, 0]);
    await clock.advance(10_000);
    deepStrictEqual([tries, lost], [3, 1]);
    await keeper.stop();
  }));

Deno.test("Rescuer takes over what another machine's daemon let go, when the lease has run out", () =>
  stage(async ({ store, clock, lease, state }) => {
    await store.updateExecution(ID, (it) => ({ ...it, status: "running" }), lease);
    let woken = 0;
    const rescuer = new Rescuer({
      store,
      clock,
      state,
      log: recordingLog().log,
      metrics: noMetrics,
      owner: "b",
      own: () => false,
    }, () => woken++);
    rescuer.start();
    await clock.advance(30_000); // the lease ends just now
    await until("the second look", async () => {
      await clock.untilSleeping(1);
      await clock.advance(30_000);
      return woken > 1;
    });
    await rescuer.stop();
    await rescuer.stop(); // twice is harmless
    const execution = (await store.getExecution(ID))!;
    deepStrictEqual([execution.status, execution.retryCount], ["retrying", 1]);
  }));
