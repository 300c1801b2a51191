import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { applyPlan, newExecution, withNextRun } from "../../src/schedule/apply_firing.ts";
import { planDue } from "../../src/schedule/firing.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { KvJobStore } from "../../src/store/kv_job_store.ts";
import { KvSession } from "../../src/store/kv_session.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { openEmbeddedStore } from "./embedded_store.ts";

/** Lets something happen between a store's reading and its first commit: what a race does, each time. */
class InterruptedSession extends KvSession {
  interrupt: (() => Promise<unknown>) | undefined;

  override async commit(operation: Deno.AtomicOperation): Promise<boolean> {
    const { interrupt } = this;
    this.interrupt = undefined;
    await interrupt?.();
    return await super.commit(operation);
  }
}

interface Scene {
  /** The store that is interrupted. */
  store: JobStore;
  /** The store of the other writer. */
  other: JobStore;
  job: Job;
  executionId: string;
  /** Runs `action` of the store, and `during` of the other writer before its first commit. */
  race<T>(action: (store: JobStore) => Promise<T>, during: (other: JobStore) => Promise<unknown>): Promise<T>;
  kv: Deno.Kv;
}

const now = new Date("2026-03-02T12:00:00Z");

const behaviours: [behaviour: string, check: (scene: Scene) => Promise<void>][] = [
  [
    "updateExecution() loses its lease before it writes: nothing changes",
    async ({ race, executionId, store, other }) => {
      const lease = (await store.claimLease(executionId, "paused", now, 0))!;
      const answer = await race(
        (s) => s.updateExecution(executionId, (e) => ({ ...e, status: "completed" }), lease),
        (o) => o.claimLease(executionId, "current", now, 1_000),
      );
      strictEqual(answer, undefined);
      strictEqual((await other.getExecution(executionId))?.status, "pending");
    },
  ],

  ["claimLease() loses to another claim", async ({ race, executionId, other }) => {
    const answer = await race(
      (s) => s.claimLease(executionId, "late", now, 1_000),
      (o) => o.claimLease(executionId, "first", now, 1_000),
    );
    strictEqual(answer, undefined);
    strictEqual((await other.getLease(executionId))?.owner, "first");
  }],

  ["claimLease() of an execution that is being purged leaves nothing behind", async ({ race, executionId, other }) => {
    const answer = await race(
      (s) => s.claimLease(executionId, "late", now, 1_000),
      (o) => o.deleteExecution(executionId),
    );
    strictEqual(answer, undefined);
    strictEqual(await other.getLease(executionId), undefined);
  }],

  ["renewLease() loses to another claim", async ({ race, executionId, store, other }) => {
    const lease = (await store.claimLease(executionId, "paused", now, 0))!;
    const answer = await race(
      (s) => s.renewLease(lease, now, 1_000),
      (o) => o.claimLease(executionId, "current", now, 1_000),
    );
    strictEqual(answer, undefined);
    strictEqual((await other.getLease(executionId))?.owner, "current");
  }],

  ["fire() loses to another daemon: one execution, one run", async ({ race, job, other }) => {
    const due = new Date(job.nextRun!);
    const plan = planDue(job, due, [])!;
    const fire = (store: JobStore) =>
      store.fire(job.id, newExecution(job, plan.dueAt, "schedule"), (j) => applyPlan(j, plan));
    strictEqual(await race(fire, (o) => fire(o)), "exists");
    strictEqual((await other.getJob(job.id))?.runCount, 1);
  }],

  ["fire() keeps what a user changed meanwhile", async ({ race, job, other }) => {
    const execution = newExecution(job, new Date(job.nextRun!), "schedule");
    const answer = await race(
      (s) => s.fire(job.id, execution, (j) => ({ ...j, nextRun: null })),
      (o) => o.updateJob(job.id, (j) => ({ ...j, name: "renamed", description: "changed" })),
    );
    strictEqual(answer, "created");
    const stored = await other.getJob(job.id);
    deepStrictEqual([stored?.name, stored?.description, stored?.nextRun], ["renamed", "changed", null]);
    strictEqual((await other.findJobs("renamed")).length, 1);
  }],

  ["fire() of a job that is deleted meanwhile creates nothing", async ({ race, job, other }) => {
    const execution = newExecution(job, new Date(job.nextRun!), "schedule");
    strictEqual(await race((s) => s.fire(job.id, execution, (j) => j), (o) => o.deleteJob(job.id)), "gone");
    strictEqual(await other.getExecution(execution.id), undefined);
  }],

  ["createJob() loses the name to another job", async ({ race, other }) => {
    strictEqual(
      await race(
        (s) => s.createJob(sampleJob({ name: "wanted" })),
        (o) => o.createJob(sampleJob({ name: "wanted" })),
      ),
      false,
    );
    strictEqual((await other.listJobs()).filter((job) => job.name === "wanted").length, 1);
  }],

  ["updateJob() loses the new name to another job", async ({ race, job, other }) => {
    strictEqual(
      await race(
        (s) => s.updateJob(job.id, (j) => ({ ...j, name: "wanted" })),
        (o) => o.createJob(sampleJob({ name: "wanted" })),
      ),
      false,
    );
    strictEqual((await other.getJob(job.id))?.name, job.name);
  }],

  ["updateJob() of a job that is deleted meanwhile does not bring it back", async ({ race, job, other }) => {
    strictEqual(await race((s) => s.updateJob(job.id, (j) => j), (o) => o.deleteJob(job.id)), undefined);
    deepStrictEqual(await other.listJobs(), []);
  }],

  ["updateExecution() of one that is purged meanwhile does not bring it back", async ({ race, executionId, other }) => {
    strictEqual(
      await race((s) => s.updateExecution(executionId, (e) => e), (o) => o.deleteExecution(executionId)),
      undefined,
    );
    deepStrictEqual(await other.listExecutions(), []);
  }],

  ["appendLogs() to an execution that is purged meanwhile leaves nothing behind", async ({ race, executionId, kv }) => {
    await race(
      (s) => s.appendLogs(executionId, [{ timestamp: "", level: "info", message: "late", component: "store" }]),
      (o) => o.deleteExecution(executionId),
    );
    const left: Deno.KvKey[] = [];
    for await (const entry of kv.list({ prefix: [] })) if (entry.key.includes(executionId)) left.push(entry.key);
    deepStrictEqual(left, []);
  }],

  ["deleteExecution() while its log grows removes all of it", async ({ race, executionId, kv }) => {
    const line = { timestamp: "", level: "info" as const, message: "late", component: "store" };
    await race((s) => s.deleteExecution(executionId), (o) => o.appendLogs(executionId, [line]));
    const left: Deno.KvKey[] = [];
    for await (const entry of kv.list({ prefix: [] })) if (entry.key.includes(executionId)) left.push(entry.key);
    deepStrictEqual(left, []);
  }],
];

for (const [behaviour, check] of behaviours) {
  Deno.test(`KvJobStore ${behaviour}`, async () => {
    const { store: other, path, dispose } = await openEmbeddedStore();
    const kv = await Deno.openKv(path);
    const session = new InterruptedSession(await Deno.openKv(path), path);
    const store = new KvJobStore(session);
    try {
      const job = withNextRun(sampleJob(), now);
      const execution = newExecution(job, now, "manual");
      ok(await other.createJob(job));
      strictEqual(await other.fire(job.id, execution, (j) => j), "created");
      await check({
        store,
        other,
        job,
        executionId: execution.id,
        kv,
        race(action, during) {
          session.interrupt = () => during(other);
          return action(store);
        },
      });
    } finally {
      store.close();
      kv.close();
      await dispose();
    }
  });
}
