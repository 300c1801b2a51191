import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { partPath } from "../../src/bundle/part_path.ts";
import { systemClock } from "../../src/core/clock.ts";
import { EXECUTION_ENV, WORK_ENV } from "../../src/core/execution_mark.ts";
import { executionPaths } from "../../src/daemon/build_request.ts";
import { newLeaseOwner, ownerState, parseLeaseOwner } from "../../src/daemon/lease_owner.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { groupMembers, killGroup, processStart } from "../../src/daemon/process_identity.ts";
import { decideRecovery, recover, type Recovery, removeOrphanedWork } from "../../src/daemon/recovery.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import type { Execution, ExecutionStatus } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { recordingLog } from "./fake_log.ts";
import { recordingAnnouncer } from "./recording_announcer.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const now = new Date("2026-03-02T00:00:00Z");
const ahead = { expiresAt: "2026-03-02T00:00:10.000Z" };
const over = { expiresAt: "2026-03-01T23:59:59.000Z" };

const behaviour: [ExecutionStatus, { expiresAt: string } | undefined, "alive" | "dead" | "unknown", Recovery][] = [
  ["running", ahead, "alive", "leave"],
  ["running", ahead, "unknown", "leave"], // another machine's
  ["running", ahead, "dead", "take-over"],
  ["running", over, "alive", "take-over"], // stopped, or too slow to renew
  ["running", over, "unknown", "take-over"],
  ["running", undefined, "unknown", "take-over"],
  ["pending", undefined, "unknown", "leave"],
  ["pending", ahead, "alive", "leave"],
  ["pending", ahead, "dead", "free"],
  ["pending", over, "unknown", "free"],
  ["retrying", undefined, "unknown", "leave"],
  ["retrying", ahead, "dead", "free"],
  ["completed", ahead, "dead", "leave"],
  ["failed", undefined, "unknown", "leave"],
];

for (const [status, lease, owner, expect] of behaviour) {
  const claim = lease === undefined
    ? "no lease"
    : `${lease === ahead ? "a lease" : "an expired lease"} (owner ${owner})`;
  Deno.test(`decideRecovery() of ${status} with ${claim}: ${expect}`, () => {
    strictEqual(decideRecovery({ status }, lease, owner, now), expect);
  });
}

Deno.test("ownerState() knows whether a daemon of this host lives", async () => {
  const own = await newLeaseOwner();
  strictEqual(await ownerState(own), "alive");
  const [host, pid, start, random] = own.split("|");
  strictEqual(await ownerState([host, pid, `${start}0`, random].join("|")), "dead"); // recycled pid
  strictEqual(await ownerState([host, 2 ** 22 + 7, start, random].join("|")), "dead");
  strictEqual(await ownerState(["elsewhere", pid, start, random].join("|")), "unknown");
  strictEqual(await ownerState("anything else"), "unknown");
  deepStrictEqual(parseLeaseOwner(own), { host, pid: Number(pid), startedAt: start });
});

interface Stage {
  state: StateFolder;
  store: KvJobStore;
  told: Execution[];
  /** The jobs that they were told with. */
  toldOf: (Job | undefined)[];
  /** Records an execution as a daemon left it, with its lease. */
  left(fields: Partial<Execution>, owner?: string): Promise<string>;
  recover(own?: string[]): Promise<number>;
}

async function stage(body: (stage: Stage) => Promise<void>, fields: Partial<Job> = {}): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const told: Execution[] = [];
  const toldOf: (Job | undefined)[] = [];
  const job = sampleJob({ notify: [{ kind: "webhook", url: "https://example.invalid" }], ...fields });
  await store.createJob(job);
  try {
    await body({
      state,
      store,
      told,
      toldOf,
      async left(fields, owner) {
        const { id, ...rest } = sampleExecution({}, job);
        await store.fire(job.id, { ...rest, id } as Execution, applyRun);
        if (owner !== undefined) await store.claimLease(id, owner, systemClock.now(), 30_000);
        await store.updateExecution(id, (it) => ({ ...it, ...fields }));
        return id;
      },
      recover: (own = []) =>
        newLeaseOwner().then((owner) =>
          recover({
            store,
            clock: systemClock,
            state,
            log: recordingLog().log,
            metrics: noMetrics,
            owner,
            own: (id) => own.includes(id),
            random: () => 0,
            announcer: recordingAnnouncer(store, told, toldOf),
          })
        ),
    });
  } finally {
    store.close();
  }
}

const deadOwner = `${Deno.hostname()}|${2 ** 22 + 7}|boot:1|abcd`;

Deno.test("recover() has an interrupted execution tried again, and removes its work folder", () =>
  stage(async ({ left, recover, store, state }) => {
    const id = await left({ status: "running" }, deadOwner);
    const work = executionPaths(sampleJob(), id, state).work;
    await Deno.mkdir(join(work, "deep"), { recursive: true });
    strictEqual(await recover(), 1);
    const execution = (await store.getExecution(id))!;
    deepStrictEqual(
      [execution.status, execution.retryCount, execution.error, execution.errorCode],
      ["retrying", 1, "interrupted: the daemon stopped while it ran", "INTERRUPTED"],
    );
    ok(new Date(execution.retryAt!) <= new Date());
    strictEqual(await store.getLease(id), undefined);
    strictEqual(await Deno.stat(work).catch(() => undefined), undefined);
    match((await store.readLogs(id))[0]!.message, /interrupted.*tried again/);
    strictEqual(await recover(), 0, "once is enough");
  }));

Deno.test("recover() fails what was interrupted in its last attempt, and tells of it", () =>
  stage(async ({ left, recover, store, told }) => {
    const id = await left({ status: "running", retryCount: 2 }, deadOwner);
    await recover();
    const execution = (await store.getExecution(id))!;
    strictEqual(execution.status, "failed");
    match(execution.error, /all 3 attempts are used up/);
    deepStrictEqual(told.map((it) => it.id), [id]);
    const job = (await store.getJob(execution.jobId))!;
    deepStrictEqual([job.status, job.lastError], ["failed", execution.error]);
  }));

Deno.test("recover() tells with the failure that the job has paused itself for it", () =>
  stage(async ({ left, recover, toldOf }) => {
    await left({ status: "running", retryCount: 2 }, deadOwner);
    await recover();
    deepStrictEqual(toldOf.map((job) => job?.paused?.by), ["scheduler"]);
  }, { pauseAfterFailures: 1 }));

Deno.test("recover() leaves alone what a living daemon runs", () =>
  stage(async ({ left, recover, store }) => {
    const id = await left({ status: "running" }, "elsewhere|1|boot:1|abcd");
    strictEqual(await recover(), 0);
    strictEqual((await store.getExecution(id))!.status, "running");
    strictEqual((await store.getLease(id))?.owner, "elsewhere|1|boot:1|abcd");
  }));

Deno.test("recover() leaves alone what this daemon runs itself", () =>
  stage(async ({ left, recover, store }) => {
    const id = await left({ status: "running" }, deadOwner);
    strictEqual(await recover([id]), 0);
    strictEqual((await store.getExecution(id))!.status, "running");
  }));

Deno.test("recover() gives a waiting execution free that a dead daemon had claimed", () =>
  stage(async ({ left, recover, store }) => {
    const id = await left({}, deadOwner);
    strictEqual(await recover(), 0);
    strictEqual((await store.getExecution(id))!.status, "pending");
    ok(await store.claimLease(id, "somebody", new Date(), 1_000) !== undefined);
  }));

function child(script: string, execution: string): Deno.ChildProcess {
  const env = { [EXECUTION_ENV]: execution };
  return new Deno.Command("/bin/sh", { args: ["-c", script], env, stdin: "null", detached: true }).spawn();
}

Deno.test({
  name: "recover() ends a child that outlived its daemon, with everything it started",
  ignore: Deno.build.os === "windows",
  fn: () =>
    stage(async ({ left, recover }) => {
      const orphan = child("sleep 300 & wait", sampleExecution().id);
      const process = { pid: orphan.pid, startedAt: (await processStart(orphan.pid))!, host: Deno.hostname() };
      await left({ status: "running", process }, deadOwner);
      await recover();
      strictEqual((await orphan.status).signal, "SIGKILL");
      await until("an empty group", async () => (await groupMembers(orphan.pid)).length === 0);
    }),
});

Deno.test({
  name: "recover() ends what a child left behind that itself is gone",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    stage(async ({ left, recover }) => {
      const orphan = child("sleep 300 & exec true", sampleExecution().id);
      const startedAt = (await processStart(orphan.pid)) ?? "boot:1";
      await orphan.status;
      strictEqual((await groupMembers(orphan.pid)).length, 1);
      await left({ status: "running", process: { pid: orphan.pid, startedAt, host: Deno.hostname() } }, deadOwner);
      await recover();
      await until("an empty group", async () => (await groupMembers(orphan.pid)).length === 0);
    }),
});

Deno.test({
  name: "recover() spares a stranger that has the child's pid now",
  ignore: Deno.build.os === "windows",
  fn: () =>
    stage(async ({ left, recover }) => {
      const stranger = child("exec sleep 300", "of somebody else");
      const start = (await processStart(stranger.pid))!;
      await left({
        status: "running",
        process: { pid: stranger.pid, startedAt: "an earlier one", host: Deno.hostname() },
      }, deadOwner);
      strictEqual(await recover(), 1);
      strictEqual(await processStart(stranger.pid), start);
      killGroup(stranger.pid, "SIGKILL");
      await stranger.status;
    }),
});

Deno.test({
  name: "removeOrphanedWork() removes work folders, and ends what works there, whoever has the execution now",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    stage(async ({ left, store, state }) => {
      const id = await left({ status: "completed" });
      const { bundles, archive } = executionPaths(sampleJob(), id, state);
      await Deno.mkdir(bundles, { recursive: true });
      for (const path of [archive, partPath(archive)]) await Deno.writeTextFile(path, "");
      const work = join(state.work, id);
      const start = (folder: string) =>
        new Deno.Command("sleep", { args: ["300"], env: { [EXECUTION_ENV]: id, [WORK_ENV]: folder } }).spawn();
      const [orphan, ofAnotherDaemon] = [start(work), start(`/elsewhere/${id}`)];
      for (const name of [id, "job-gone"]) await Deno.mkdir(join(state.work, name, "x"), { recursive: true });
      deepStrictEqual((await removeOrphanedWork(store, state)).sort(), [id, "job-gone"].sort());
      deepStrictEqual(await Array.fromAsync(Deno.readDir(state.work)), []);
      deepStrictEqual((await Array.fromAsync(Deno.readDir(bundles))).map((it) => it.name), [`${id}.tar.gz`]);
      strictEqual((await orphan.status).signal, "SIGKILL");
      ok(await processStart(ofAnotherDaemon.pid) !== undefined);
      ofAnotherDaemon.kill("SIGKILL");
      await ofAnotherDaemon.status;
    }),
});
