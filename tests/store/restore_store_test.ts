import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EXIT } from "../../src/core/exit_codes.ts";
import { type Backup, backupAt } from "../../src/store/backup.ts";
import { key } from "../../src/store/keys.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { withoutOthers } from "../../src/store/rebuild_store.ts";
import { restoreStore } from "../../src/store/restore_store.ts";
import { BackedUpStore, flipBit, names } from "./backed_up_store.ts";

const restore = (stage: BackedUpStore, backup: Backup) => restoreStore(stage.path, backup, stage.clock.now());
const aside = "store.db.replaced-20260302T120100Z";

Deno.test("restoreStore() brings back the jobs, and forgets nothing that has run since", async () => {
  await using stage = await BackedUpStore.create();
  const due = { nextRun: "2026-03-02T12:10:00.000Z" };
  const spoiled = await stage.addJob("spoiled", { ...due, description: "good" });
  const deleted = await stage.addJob("deleted", due);
  const rescheduled = await stage.addJob("rescheduled", due);
  const running = await stage.addExecution(spoiled, 0, { status: "running" });
  const backup = await stage.backUp();

  const later = await stage.addExecution(spoiled, 10, { status: "completed" });
  const oneOff = await stage.addExecution(deleted, 10, { status: "completed" });
  const after = { nextRun: "2026-03-02T12:20:00.000Z", runCount: 7, skipped: { overlap: 2 } };
  await stage.use(async (store) => {
    await store.updateExecution(running.id, (it) => ({ ...it, status: "completed" }));
    await store.updateJob(spoiled.id, (job) => ({ ...job, ...after, description: "bad" }));
    await store.updateJob(rescheduled.id, (job) => ({ ...job, ...after, schedules: ["@daily"] }));
    await store.deleteJob(deleted.id);
  });
  await stage.addJob("made");

  const restored = await restore(stage, backup);
  deepStrictEqual(restored.newer, {
    jobs: 2,
    executions: 3,
    absent: ["deleted"],
    dropped: ["made"],
    complete: true,
  });
  deepStrictEqual([restored.jobs, restored.aside], [3, `${stage.root}/${aside}`]);
  await stage.use(async (store) => {
    deepStrictEqual(names(await store.listJobs()), ["deleted", "rescheduled", "spoiled"]);
    deepStrictEqual(await store.getJob(spoiled.id), { ...spoiled, ...after });
    // Its times are those of the backup again: what is due by them follows its catch-up policy.
    deepStrictEqual(await store.getJob(rescheduled.id), { ...rescheduled, ...after, ...due });
    strictEqual((await store.getExecution(running.id))?.status, "completed");
    deepStrictEqual(await store.getExecution(later.id), later);
    deepStrictEqual(await store.getExecution(oneOff.id), oneOff);
    strictEqual(await store.fire(spoiled.id, { ...later, status: "pending" }, (job) => job), "exists");
    deepStrictEqual(await store.repair({ dryRun: true }), []);
  });
  deepStrictEqual(stage.leftovers(), [aside]);
  const before = await openJobStore({ path: `${stage.root}/${aside}` });
  deepStrictEqual(names(await before.listJobs()), ["made", "rescheduled", "spoiled"]);
  before.close();
});

Deno.test("restoreStore() lets nothing run that waited at the backup and has been purged since", async () => {
  await using stage = await BackedUpStore.create();
  const job = await stage.addJob("nightly");
  const waiting = await stage.addExecution(job, 0);
  const ended = await stage.addExecution(job, 1, { status: "completed" });
  const backup = await stage.backUp();
  await stage.use(async (store) => {
    for (const { id } of [waiting, ended]) await store.deleteExecution(id);
  });
  await restore(stage, backup);
  await stage.use(async (store) => {
    deepStrictEqual(await store.activeExecutions(), []);
    deepStrictEqual(await store.listExecutions(), [ended]);
  });
});

const present: [name: string, prepare: (stage: BackedUpStore) => Promise<unknown>, left: string[]][] = [
  ["where there is no store", (stage) => Deno.remove(stage.path), []],
  ["where the store is empty", (stage) => Deno.truncate(stage.path), []],
  ["where the store is damaged", (stage) => Deno.writeTextFile(stage.path, "damaged"), [aside]],
  ["whatever a killed one left", (stage) => Deno.writeTextFile(`${stage.path}.part`, "half"), [aside]],
];
for (const [name, prepare, left] of present) {
  Deno.test(`restoreStore() restores ${name}`, async () => {
    await using stage = await BackedUpStore.create();
    const job = await stage.addJob("nightly");
    const running = await stage.addExecution(job, 0, { status: "running" });
    const backup = await stage.backUp();
    await prepare(stage);
    await restore(stage, backup);
    await stage.use(async (store) => {
      deepStrictEqual(names(await store.listJobs()), ["nightly"]);
      strictEqual((await store.getExecution(running.id))?.status, "running");
    });
    deepStrictEqual(stage.leftovers(), left);
  });
}

/** A file that is whole, and cannot be put in the place of a store. */
const useless: [name: string, code: string, make: (stage: BackedUpStore, path: string) => Promise<unknown>][] = [
  ["of a later version", "STATE_NEWER", async (_, path) => {
    using kv = await Deno.openKv(path);
    await kv.set(key.schema, 99);
  }],
  ["with records of a later version", "STATE_NEWER", async (_, path) => {
    using kv = await Deno.openKv(path);
    await kv.set(key.schema, 1);
    await kv.set(key.job("x"), new TextEncoder().encode('{"schemaVersion":99}'));
  }],
  ["that is another program's database", "BACKUP_UNUSABLE", (_, path) => {
    using database = new DatabaseSync(path);
    database.exec("CREATE TABLE songs (name)");
    return Promise.resolve();
  }],
  ["that is another program's Deno KV", "BACKUP_UNUSABLE", async (_, path) => {
    using kv = await Deno.openKv(path);
    await kv.set(["song"], 1);
  }],
  ["that is not as it was written", "BACKUP_UNUSABLE", async (stage, path) => {
    const backup = await stage.backUp();
    await flipBit(backup.path);
    await Deno.rename(backup.path, path);
    await Deno.rename(`${backup.path}.sha256`, `${path}.sha256`);
  }],
];
for (const [name, code, make] of useless) {
  Deno.test(`restoreStore() refuses a file ${name}, and changes nothing`, async () => {
    await using stage = await BackedUpStore.create();
    await stage.addJob("nightly");
    await Deno.mkdir(stage.folder, { recursive: true });
    const file = `${stage.folder}/candidate.db`;
    await make(stage, file);
    await rejects(restore(stage, await backupAt(file)), { code, exitCode: EXIT.state });
    deepStrictEqual(await stage.use(async (store) => names(await store.listJobs())), ["nightly"]);
    deepStrictEqual(stage.leftovers(), []);
  });
}

Deno.test("restoreStore() refuses while another process has the store open", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("old");
  const backup = await stage.backUp();
  const other = await stage.open();
  try {
    await other.listJobs();
    await rejects(restore(stage, backup), { code: "STATE_LOCKED" });
    ok(await other.createJob({ ...(await other.listJobs())[0]!, id: "job-new", name: "new" }));
    deepStrictEqual(names(await other.listJobs()), ["new", "old"]);
  } finally {
    other.close();
  }
  deepStrictEqual(stage.leftovers(), []);
});

Deno.test("withoutOthers() keeps out whoever opens the store, until it is done", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  await withoutOthers(stage.path, () => rejects(stage.open({ callTimeoutMs: 100 }), { code: "STATE_LOCKED" }));
  deepStrictEqual(await stage.use(async (store) => names(await store.listJobs())), ["nightly"]);
});
