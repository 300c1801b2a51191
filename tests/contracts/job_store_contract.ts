import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { applyPlan, newExecution, withNextRun } from "../../src/schedule/apply_firing.ts";
import type { Execution, ExecutionLog } from "../../src/schedule/execution.ts";
import { planDue } from "../../src/schedule/firing.ts";
import { type Job, jobSchema, newJobId } from "../../src/schedule/job.ts";
import { templateOf } from "../../src/schedule/template.ts";
import { type Notice, notifierStateSchema } from "../../src/schedule/notice.ts";
import type { JobStore, Lease } from "../../src/store/job_store.ts";

export interface OpenedStore {
  store: JobStore;
  /** A further handle on the same data, as another process would have one. The case closes it. */
  reopen(): Promise<JobStore>;
  /** Closes the store and removes its data. */
  dispose(): Promise<void>;
}

/** What every implementation of the {@linkcode JobStore} port does. Registers one test for each behaviour.
 * @param open makes an empty store for one test */
export function jobStoreContract(name: string, open: () => Promise<OpenedStore>, options: { ignore?: boolean } = {}) {
  for (const [behaviour, check] of behaviours) {
    Deno.test({
      name: `${name} ${behaviour}`,
      ignore: options.ignore ?? false,
      fn: async () => {
        const opened = await open();
        try {
          await check(opened.store, opened);
        } finally {
          await opened.dispose();
        }
      },
    });
  }
}

const now = new Date("2026-03-02T12:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);

export function sampleJob(changes: Partial<Job> = {}): Job {
  return jobSchema.parse({
    id: newJobId(),
    name: `job ${crypto.randomUUID()}`,
    cronSchedule: "0 2 * * *",
    schedules: ["0 2 * * *"],
    createdAt: "2026-03-01T00:00:00Z",
    ...changes,
  });
}

async function storedExecution(store: JobStore, job: Job, scheduledAt = now): Promise<Execution> {
  const execution = newExecution(job, scheduledAt, "schedule");
  strictEqual(await store.fire(job.id, execution, (current) => current), "created");
  return execution;
}

async function storedJob(store: JobStore, changes: Partial<Job> = {}): Promise<Job> {
  const job = sampleJob(changes);
  ok(await store.createJob(job));
  return job;
}

const line = (message: string): ExecutionLog => ({
  timestamp: now.toISOString(),
  level: "info",
  message,
  component: "executor",
});

const template = (name: string, changes: Partial<Job> = {}) =>
  templateOf(sampleJob(changes), { name, tags: ["a"], createdBy: "ann@h1", createdAt: now.toISOString() });

const notice = (id: string, atMs = 0, target = "named:ops"): Notice => ({
  schemaVersion: 1,
  target,
  id,
  at: later(atMs).toISOString(),
  message: { events: ["failure"], status: "failed", summary: `${id} failed`, findings: { fail: 1 } },
});

/** Ends an execution, and records these notices with that. */
async function storedNotices(store: JobStore, ...notices: Notice[]): Promise<void> {
  const { id } = await storedExecution(store, await storedJob(store));
  ok(await store.updateExecution(id, (e) => ({ ...e, status: "failed" }), undefined, undefined, () => notices));
}

const pendingIds = async (store: JobStore) => (await store.pendingNotices()).map(({ target, id }) => `${target} ${id}`);

type Check = (store: JobStore, opened: OpenedStore) => Promise<void>;

const behaviours: [behaviour: string, check: Check][] = [
  ["createJob() stores every field", async (store) => {
    const job = await storedJob(store, {
      labels: { team: "a" },
      skipped: { overlap: 3 },
      nextRun: "2026-03-02T02:00:00.000Z",
      notify: [{ kind: "webhook", url: "https://example.org/hook", on: ["failure"] }],
    });
    deepStrictEqual(await store.getJob(job.id), job);
  }],

  ["createJob() refuses a name and an id that exist", async (store) => {
    const job = await storedJob(store, { name: "nightly" });
    strictEqual(await store.createJob(sampleJob({ name: "nightly" })), false);
    strictEqual(await store.createJob(sampleJob({ id: job.id, name: "other" })), false);
    deepStrictEqual((await store.listJobs()).map((j) => j.id), [job.id]);
  }],

  ["createJob() lets one of two writers have a name", async (store, { reopen }) => {
    const other = await reopen();
    try {
      const won = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? store : other).createJob(sampleJob({ name: "nightly" }))),
      );
      strictEqual(won.filter(Boolean).length, 1);
      strictEqual((await store.listJobs()).length, 1);
    } finally {
      other.close();
    }
  }],

  [
    "createJob() never lets an owner have more jobs than allowed, however many are made at once",
    async (store, { reopen }) => {
      const other = await reopen();
      try {
        await storedJob(store, { createdBy: "ann" });
        const made = await Promise.allSettled(
          Array.from(
            { length: 8 },
            (_, i) => (i % 2 === 0 ? store : other).createJob(sampleJob({ createdBy: "ann" }), 3),
          ),
        );
        strictEqual(
          made.filter((one) => one.status === "fulfilled" && one.value).length,
          2,
        );
        const refused = made.filter((one) => one.status === "rejected").map((one) => one.reason.code);
        deepStrictEqual(refused, Array.from({ length: 6 }, () => "TOO_MANY_JOBS"));
        ok(await store.createJob(sampleJob({ createdBy: "bob" }), 3), "another owner is not concerned");
        ok(await store.deleteJob((await store.listJobs()).find(({ createdBy }) => createdBy === "ann")!.id));
        ok(await store.createJob(sampleJob({ createdBy: "ann" }), 3), "a job that is deleted makes room");
        deepStrictEqual(await store.repair({ dryRun: true }), []);
      } finally {
        other.close();
      }
    },
  ],

  ["eachJob() visits every job, with what counting takes, and all else that is stored", async (store) => {
    const upload = { enabled: true, endpoint: "s3://b/", credentials: "env:KEYS", options: {} };
    for (const name of ["c", "a", "b"]) await storedJob(store, { name, enabled: name !== "b", upload });
    const seen: string[] = [];
    await store.eachJob((job) => {
      seen.push(`${job.name} ${job.enabled}`);
      deepStrictEqual((job as Job).upload, upload);
    });
    deepStrictEqual(seen.sort(), ["a true", "b false", "c true"]);
  }],
  ["countJobs() counts jobs and those that are enabled, as they are made, changed and deleted", async (store) => {
    deepStrictEqual(await store.countJobs(), { total: 0, enabled: 0 });
    const [a, b] = [await storedJob(store, { name: "a" }), await storedJob(store, { name: "b", enabled: false })];
    await storedJob(store, { name: "c" });
    deepStrictEqual(await store.countJobs(), { total: 3, enabled: 2 });
    await store.updateJob(a.id, (job) => ({ ...job, enabled: false, name: "d" }));
    deepStrictEqual(await store.countJobs(), { total: 3, enabled: 1 });
    await store.updateJob(b.id, (job) => ({ ...job, enabled: true }));
    await store.deleteJob(a.id);
    deepStrictEqual(await store.countJobs(), { total: 2, enabled: 2 });
  }],
  ["listJobs() sorts by name", async (store) => {
    for (const name of ["b", "c", "a"]) await storedJob(store, { name });
    deepStrictEqual((await store.listJobs()).map((job) => job.name), ["a", "b", "c"]);
  }],

  ["findJobs() finds a job by name, by id and by prefix of its id", async (store) => {
    const job = await storedJob(store, { id: "job-ab12", name: "nightly" });
    await storedJob(store, { id: "job-cd34" });
    for (const reference of ["nightly", "job-ab12", "job-ab"]) {
      deepStrictEqual(await store.findJobs(reference), [job], reference);
    }
    strictEqual((await store.findJobs("job-")).length, 2);
    deepStrictEqual(await store.findJobs("night"), []);
    deepStrictEqual(await store.findJobs(""), []);
  }],

  ["findJobs() prefers an exact match to a prefix", async (store) => {
    const named = await storedJob(store, { id: "job-zz", name: "job-ab" });
    await storedJob(store, { id: "job-ab12" });
    deepStrictEqual(await store.findJobs("job-ab"), [named]);
  }],

  ["updateJob() moves the indexes by name and due time", async (store) => {
    const job = await storedJob(store, { name: "before", nextRun: later(1_000).toISOString() });
    const changed = await store.updateJob(
      job.id,
      (j) => ({ ...j, name: "after", nextRun: later(9_000).toISOString() }),
    );
    deepStrictEqual(changed, await store.getJob(job.id));
    deepStrictEqual(await store.findJobs("before"), []);
    strictEqual((await store.findJobs("after")).length, 1);
    deepStrictEqual(await store.dueJobs(later(8_999)), []);
    strictEqual((await store.dueJobs(later(9_000))).length, 1);
    await storedJob(store, { name: "before" });
  }],

  ["updateJob() answers false for a name that is taken, undefined for a job that is gone", async (store) => {
    const job = await storedJob(store, { name: "one" });
    await storedJob(store, { name: "two" });
    strictEqual(await store.updateJob(job.id, (j) => ({ ...j, name: "two" })), false);
    strictEqual((await store.getJob(job.id))?.name, "one");
    strictEqual(await store.updateJob("job-none", (j) => j), undefined);
  }],

  ["updateJob() loses no change of two writers", async (store, { reopen }) => {
    const job = await storedJob(store);
    const other = await reopen();
    try {
      await Promise.all(
        Array.from(
          { length: 20 },
          (_, i) => (i % 2 === 0 ? store : other).updateJob(job.id, (j) => ({ ...j, runCount: j.runCount + 1 })),
        ),
      );
      strictEqual((await store.getJob(job.id))?.runCount, 20);
    } finally {
      other.close();
    }
  }],

  ["deleteJob() frees the name, ends its due time and keeps its executions", async (store) => {
    const job = await storedJob(store, { name: "nightly", nextRun: now.toISOString() });
    const execution = await storedExecution(store, job);
    strictEqual(await store.deleteJob(job.id), true);
    strictEqual(await store.deleteJob(job.id), false);
    strictEqual(await store.getJob(job.id), undefined);
    deepStrictEqual(await store.dueJobs(now), []);
    strictEqual(await store.nextDueAt(), undefined);
    deepStrictEqual((await store.listExecutions({ jobId: job.id })).map((e) => e.id), [execution.id]);
    ok(await store.createJob(sampleJob({ name: "nightly" })));
  }],

  ["dependentJobs() finds who depends on a job, as it changes", async (store) => {
    const first = await storedJob(store);
    const dependsOn: Job["dependsOn"] = [{ job: first.id, on: "failed" }];
    const second = await storedJob(store, { dependsOn });
    await storedJob(store, { dependsOn: [{ job: second.id, on: "failed" }] });
    deepStrictEqual(await store.dependentJobs(first.id), [second]);
    await store.updateJob(second.id, (j) => ({ ...j, dependsOn: [] }));
    deepStrictEqual(await store.dependentJobs(first.id), []);
    await store.updateJob(second.id, (j) => ({ ...j, dependsOn }));
    deepStrictEqual(await store.repair({ dryRun: true }), []);
    strictEqual(await store.deleteJob(second.id), true);
    deepStrictEqual(await store.dependentJobs(first.id), []);
    deepStrictEqual(await store.repair({ dryRun: true }), []);
  }],

  ["activeExecutions() of one job leaves the others out", async (store) => {
    const [one, two] = [await storedJob(store, { id: "job-1" }), await storedJob(store, { id: "job-1-2" })];
    const mine = await storedExecution(store, one);
    await storedExecution(store, two);
    const done = await storedExecution(store, one, later(1));
    await store.updateExecution(done.id, (e) => ({ ...e, status: "completed" }));
    deepStrictEqual(await store.activeExecutions(one.id), [mine]);
  }],

  ["endedExecutions() keeps what has ended until it is said to be followed", async (store, { reopen }) => {
    const job = await storedJob(store);
    const ids: string[] = [];
    for (const [i, status] of (["completed", "failed", "skipped", "retrying"] as const).entries()) {
      const { id } = await storedExecution(store, job, later(i));
      await store.updateExecution(id, (e) => ({ ...e, status: "running" }));
      deepStrictEqual((await store.endedExecutions()).map((e) => e.id).includes(id), false);
      await store.updateExecution(id, (e) => ({ ...e, status }));
      ids.push(id);
    }
    const other = await reopen();
    deepStrictEqual((await other.endedExecutions()).map((e) => e.id), ids.slice(0, 2));
    other.close();
    await store.markFollowed(ids[0]!);
    await store.updateExecution(ids[0]!, (e) => ({ ...e, bundlePath: "" })); // no end anew
    deepStrictEqual((await store.endedExecutions()).map((e) => e.id), [ids[1]]);
    await store.deleteExecution(ids[1]!);
    deepStrictEqual(await store.endedExecutions(), []);
  }],

  ["dueJobs() gives what is due, earliest first, up to the limit", async (store) => {
    const at = async (name: string, ms: number) =>
      void await storedJob(store, { name, nextRun: later(ms).toISOString() });
    await at("second", -1_000);
    await at("first", -60_000);
    await at("now", 0);
    await at("not yet", 1);
    await storedJob(store, { name: "never" });
    deepStrictEqual((await store.dueJobs(now)).map((job) => job.name), ["first", "second", "now"]);
    deepStrictEqual((await store.dueJobs(now, 2)).map((job) => job.name), ["first", "second"]);
  }],

  ["jobsDueAfter() gives those that are due later, earliest first", async (store) => {
    const at = (ms: number) => storedJob(store, { nextRun: later(ms).toISOString() });
    const [second, , , first] = [await at(3), await at(0), await at(1), await at(2)];
    await storedJob(store, { nextRun: null });
    deepStrictEqual(await store.jobsDueAfter(later(1)), [first.id, second.id]);
  }],

  ["nextDueAt() is the earliest of due times and retries", async (store) => {
    strictEqual(await store.nextDueAt(), undefined);
    const job = await storedJob(store, { nextRun: later(60_000).toISOString() });
    deepStrictEqual(await store.nextDueAt(), later(60_000));
    const execution = await storedExecution(store, job);
    await store.updateExecution(execution.id, (e) => ({
      ...e,
      status: "retrying",
      retryAt: later(5_000).toISOString(),
    }));
    deepStrictEqual(await store.nextDueAt(), later(5_000));
    await store.updateExecution(execution.id, (e) => ({ ...e, status: "running" }));
    deepStrictEqual(await store.nextDueAt(), later(60_000));
  }],

  ["nextDueAt() knows of executions that are put off, until they begin", async (store) => {
    const job = await storedJob(store, { nextRun: later(60_000).toISOString() });
    const execution = { ...newExecution(job, now, "schedule"), notBefore: later(5_000).toISOString() };
    strictEqual(await store.fire(job.id, execution, (current) => current), "created");
    deepStrictEqual(await store.nextDueAt(), later(5_000));
    const revision = await store.revision();
    await store.updateExecution(execution.id, (e) => ({ ...e, notBefore: later(9_000).toISOString() }));
    deepStrictEqual(await store.nextDueAt(), later(9_000));
    notStrictEqual(await store.revision(), revision);
    await store.updateExecution(execution.id, (e) => ({ ...e, status: "running" }));
    deepStrictEqual(await store.nextDueAt(), later(60_000));
    deepStrictEqual(await store.repair({ dryRun: true }), []);
  }],

  ["fire() creates the execution and advances the job in one step", async (store) => {
    const job = await storedJob(store, { nextRun: now.toISOString() });
    const execution = newExecution(job, now, "schedule");
    const next = later(3_600_000).toISOString();
    strictEqual(await store.fire(job.id, execution, (j) => ({ ...j, nextRun: next, runCount: 1 })), "created");
    deepStrictEqual(await store.getExecution(execution.id), execution);
    strictEqual((await store.getJob(job.id))?.runCount, 1);
    deepStrictEqual(await store.dueJobs(now), []);
    deepStrictEqual(await store.nextDueAt(), new Date(next));
  }],

  ["fire() leaves a slot's execution alone and advances the job", async (store) => {
    const job = await storedJob(store, { nextRun: now.toISOString() });
    const execution = await storedExecution(store, job);
    await store.updateExecution(execution.id, (e) => ({ ...e, status: "completed" }));
    strictEqual(await store.fire(job.id, execution, (j) => ({ ...j, nextRun: null })), "exists");
    strictEqual((await store.getExecution(execution.id))?.status, "completed");
    strictEqual((await store.getJob(job.id))?.nextRun, null);
  }],

  ["fire() writes nothing when the change finds the job other than it was", async (store) => {
    const job = await storedJob(store, { nextRun: now.toISOString() });
    const execution = newExecution(job, now, "schedule");
    strictEqual(await store.fire(job.id, execution, () => undefined), "stale");
    strictEqual(await store.getExecution(execution.id), undefined);
    deepStrictEqual(await store.getJob(job.id), job);
  }],

  ["fire() tells the change whether the slot has its execution", async (store) => {
    const job = await storedJob(store);
    const execution = newExecution(job, now, "schedule");
    const told: boolean[] = [];
    for (let i = 0; i < 2; i++) await store.fire(job.id, execution, (j, taken) => (told.push(taken), j));
    deepStrictEqual(told, [false, true]);
  }],

  ["fire() puts an execution in the place of a skipped one where that is wanted, and of no other", async (store) => {
    const job = await storedJob(store);
    const execution = newExecution(job, now, "backfill");
    await store.fire(job.id, { ...execution, status: "skipped" }, (j) => j);
    strictEqual(await store.fire(job.id, execution, (j) => j), "exists");
    strictEqual(await store.fire(job.id, execution, (j) => ({ ...j, runCount: 1 }), true), "created");
    deepStrictEqual(await store.getExecution(execution.id), execution);
    deepStrictEqual(await store.listExecutions({ status: "skipped" }), []);
    strictEqual((await store.getJob(job.id))?.runCount, 1);
    strictEqual(await store.fire(job.id, execution, (j) => j, true), "exists");
    deepStrictEqual(await store.repair({ dryRun: true }), []);
  }],

  ["fire() of a job that is gone changes nothing", async (store) => {
    const job = sampleJob();
    const execution = newExecution(job, now, "schedule");
    strictEqual(await store.fire(job.id, execution, (j) => j), "gone");
    strictEqual(await store.getExecution(execution.id), undefined);
  }],

  ["fire() by two daemons at once creates one execution and counts one run", async (store, { reopen }) => {
    const other = await reopen();
    try {
      for (let round = 0; round < 5; round++) {
        const due = later(round * 60_000);
        const job = withNextRun(sampleJob({ schedules: ["* * * * *"] }), new Date(due.getTime() - 1));
        ok(await store.createJob(job));
        const plan = planDue(job, due, [])!;
        const execution = newExecution(job, plan.dueAt, "schedule");
        const answers = await Promise.all(
          Array.from(
            { length: 6 },
            (_, i) => (i % 2 === 0 ? store : other).fire(job.id, execution, (j) => applyPlan(j, plan)),
          ),
        );
        deepStrictEqual(answers.filter((answer) => answer === "created").length, 1);
        deepStrictEqual(answers.filter((answer) => answer === "exists").length, 5);
        const stored = await other.getJob(job.id);
        strictEqual(stored?.runCount, 1);
        strictEqual(stored?.nextRun, new Date(due.getTime() + 60_000).toISOString());
        strictEqual((await other.listExecutions({ jobId: job.id })).length, 1);
      }
    } finally {
      other.close();
    }
  }],

  ["updateExecution() moves the index by status and keeps the identity", async (store) => {
    const job = await storedJob(store);
    const { id } = await storedExecution(store, job);
    const changed = await store.updateExecution(id, (e) => ({ ...e, id: "x", jobId: "y", status: "running" }));
    strictEqual(changed?.id, id);
    strictEqual(changed?.jobId, job.id);
    deepStrictEqual((await store.listExecutions({ status: "running" })).map((e) => e.id), [id]);
    deepStrictEqual(await store.listExecutions({ status: "pending" }), []);
    strictEqual(await store.updateExecution("none", (e) => e), undefined);
  }],

  ["updateExecution() changes the job in the same step, or neither", async (store) => {
    const job = await storedJob(store, { name: "nightly", nextRun: now.toISOString() });
    const { id } = await storedExecution(store, job);
    const lost = (await store.claimLease(id, "a", now, 1_000))!;
    const lease = (await store.claimLease(id, "b", later(2_000), 60_000))!;
    const finish = (lease: Lease) =>
      store.updateExecution(
        id,
        (e) => ({ ...e, status: "failed", error: "x".repeat(5_000) }),
        lease,
        (j, e) => ({ ...j, id: "x", name: "y", status: "failed", lastError: e.error, nextRun: null }),
      );
    strictEqual(await finish(lost), undefined);
    deepStrictEqual(await store.getJob(job.id), job);
    const execution = await finish(lease);
    const lastError = execution!.error; // as short as it is stored
    deepStrictEqual(await store.getJob(job.id), { ...job, status: "failed", lastError, nextRun: null });
    deepStrictEqual(await store.dueJobs(now), []);
    ok(await store.deleteJob(job.id));
    strictEqual((await finish(lease))?.status, "failed");
    strictEqual(await store.getJob(job.id), undefined);
    deepStrictEqual(await store.repair({ dryRun: true }), []);
  }],

  ["updateExecution() writes the execution also when its job has no room for more", async (store) => {
    const full = { description: "x".repeat(58_000) };
    const job = await storedJob(store, full);
    const { id } = await storedExecution(store, job);
    const finish = (e: Execution): Execution => ({ ...e, status: "failed", error: "x".repeat(3_900) });
    await store.updateExecution(id, finish, undefined, (j, e) => ({ ...j, lastError: e.error }));
    strictEqual((await store.getExecution(id))?.status, "failed");
    deepStrictEqual(await store.getJob(job.id), job);
  }],

  ["updateExecution() stores whatever length a message has", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const long = "é\u0001…".repeat(40_000);
    const changed = await store.updateExecution(id, (e) => ({
      ...e,
      status: "failed",
      error: long,
      stages: [{ stage: "collect", status: "failed", message: long, durationMs: 1 }],
      findings: {
        fail: 500,
        warn: 0,
        pass: 0,
        top: Array.from({ length: 500 }, () => ({ title: long, severity: "fail" as const, message: long })),
      },
      redactions: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`rule-${i}`, i])),
    }));
    deepStrictEqual(await store.getExecution(id), changed);
    ok(/more characters\)$/.test(changed!.error));
    strictEqual(changed!.findings.fail, 500);
    ok(changed!.findings.top.length > 0);
    const unchanged = await store.updateExecution(id, (e) => e);
    strictEqual(unchanged?.error, changed!.error);
  }],

  ["listExecutions() gives the newest first, of a job, a status, a time, up to the limit", async (store) => {
    const job = await storedJob(store);
    const other = await storedJob(store);
    for (let i = 0; i < 30; i++) {
      const { id } = await storedExecution(store, i % 3 === 0 ? other : job, later(i * 1_000));
      await store.updateExecution(id, (e) => ({ ...e, status: i % 2 === 0 ? "completed" : "failed" }));
    }
    const seconds = (executions: Execution[]) =>
      executions.map((e) => (Date.parse(e.scheduledAt) - now.getTime()) / 1_000);
    deepStrictEqual(seconds(await store.listExecutions({ limit: 3 })), [29, 28, 27]);
    deepStrictEqual(seconds(await store.listExecutions()), Array.from({ length: 30 }, (_, i) => 29 - i));
    deepStrictEqual(seconds(await store.listExecutions({ jobId: other.id, limit: 2 })), [27, 24]);
    deepStrictEqual(seconds(await store.listExecutions({ status: "failed", limit: 2 })), [29, 27]);
    deepStrictEqual(seconds(await store.listExecutions({ since: later(28_000) })), [29, 28]);
    deepStrictEqual(
      seconds(await store.listExecutions({ jobId: other.id, status: "completed", since: later(6_000) })),
      [24, 18, 12, 6],
    );
    deepStrictEqual(await store.listExecutions({ limit: 0 }), []);
  }],

  ["jobsWithExecutions() gives each job once, also when it was deleted", async (store) => {
    const ids = ["job-1", "job-2", "job-12"];
    for (const id of ids) {
      const job = await storedJob(store, { id, name: id });
      for (const day of [1, 2]) {
        const at = new Date(Date.UTC(2026, 2, day));
        await store.fire(id, newExecution(job, at, "schedule"), (it) => it);
      }
    }
    await storedJob(store, { id: "job-3", name: "job-3" });
    ok(await store.deleteJob("job-2"));
    deepStrictEqual((await store.jobsWithExecutions()).sort(), ids.sort());
  }],
  ["activeExecutions() gives those that are pending, running or retrying", async (store) => {
    const job = await storedJob(store);
    const statuses = ["pending", "running", "retrying", "completed", "failed", "skipped"] as const;
    for (const [i, status] of statuses.entries()) {
      const { id } = await storedExecution(store, job, later(i));
      await store.updateExecution(id, (e) => ({ ...e, status }));
    }
    deepStrictEqual((await store.activeExecutions()).map((e) => e.status), ["pending", "running", "retrying"]);
  }],

  ["activeExecutions() is up to date with what another writer changes", async (store, { reopen }) => {
    const job = await storedJob(store);
    const kept = await storedExecution(store, job, later(1));
    const changed = await storedExecution(store, job, later(2));
    const moved = await storedExecution(store, job, later(3));
    const ended = await storedExecution(store, job, later(4));
    strictEqual((await store.activeExecutions()).length, 4);
    const other = await reopen();
    try {
      await other.updateExecution(changed.id, (e) => ({ ...e, errorCode: "CHANGED" }));
      await other.updateExecution(moved.id, (e) => ({ ...e, status: "running" }));
      await other.updateExecution(ended.id, (e) => ({ ...e, status: "completed" }));
      const added = await storedExecution(other, job, later(5));
      for (const look of [() => store.activeExecutions(), () => store.activeExecutions(job.id)]) {
        deepStrictEqual(
          new Set((await look()).map(({ id, status, errorCode }) => `${id} ${status} ${errorCode}`)),
          new Set([
            `${kept.id} pending `,
            `${changed.id} pending CHANGED`,
            `${moved.id} running `,
            `${added.id} pending `,
          ]),
        );
      }
    } finally {
      other.close();
    }
  }],

  ["waitingUploads() gives those whose bundles wait, earliest due time first, until they do not", async (store) => {
    const job = await storedJob(store);
    const ids: string[] = [];
    for (const minutes of [3, 1, 2]) ids.push((await storedExecution(store, job, later(minutes))).id);
    const set = (id: string, state: "none" | "waiting" | "delivered" | "failed") =>
      store.updateExecution(id, (e) => ({ ...e, status: "partial", upload: { ...e.upload, state } }));
    deepStrictEqual(await store.waitingUploads(), []);
    const before = await store.revision();
    for (const id of ids) await set(id, "waiting");
    notStrictEqual(await store.revision(), before, "another daemon, or a command, sees it");
    deepStrictEqual((await store.waitingUploads()).map(({ id }) => id), [ids[1], ids[2], ids[0]]);
    await set(ids[1]!, "delivered");
    await set(ids[2]!, "failed");
    deepStrictEqual((await store.waitingUploads()).map(({ id }) => id), [ids[0]]);
    deepStrictEqual(await store.repair(), []);
    await store.deleteExecution(ids[0]!);
    deepStrictEqual(await store.waitingUploads(), []);
    deepStrictEqual(await store.repair(), []);
  }],
  ["deleteExecution() removes it with its log, its lease and its index entries", async (store) => {
    const job = await storedJob(store);
    const { id } = await storedExecution(store, job);
    await store.appendLogs(id, [line("one")]);
    const lease = await store.claimLease(id, "a", now, 1_000);
    ok(lease);
    strictEqual(await store.deleteExecution(id), true);
    strictEqual(await store.deleteExecution(id), false);
    strictEqual(await store.getExecution(id), undefined);
    deepStrictEqual(await store.listExecutions(), []);
    deepStrictEqual(await store.activeExecutions(), []);
    deepStrictEqual(await store.readLogs(id), []);
    strictEqual(await store.getLease(id), undefined);
    await store.appendLogs(id, [line("late")]);
    deepStrictEqual(await store.readLogs(id), []);
    strictEqual(await store.claimLease(id, "a", now, 1_000), undefined);
    strictEqual(await store.updateExecution(id, (e) => e, lease), undefined);
  }],

  ["claimLease() lets one of many have it until it runs out", async (store, { reopen }) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const other = await reopen();
    try {
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? store : other).claimLease(id, `daemon-${i}`, now, 30_000)),
      );
      const won = claims.filter((lease) => lease !== undefined);
      strictEqual(won.length, 1);
      deepStrictEqual(await other.getLease(id), won[0]);
      strictEqual(won[0]!.expiresAt, later(30_000).toISOString());
      strictEqual(await other.claimLease(id, "late", later(29_999), 30_000), undefined);
      const taken = await other.claimLease(id, "late", later(30_000), 30_000);
      strictEqual(taken?.owner, "late");
      ok(taken!.fence > won[0]!.fence);
    } finally {
      other.close();
    }
  }],

  ["updateExecution() of an owner whose lease another claimed changes nothing", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const paused = (await store.claimLease(id, "paused", now, 1_000))!;
    ok(await store.updateExecution(id, (e) => ({ ...e, status: "running" }), paused));
    const current = (await store.claimLease(id, "current", later(1_000), 1_000))!;
    strictEqual(await store.updateExecution(id, (e) => ({ ...e, status: "completed" }), paused), undefined);
    strictEqual((await store.getExecution(id))?.status, "running");
    strictEqual(await store.renewLease(paused, later(1_000), 1_000), undefined);
    await store.releaseLease(paused);
    deepStrictEqual(await store.getLease(id), current);
    strictEqual((await store.updateExecution(id, (e) => ({ ...e, status: "failed" }), current))?.status, "failed");
  }],

  ["updateExecution() by its owner survives a renewal at the same time", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const lease = (await store.claimLease(id, "a", now, 1_000))!;
    const renewals = Array.from({ length: 10 }, (_, i) => store.renewLease(lease, later(i), 1_000));
    const updates = Array.from(
      { length: 10 },
      () => store.updateExecution(id, (e) => ({ ...e, retryCount: e.retryCount + 1 }), lease),
    );
    ok((await Promise.all(renewals)).every((renewed) => renewed?.fence === lease.fence));
    ok((await Promise.all(updates)).every((updated) => updated !== undefined));
    strictEqual((await store.getExecution(id))?.retryCount, 10);
  }],

  ["renewLease() keeps the fence and moves the end", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const lease = (await store.claimLease(id, "a", now, 1_000))!;
    const renewed = await store.renewLease(lease, later(500), 1_000);
    deepStrictEqual(renewed, { ...lease, expiresAt: later(1_500).toISOString() });
    strictEqual(await store.claimLease(id, "b", later(1_000), 1_000), undefined);
  }],

  ["releaseLease() frees the execution, and the next fence is higher", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const lease = (await store.claimLease(id, "a", now, 1_000))!;
    await store.releaseLease(lease);
    await store.releaseLease(lease);
    strictEqual(await store.getLease(id), undefined);
    strictEqual(await store.renewLease(lease, now, 1_000), undefined);
    strictEqual(await store.updateExecution(id, (e) => e, lease), undefined);
    const next = (await store.claimLease(id, "b", now, 1_000))!;
    strictEqual(next.fence, lease.fence + 1);
  }],

  ["getLeases() gives those that hold, in the order of the executions", async (store) => {
    const job = await storedJob(store);
    const ids: string[] = [];
    for (let i = 0; i < 45; i++) ids.push((await storedExecution(store, job, later(i))).id);
    const held = await store.claimLease(ids[44]!, "a", now, 1_000);
    const released = await store.claimLease(ids[1]!, "a", now, 1_000);
    await store.releaseLease(released!);
    const leases = await store.getLeases([...ids, "none"]);
    strictEqual(leases.length, 46);
    deepStrictEqual(leases[44], held);
    strictEqual(leases.filter((lease) => lease !== undefined).length, 1);
  }],

  ["claimLease() by the same owner replaces its former lease", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const first = (await store.claimLease(id, "a", now, 1_000))!;
    const second = (await store.claimLease(id, "a", now, 1_000))!;
    ok(second.fence > first.fence);
    strictEqual(await store.updateExecution(id, (e) => e, first), undefined);
  }],

  ["appendLogs() keeps order over many appends", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    deepStrictEqual(await store.readLogs(id), []);
    await store.appendLogs(id, []);
    const all: ExecutionLog[] = [];
    for (let i = 0; i < 25; i++) {
      const batch = Array.from({ length: i }, (_, j) => line(`${i}.${j}`));
      await store.appendLogs(id, batch);
      all.push(...batch);
    }
    deepStrictEqual(await store.readLogs(id), all);
  }],

  ["appendLogs() loses nothing of two writers", async (store, { reopen }) => {
    const { id } = await storedExecution(store, await storedJob(store));
    const other = await reopen();
    try {
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store : other).appendLogs(id, [line(`${i}`)])),
      );
      const numbers = (await store.readLogs(id)).map((entry) => Number(entry.message)).sort((a, b) => a - b);
      deepStrictEqual(numbers, Array.from({ length: 20 }, (_, i) => i));
    } finally {
      other.close();
    }
  }],

  ["appendLogs() keeps the newest 1,000 entries, however long they are", async (store) => {
    const { id } = await storedExecution(store, await storedJob(store));
    await store.appendLogs(id, Array.from({ length: 700 }, (_, i) => line(`${i}`)));
    await store.appendLogs(id, Array.from({ length: 700 }, (_, i) => line(`${i + 700} ${"\u0001".repeat(10_000)}`)));
    const kept = await store.readLogs(id);
    strictEqual(kept.length, 1_000);
    strictEqual(kept[0]!.message, "400");
    ok(kept.at(-1)!.message.startsWith("1399 "));
    ok(kept.at(-1)!.message.endsWith("more characters)"));
    await store.appendLogs(id, Array.from({ length: 2_500 }, (_, i) => line(`new ${i}`)));
    const replaced = await store.readLogs(id);
    deepStrictEqual([replaced.length, replaced[0]!.message, replaced.at(-1)!.message], [1_000, "new 1500", "new 2499"]);
  }],

  ["saveTemplate() stores every field, and refuses a name that exists unless it is to be replaced", async (store) => {
    const saved = template("weekly", {
      schedules: ["@weekly"],
      retry: { maxAttempts: 7, delay: "1s", maxDelay: "2s" },
    });
    strictEqual(await store.saveTemplate(saved), true);
    deepStrictEqual(await store.getTemplate("weekly"), saved);
    strictEqual(await store.saveTemplate(template("weekly")), false);
    deepStrictEqual(await store.getTemplate("weekly"), saved);
    strictEqual(await store.saveTemplate(template("weekly"), true), true);
    deepStrictEqual(await store.getTemplate("weekly"), template("weekly"));
  }],

  ["saveTemplate() lets one of two writers have a name", async (store, { reopen }) => {
    const other = await reopen();
    try {
      const won = await Promise.all(
        Array.from(
          { length: 6 },
          (_, i) => (i % 2 === 0 ? store : other).saveTemplate(template("t", { description: String(i) })),
        ),
      );
      strictEqual(won.filter(Boolean).length, 1);
      strictEqual((await store.getTemplate("t"))!.job.description, String(won.indexOf(true)));
    } finally {
      other.close();
    }
  }],

  ["listTemplates() sorts by name; deleteTemplate() takes one away and leaves its jobs", async (store) => {
    for (const name of ["b", "c", "a"]) await store.saveTemplate(template(name));
    const job = await storedJob(store, { template: "b" });
    deepStrictEqual((await store.listTemplates()).map(({ name }) => name), ["a", "b", "c"]);
    deepStrictEqual([await store.deleteTemplate("b"), await store.deleteTemplate("b")], [true, false]);
    deepStrictEqual((await store.listTemplates()).map(({ name }) => name), ["a", "c"]);
    deepStrictEqual(await store.listJobs(), [job]);
    deepStrictEqual(await store.repair(), []);
  }],

  ["fire() writes a recovery into what it recovers, in the same step", async (store) => {
    const job = await storedJob(store);
    const failed = await storedExecution(store, job);
    await store.updateExecution(failed.id, (e) => ({ ...e, status: "failed" }));
    const recovery = { ...newExecution(job, later(1_000), "recover"), causedBy: failed.id };
    strictEqual(await store.fire(job.id, recovery, () => undefined), "stale");
    strictEqual((await store.getExecution(failed.id))!.recoveredBy, "");
    strictEqual(await store.fire(job.id, recovery, (j) => j), "created");
    const kept = (await store.getExecution(failed.id))!;
    deepStrictEqual([kept.status, kept.recoveredBy], ["failed", recovery.id]);
    deepStrictEqual((await store.listExecutions({ status: "failed" })).map(({ id }) => id), [failed.id]);
    // What was purged meanwhile is no obstacle.
    await store.deleteExecution(failed.id);
    strictEqual(await store.fire(job.id, { ...recovery, id: `${recovery.id}x` }, (j) => j), "created");
    deepStrictEqual(await store.repair(), []);
  }],

  ["updateExecution() records notices in the same step, which are told what the change made", async (store) => {
    const job = await storedJob(store);
    const { id } = await storedExecution(store, job);
    const lease = (await store.claimLease(id, "a", now, 1_000))!;
    const fail = (told: Notice[]) =>
      store.updateExecution(
        id,
        (e) => ({ ...e, status: "failed" }),
        lease,
        (it) => ({ ...it, failuresInRow: 7 }),
        (e, j) =>
          told.map((one) => ({ ...one, message: { ...one.message, status: e.status, runs: j?.failuresInRow } })),
      );
    ok(await fail([notice("b", 5), notice("a", 5), notice("c", 1), notice("d", 0, "direct:x")]));
    deepStrictEqual(await store.pendingNotices(), [
      { target: "direct:x", id: "d", atMs: now.getTime() },
      { target: "named:ops", id: "c", atMs: now.getTime() + 1 },
      { target: "named:ops", id: "a", atMs: now.getTime() + 5 },
      { target: "named:ops", id: "b", atMs: now.getTime() + 5 },
    ]);
    const [b, c, ...more] = await store.getNotices("named:ops", ["b", "gone", "c"]);
    deepStrictEqual([b, c!.id, more], [
      { ...notice("b", 5), message: { ...notice("b").message, status: "failed", runs: 7 } },
      "c",
      [],
    ]);
    ok(await store.claimLease(id, "b", later(1_000), 1_000));
    strictEqual(await fail([notice("late")]), undefined);
    strictEqual((await store.pendingNotices()).length, 4);
    deepStrictEqual(await store.repair(), []);
  }],

  [
    "claimNotifier() lets one of two daemons send, until its claim runs out or it is known to be dead",
    async (store, { reopen }) => {
      const other = await reopen();
      try {
        const claims = await Promise.all(
          Array.from(
            { length: 8 },
            (_, i) => (i % 2 === 0 ? store : other).claimNotifier("named:ops", `d${i}`, now, 1_000),
          ),
        );
        const [won, ...more] = claims.filter((claim) => claim !== undefined);
        strictEqual(more.length, 0);
        deepStrictEqual(await other.notifierStates(), [won]);
        deepStrictEqual(won, { ...notifierStateSchema.parse({ target: "named:ops" }), claim: won!.claim });
        strictEqual(await other.claimNotifier("named:ops", "late", later(999), 1_000), undefined);
        ok(await other.claimNotifier("named:dev", "late", now, 1_000));
        const taken = (await other.claimNotifier("named:ops", "late", later(999), 1_000, won!.claim!.owner))!;
        strictEqual(await store.settleNotifier(won!, { ...won!, claim: null }, []), false);
        strictEqual(await store.claimNotifier("named:ops", "later", later(1_998), 1_000), undefined);
        ok(await store.claimNotifier("named:ops", "later", later(1_999), 1_000));
        strictEqual(await other.settleNotifier(taken, undefined, []), false);
      } finally {
        other.close();
      }
    },
  ],

  ["settleNotifier() writes the state and removes what was told, or nothing at all", async (store) => {
    await storedNotices(store, notice("a"), notice("b", 1), notice("a", 0, "named:dev"));
    const refs = (await store.pendingNotices()).filter(({ target }) => target === "named:ops");
    const claimed = (await store.claimNotifier("named:ops", "me", now, 1_000))!;
    const begun = { ...claimed, label: "ops", sending: ["a"] };
    strictEqual(await store.settleNotifier(claimed, begun, []), true);
    strictEqual(
      await store.settleNotifier(begun, { ...begun, claim: null, sending: [], failures: 2 }, [refs[0]!]),
      true,
    );
    deepStrictEqual(await pendingIds(store), ["named:dev a", "named:ops b"]);
    deepStrictEqual((await store.getNotices("named:ops", ["a", "b"])).map(({ id }) => id), ["b"]);
    strictEqual(await store.settleNotifier(begun, undefined, [refs[1]!]), false);
    const again = (await store.claimNotifier("named:ops", "me", now, 1_000))!;
    deepStrictEqual([again.label, again.failures, again.sending], ["ops", 2, []]);
    strictEqual(await store.settleNotifier(again, undefined, [refs[1]!]), true);
    deepStrictEqual(await pendingIds(store), ["named:dev a"]);
    deepStrictEqual(await store.notifierStates(), []);
    strictEqual(await store.settleNotifier(again, again, []), false);
  }],

  ["settleNotifier() removes 400 notices in one step", async (store) => {
    for (let i = 0; i < 400; i += 20) {
      await storedNotices(store, ...Array.from({ length: 20 }, (_, j) => notice(`run-${i + j}`, i + j)));
    }
    const refs = await store.pendingNotices();
    strictEqual(refs.length, 400);
    const claimed = (await store.claimNotifier("named:ops", "me", now, 1_000))!;
    const begun = { ...claimed, sending: refs.map(({ id }) => id) };
    strictEqual(await store.settleNotifier(claimed, begun, []), true);
    strictEqual(await store.settleNotifier(begun, undefined, refs), true);
    deepStrictEqual([await store.pendingNotices(), await store.repair()], [[], []]);
  }],

  ["revision() changes with jobs, with new executions and their status", async (store, { reopen }) => {
    const other = await reopen();
    try {
      let last = await other.revision();
      const changed = async (what: string) => {
        const current = await other.revision();
        notStrictEqual(current, last, what);
        strictEqual(await store.revision(), current);
        last = current;
      };
      const job = await storedJob(store);
      await changed("createJob");
      await store.updateJob(job.id, (j) => ({ ...j, description: "x" }));
      await changed("updateJob");
      const { id } = await storedExecution(store, job);
      await changed("fire");
      await store.updateExecution(id, (e) => ({ ...e, status: "running" }));
      await changed("updateExecution");
      await store.deleteExecution(id);
      await changed("deleteExecution");
      await store.deleteJob(job.id);
      await changed("deleteJob");
      await other.listJobs();
      strictEqual(await other.revision(), last);
    } finally {
      other.close();
    }
  }],

  ["repair() finds nothing to do in a healthy store", async (store) => {
    const job = await storedJob(store, { nextRun: now.toISOString() });
    const { id } = await storedExecution(store, job);
    await store.updateExecution(id, (e) => ({ ...e, status: "retrying", retryAt: later(1).toISOString() }));
    deepStrictEqual(await store.repair(), []);
    deepStrictEqual(store.unreadable(), []);
  }],

  ["close() twice is harmless, and a closed store says so", async (_store, { reopen }) => {
    const other = await reopen();
    other.close();
    other.close();
    const error = await other.listJobs().then(() => undefined, (e) => e);
    strictEqual(error?.code, "STATE_CLOSED");
  }],
];
