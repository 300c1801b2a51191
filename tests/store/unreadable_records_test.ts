import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { newExecution } from "../../src/schedule/apply_firing.ts";
import { key } from "../../src/store/keys.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { openEmbeddedStore } from "./embedded_store.ts";

type Opened = Awaited<ReturnType<typeof openEmbeddedStore>>;

/** A test with a store, and with a raw handle to damage it. */
function storeTest(name: string, check: (opened: Opened, kv: Deno.Kv) => Promise<void>): void {
  Deno.test(name, async () => {
    const opened = await openEmbeddedStore();
    const kv = await Deno.openKv(opened.path);
    try {
      await check(opened, kv);
    } finally {
      kv.close();
      await opened.dispose();
    }
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const due = "2026-03-02T12:00:00.000Z";
const now = new Date(due);

const damages: [name: string, value: unknown, reason: RegExp][] = [
  ["cut JSON", bytes('{"id":"job-1","na'), /JSON/],
  ["JSON of another shape", bytes('{"id":"job-1","name":7}'), /name/],
  ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0x00]), /./],
  ["an object", { id: "job-1" }, /not bytes/],
  ["null", null, /not bytes/],
];
for (const [name, value, reason] of damages) {
  storeTest(`KvJobStore sets aside a job that is ${name}, and goes on with the others`, async ({ store }, kv) => {
    const damaged = sampleJob({ id: "job-1", name: "damaged", nextRun: due });
    const healthy = sampleJob({ id: "job-2", name: "healthy", nextRun: due });
    for (const job of [damaged, healthy]) ok(await store.createJob(job));
    await kv.set(key.job("job-1"), value);
    deepStrictEqual((await store.dueJobs(now)).map((job) => job.name), ["healthy"]);
    deepStrictEqual((await store.listJobs()).map((job) => job.name), ["healthy"]);
    strictEqual(await store.getJob("job-1"), undefined);
    deepStrictEqual(store.unreadable().map((record) => record.key), ["job/job-1"]);
    match(store.unreadable()[0]!.reason, reason);
    // Nothing of it is lost, and nothing of it stands in the way.
    deepStrictEqual((await kv.get(key.setAside(key.job("job-1")))).value, value);
    ok(await store.createJob(sampleJob({ name: "damaged" })));
    deepStrictEqual(await store.repair(), []);
  });
}

storeTest("KvJobStore sets aside an execution that cannot be read", async ({ store }, kv) => {
  const job = sampleJob();
  await store.createJob(job);
  const executions = [0, 1, 2].map((i) => newExecution(job, new Date(now.getTime() + i), "schedule"));
  for (const execution of executions) await store.fire(job.id, execution, (j) => j);
  await kv.set(key.execution(executions[1]!.id), bytes("{}"));
  const readable = [executions[2]!.id, executions[0]!.id];
  deepStrictEqual((await store.listExecutions({ jobId: job.id })).map((e) => e.id), readable);
  deepStrictEqual((await store.activeExecutions()).map((e) => e.id), readable.toReversed());
  strictEqual(await store.updateExecution(executions[1]!.id, (e) => e), undefined);
  strictEqual(store.unreadable().length, 1);
  strictEqual((await store.repair()).length, 3);
  deepStrictEqual(await store.repair(), []);
});

storeTest("KvJobStore refuses a record of a later version instead of setting it aside", async ({ store }, kv) => {
  const job = sampleJob();
  await store.createJob(job);
  const newer = bytes(JSON.stringify({ ...job, schemaVersion: 2 }));
  await kv.set(key.job(job.id), newer);
  await rejects(store.listJobs(), { code: "STATE_NEWER" });
  deepStrictEqual((await kv.get(key.job(job.id))).value, newer);
  deepStrictEqual(store.unreadable(), []);
});

storeTest("KvJobStore refuses a job that is too large, and keeps what was there", async ({ store }) => {
  const job = sampleJob();
  await store.createJob(job);
  const labels = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`label-${i}`, "x".repeat(20)]));
  await rejects(store.updateJob(job.id, (j) => ({ ...j, labels })), { code: "RECORD_TOO_LARGE" });
  await rejects(store.createJob(sampleJob({ labels })), { code: "RECORD_TOO_LARGE" });
  deepStrictEqual(await store.listJobs(), [job]);
});

storeTest("dueJobs() drops an index entry that does not fit its job, and finds the job again", async (opened, kv) => {
  const { store } = opened;
  const job = sampleJob({ nextRun: due });
  await store.createJob(job);
  await kv.set(key.dueJob(1, job.id), job.id);
  await kv.set(key.dueJob(2, "job-none"), "job-none");
  deepStrictEqual(await store.dueJobs(now), [job]);
  deepStrictEqual(await store.nextDueAt(), now);
});

storeTest("repair() restores lost index entries and removes stray ones", async ({ store }, kv) => {
  const job = sampleJob({ name: "nightly", nextRun: due });
  await store.createJob(job);
  const execution = newExecution(job, now, "schedule");
  await store.fire(job.id, execution, (j) => j);
  await kv.delete(key.jobByName("nightly"));
  await kv.delete(key.dueJob(now.getTime(), job.id));
  await kv.delete(key.executionByStatus("pending", now.getTime(), execution.id));
  await kv.set(key.jobByName("stray"), "job-none");
  await kv.set(key.executionByTime(5, "stray"), "stray");
  deepStrictEqual(await store.findJobs("nightly"), []);

  const planned = await store.repair({ dryRun: true });
  strictEqual(planned.length, 4);
  deepStrictEqual(await store.findJobs("nightly"), []);
  deepStrictEqual(await store.repair(), planned);
  deepStrictEqual(await store.findJobs("nightly"), [job]);
  deepStrictEqual(await store.dueJobs(now), [job]);
  deepStrictEqual(await store.activeExecutions(), [execution]);
  strictEqual((await kv.get(key.jobByName("stray"))).value, null);
  deepStrictEqual(await store.repair(), []);
});

storeTest("claimLease() over a lease that cannot be read gives a fence above any before", async (opened, kv) => {
  const { store, path } = opened;
  const job = sampleJob();
  await store.createJob(job);
  const { id } = newExecution(job, now, "schedule");
  await store.fire(job.id, newExecution(job, now, "schedule"), (j) => j);
  const before = (await store.claimLease(id, "a", now, 60_000))!;
  await kv.set(key.lease(id), bytes("damaged"));
  strictEqual(await store.updateExecution(id, (e) => e, before), undefined);
  const other = await openJobStore({ path });
  try {
    const after = (await other.claimLease(id, "b", now, 60_000))!;
    ok(after.fence > before.fence);
    strictEqual((await other.claimLease(id, "b", now, 60_000))!.fence, after.fence + 1);
  } finally {
    other.close();
  }
});

storeTest("readLogs() of a damaged log gives what can be read, and the log goes on", async ({ store }, kv) => {
  const job = sampleJob();
  await store.createJob(job);
  const { id } = newExecution(job, now, "schedule");
  await store.fire(job.id, newExecution(job, now, "schedule"), (j) => j);
  const line = (message: string) => ({ timestamp: due, level: "info" as const, message, component: "store" });
  await store.appendLogs(id, Array.from({ length: 300 }, (_, i) => line(`${i}`)));
  await kv.set(key.logChunk(id, 0), bytes("damaged"));
  deepStrictEqual((await store.readLogs(id)).length, 100);
  await kv.set(key.logHead(id), bytes("damaged"));
  deepStrictEqual(await store.readLogs(id), []);
  await store.appendLogs(id, [line("again")]);
  deepStrictEqual(await store.readLogs(id), [line("again")]);
});
