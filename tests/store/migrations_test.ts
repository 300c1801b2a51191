import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { listBackups } from "../../src/store/backup.ts";
import { key } from "../../src/store/keys.ts";
import { migrateRecord, type Migrations, type RawRecord } from "../../src/store/record_migrations.ts";
import { RawStore } from "../../src/store/raw_store.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { BackedUpStore, names } from "./backed_up_store.ts";

const steps: Migrations = {
  0: { job: ({ cron, ...rest }) => ({ ...rest, cronSchedule: cron, schedules: [cron] }) },
  1: { job: (job) => ({ ...job, name: `${job.name}!` }), execution: (it) => ({ ...it, seen: true }) },
};
const migrated: [name: string, kind: "job" | "execution", from: RawRecord, to: number, expected: RawRecord][] = [
  ["takes one step", "job", { schemaVersion: 0, cron: "@daily" }, 1, {
    schemaVersion: 1,
    cronSchedule: "@daily",
    schedules: ["@daily"],
  }],
  ["takes one step after the other", "job", { schemaVersion: 0, name: "a" }, 2, {
    schemaVersion: 2,
    name: "a!",
    cronSchedule: undefined,
    schedules: [undefined],
  }],
  ["raises the version where a step leaves a kind as it is", "execution", { schemaVersion: 0, id: "x" }, 1, {
    schemaVersion: 1,
    id: "x",
  }],
  ["takes a record without a version for one of the first", "execution", { id: "x" }, 2, {
    schemaVersion: 2,
    id: "x",
    seen: true,
  }],
  ["leaves a record of that version", "job", { schemaVersion: 2, name: "a" }, 2, { schemaVersion: 2, name: "a" }],
  ["stops where a step is missing", "job", { schemaVersion: -1, name: "a" }, 2, { schemaVersion: -1, name: "a" }],
];
for (const [name, kind, from, to, expected] of migrated) {
  Deno.test(`migrateRecord() ${name}`, () => deepStrictEqual(migrateRecord(kind, from, to, steps), expected));
}

/** An earlier layout: one `cron`, `state` instead of `status`, and no index but the names. */
const before: Migrations = {
  0: {
    job: ({ cron, ...rest }) => ({ ...rest, cronSchedule: cron, schedules: [cron] }),
    execution: ({ state, ...rest }) => ({ ...rest, status: state === "done" ? "completed" : state }),
  },
};
const due = "2026-03-02T12:00:00.000Z";
const encode = (record: unknown) => new TextEncoder().encode(JSON.stringify(record));

function earlierJob(i: number): RawRecord {
  const { cronSchedule, schedules: _, ...job } = sampleJob({ id: `job-${i}`, name: `job ${i}`, nextRun: due });
  return { ...job, schemaVersion: 0, cron: cronSchedule };
}

function earlierExecution(i: number, state: string): RawRecord {
  return { schemaVersion: 0, id: `job-${i}-x`, jobId: `job-${i}`, jobName: `job ${i}`, scheduledAt: due, state };
}

/** A store of version 0 with ten jobs, and an execution of each. */
async function earlierStore(): Promise<BackedUpStore> {
  const stage = await BackedUpStore.create();
  (await stage.open()).close();
  using kv = await Deno.openKv(stage.path);
  await kv.set(key.schema, 0);
  for (let i = 0; i < 10; i++) {
    await kv.set(key.job(`job-${i}`), encode(earlierJob(i)));
    await kv.set(key.jobByName(`job ${i}`), `job-${i}`);
    await kv.set(key.execution(`job-${i}-x`), encode(earlierExecution(i, i < 5 ? "running" : "done")));
  }
  // An index of then, which no record has any more.
  await kv.set(key.dueJob(1, "job-1"), "job-1");
  return stage;
}

async function checkMigrated(stage: BackedUpStore): Promise<void> {
  const store = await stage.open(); // without the steps: nothing is left to migrate
  try {
    const jobs = await store.dueJobs(new Date(due));
    deepStrictEqual(names(jobs).sort(), Array.from({ length: 10 }, (_, i) => `job ${i}`));
    ok(jobs.every(({ schemaVersion, schedules }) => schemaVersion === 1 && schedules[0] === "0 2 * * *"));
    strictEqual((await store.listExecutions({ status: "completed" })).length, 5);
    strictEqual((await store.activeExecutions()).length, 5);
    deepStrictEqual(await store.repair({ dryRun: true }), []);
    deepStrictEqual(store.unreadable(), []);
  } finally {
    store.close();
  }
  using kv = await Deno.openKv(stage.path);
  strictEqual((await kv.get(key.schema)).value, 1);
}

Deno.test("openJobStore() migrates records and indexes of an earlier version, and backs them up before", async () => {
  await using stage = await earlierStore();
  (await stage.open({ migrations: before })).close();
  await checkMigrated(stage);
  const [backup, ...others] = await listBackups(stage.folder);
  deepStrictEqual(others, []);
  using raw = new RawStore(backup!.path);
  deepStrictEqual(JSON.parse(new TextDecoder().decode(raw.get(key.job("job-0")))), earlierJob(0));
});

Deno.test("openJobStore() goes on with a migration that was cut off", async () => {
  await using stage = await earlierStore();
  (await stage.open({ migrations: before })).close();
  {
    using kv = await Deno.openKv(stage.path);
    await kv.set(key.schema, 0);
    for (const i of [3, 7]) await kv.set(key.job(`job-${i}`), encode(earlierJob(i)));
    await kv.delete(key.dueJob(Date.parse(due), "job-3"));
  }
  (await stage.open({ migrations: before })).close();
  await checkMigrated(stage);
});

Deno.test("openJobStore() by several at once migrates all of it", async () => {
  await using stage = await earlierStore();
  const stores = await Promise.all([1, 2, 3].map(() => stage.open({ migrations: before })));
  for (const store of stores) store.close();
  await checkMigrated(stage);
});

Deno.test("KvJobStore reads a record of an earlier version that stands in a migrated store", async () => {
  await using stage = await earlierStore();
  const store = await stage.open({ migrations: before });
  try {
    using kv = await Deno.openKv(stage.path);
    await kv.set(key.job("job-0"), encode(earlierJob(0)));
    deepStrictEqual((await store.getJob("job-0"))?.schedules, ["0 2 * * *"]);
    const seen: string[] = [];
    await store.eachJob(({ name }) => seen.push(name));
    strictEqual(seen.length, 10);
  } finally {
    store.close();
  }
});

Deno.test("KvJobStore sets a record aside that no step leads from, and goes on", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  {
    using kv = await Deno.openKv(stage.path);
    await kv.set(key.job("job-0"), encode(earlierJob(0)));
  }
  await stage.use(async (store) => {
    deepStrictEqual(names(await store.listJobs()), ["nightly"]);
    const [unreadable] = store.unreadable();
    strictEqual(unreadable?.key, "job/job-0");
    match(unreadable.reason, /schemaVersion/);
  });
});

// As the first version of this program wrote them.
const FIRST_JOB = '{"schemaVersion":1,"id":"job-0a1b2c3d4e","name":"nightly","description":"","labels":{},' +
  '"cronSchedule":"0 2 * * *","schedules":["0 2 * * *"],"timezone":"UTC","enabled":true,"namespace":"",' +
  '"specFiles":["/etc/specs/a.yaml"],"autoDiscovery":false,"redactors":[],"redact":true,"analyze":true,"kubernetes":{},' +
  '"upload":{"enabled":false,"endpoint":"","credentials":"","options":{}},"notify":[],"overlapPolicy":"skip",' +
  '"catchUp":{"policy":"latest","window":"24h"},"retry":{"maxAttempts":3,"delay":"30s","maxDelay":"15m"},' +
  '"limits":{"timeout":"30m"},"createdAt":"2026-03-01T00:00:00.000Z","lastRun":"2026-03-01T02:00:00.012Z",' +
  '"nextRun":"2026-03-02T02:00:00.000Z","runCount":1,"skipped":{"overlap":1},"status":"completed","lastError":""}';
const FIRST_EXECUTION = '{"schemaVersion":1,"id":"job-0a1b2c3d4e-20260301T020000Z","jobId":"job-0a1b2c3d4e",' +
  '"jobName":"nightly","scheduledAt":"2026-03-01T02:00:00.000Z","startTime":"2026-03-01T02:00:00.012Z",' +
  '"endTime":"2026-03-01T02:00:10.000Z","status":"completed","trigger":"schedule","bundlePath":"/b.tar.gz",' +
  '"analysisPath":"","uploadUrl":"","bundleSha256":"","duration":9.9,"bundleSize":1000,"collectorCount":3,"error":"",' +
  '"errorCode":"","exitCode":null,"retryCount":0,"retryAt":null,"stages":[],' +
  '"findings":{"fail":0,"warn":0,"pass":0,"top":[]},"redactions":{},"metrics":{"resourceUsage":{}},"process":null}';

Deno.test("KvJobStore reads what the first version wrote, and runs the job on", async () => {
  await using stage = await BackedUpStore.create();
  (await stage.open()).close();
  {
    using kv = await Deno.openKv(stage.path);
    const [job, execution] = [JSON.parse(FIRST_JOB), JSON.parse(FIRST_EXECUTION)];
    const at = Date.parse(execution.scheduledAt);
    await kv.set(key.job(job.id), new TextEncoder().encode(FIRST_JOB));
    await kv.set(key.jobByName(job.name), job.id);
    await kv.set(key.dueJob(Date.parse(job.nextRun), job.id), job.id);
    await kv.set(key.execution(execution.id), new TextEncoder().encode(FIRST_EXECUTION));
    await kv.set(key.executionByTime(at, execution.id), execution.id);
    await kv.set(key.executionByJob(job.id, at, execution.id), execution.id);
    await kv.set(key.executionByStatus("completed", at, execution.id), execution.id);
  }
  await stage.use(async (store) => {
    const [job] = await store.dueJobs(new Date(due));
    deepStrictEqual([job?.name, job?.runCount, job?.maxRuns, job?.dependsOn], ["nightly", 1, null, []]);
    const [execution] = await store.listExecutions();
    deepStrictEqual([execution?.status, execution?.overlap, execution?.notBefore], ["completed", "allow", null]);
    deepStrictEqual(await store.repair({ dryRun: true }), []);
    deepStrictEqual(store.unreadable(), []);
  });
});
