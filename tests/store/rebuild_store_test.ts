import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EXIT } from "../../src/core/exit_codes.ts";
import { templateOf } from "../../src/schedule/template.ts";
import { makeBackup } from "../../src/store/backup.ts";
import { describeSetAside } from "../../src/store/describe_set_aside.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { BackedUpStore, flipBit, names } from "./backed_up_store.ts";

const damages: [name: string, damage: (stage: BackedUpStore) => Promise<unknown>][] = [
  ["that is no database", (stage) => Deno.writeTextFile(stage.path, "no database ".repeat(2_000))],
  ["cut in half", (stage) => Deno.truncate(stage.path, Deno.statSync(stage.path).size >> 1)],
  ["cut within its first page", (stage) => Deno.truncate(stage.path, 300)],
  ["with all pages but the first overwritten", (stage) => stage.damage(0.02, 1)],
  ["without its header", (stage) => stage.damage(0, 0.02)],
];
for (const [name, damage] of damages) {
  Deno.test(`openJobStore() rebuilds a store ${name} from its backup, and keeps the damaged file`, async () => {
    await using stage = await BackedUpStore.create();
    const job = await stage.addJob("nightly");
    const execution = await stage.addExecution(job, 0, { status: "completed" });
    await stage.addFiller();
    const backup = await stage.backUp();
    await damage(stage);
    const damaged = await Deno.readFile(stage.path);
    const store = await stage.open();
    try {
      strictEqual(store.setAside?.path, `${stage.path}.corrupt-20260302T120100Z`);
      deepStrictEqual(await Deno.readFile(store.setAside.path), damaged);
      deepStrictEqual(store.setAside.rebuilt?.backup, backup);
      deepStrictEqual(names(await store.listJobs()), ["nightly"]);
      deepStrictEqual(await store.listExecutions(), [execution]);
      deepStrictEqual(await store.repair({ dryRun: true }), []);
      ok(await store.updateJob(job.id, (it) => ({ ...it, description: "it can be written" })));
    } finally {
      store.close();
    }
    if (Deno.build.os !== "windows") strictEqual(Deno.statSync(stage.path).mode! & 0o777, 0o600);
    strictEqual(await stage.use((it) => Promise.resolve(it.setAside)), undefined);
    deepStrictEqual(stage.leftovers(), ["store.db.corrupt-20260302T120100Z"]);
  });
}

Deno.test("openJobStore() takes over what is newer in the damaged file and can be read", async () => {
  await using stage = await BackedUpStore.create();
  const changed = await stage.addJob("changed");
  const gone = await stage.addJob("gone");
  const renamed = await stage.addJob("renamed");
  const running = await stage.addExecution(changed, 0, { status: "running" });
  await stage.addExecution(changed, -10, { status: "completed" });
  await stage.backUp();

  const later = await stage.addExecution(changed, 5, { status: "completed", error: "newer" });
  await stage.use(async (store) => {
    await store.updateJob(changed.id, (job) => ({ ...job, description: "newer" }));
    await store.updateExecution(running.id, (it) => ({ ...it, status: "completed" }));
    const entry = {
      timestamp: "2026-03-02T12:00:30.000Z",
      level: "info" as const,
      component: "executor",
      message: "m",
    };
    await store.appendLogs(running.id, Array.from({ length: 450 }, (_, i) => ({ ...entry, message: `line ${i}` })));
    await store.deleteJob(gone.id);
    await store.deleteJob(renamed.id);
  });
  await stage.addJob("made", { nextRun: "2026-03-02T13:00:00.000Z" });
  const template = templateOf(changed, {
    name: "usual",
    tags: [],
    createdBy: "ann",
    createdAt: "2026-03-02T12:00:00.000Z",
  });
  await stage.use((store) => store.saveTemplate(template));
  await stage.addJob("again", { name: "renamed" }); // the name of a job that the backup has
  const [jobs, logs, ended] = await stage.use(async (store) =>
    [await store.listJobs(), await store.readLogs(running.id), await store.endedExecutions()] as const
  );
  await stage.addFiller();
  await stage.damage(0.7, 0.8);

  await stage.use(async (store) => {
    const { newer, jobs: all } = store.setAside!.rebuilt!;
    deepStrictEqual(newer, { jobs: 3, executions: 2, absent: ["gone"], dropped: [], complete: true });
    strictEqual(all, 4);
    deepStrictEqual((await store.listJobs()).filter(({ name }) => name !== "gone"), jobs);
    strictEqual((await store.getExecution(running.id))?.status, "completed");
    deepStrictEqual(await store.getExecution(later.id), later);
    deepStrictEqual(await store.listTemplates(), [template]);
    deepStrictEqual(await store.readLogs(running.id), logs);
    deepStrictEqual(await store.endedExecutions(), ended);
    deepStrictEqual(await store.activeExecutions(), []);
    deepStrictEqual(names(await store.dueJobs(new Date("2026-03-02T13:00:00Z"))), ["made"]);
    deepStrictEqual(await store.repair({ dryRun: true }), []);
    const slot = await store.fire(changed.id, { ...later, status: "pending" }, (job) => job);
    strictEqual(slot, "exists", "what ran since the backup would run again");
  });
});

Deno.test("openJobStore() passes over a part of the damaged file that cannot be read, and reads on behind it", async () => {
  await using stage = await BackedUpStore.create();
  const job = await stage.addJob("nightly");
  await stage.backUp();
  const wide = { error: "x".repeat(1_500), status: "completed" as const };
  const made: string[] = [];
  await stage.use(async (store) => {
    for (let i = 0; i < 200; i++) {
      const due = new Date(Date.UTC(2026, 2, 3, 0, i)).toISOString();
      const id = `${job.id}-${String(i).padStart(3, "0")}`;
      made.push(id);
      const { executionSchema } = await import("../../src/schedule/execution.ts");
      await store.fire(
        job.id,
        executionSchema.parse({ id, jobId: job.id, jobName: job.name, scheduledAt: due, ...wide }),
        (it) => it,
      );
    }
  });
  await stage.damage(0.5, 0.6);
  await stage.use(async (store) => {
    const { newer } = store.setAside!.rebuilt!;
    strictEqual(newer.complete, false);
    const found = (await store.listExecutions()).map(({ id }) => id);
    ok(found.length > 50 && found.length < 200, `${found.length} of 200`);
    strictEqual(found.length, newer.executions);
    ok(found.includes(made[0]!) && found.includes(made.at(-1)!), "both sides of the damage");
    match(describeSetAside(store.setAside!).join("\n"), /is lost where the damaged file could not be read/);
  });
});

Deno.test("openJobStore() takes an older backup when the newest has a flipped bit, and says so", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("old");
  const older = await stage.backUp();
  await stage.addJob("new");
  const newest = await stage.backUp();
  await flipBit(newest.path);
  await Deno.writeTextFile(stage.path, "damaged");
  await stage.use(async (store) => {
    const { backup, unusable } = store.setAside!.rebuilt!;
    deepStrictEqual(backup, older);
    deepStrictEqual(unusable.map(({ path }) => path), [newest.path]);
    deepStrictEqual(names(await store.listJobs()), ["old"]);
    match(describeSetAside(store.setAside!)[0]!, /^the backup .*120100Z\.db was passed over: .*not as it was written/);
  });
});

Deno.test("openJobStore() without a backup keeps what can be read of the damaged file", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  await stage.addFiller();
  await stage.damage(0.7, 0.8);
  await stage.use(async (store) => {
    strictEqual(store.setAside?.rebuilt?.backup, undefined);
    deepStrictEqual(names(await store.listJobs()), ["nightly"]);
    match(describeSetAside(store.setAside!)[0]!, /there was no backup to use, 1 job could be read/);
  });
});

Deno.test("openJobStore() without a backup of a file that nothing can be read of starts afresh, and says so", async () => {
  await using stage = await BackedUpStore.create();
  await Deno.writeTextFile(stage.path, "damaged");
  await stage.use(async (store) => {
    deepStrictEqual(await store.listJobs(), []);
    match(
      describeSetAside(store.setAside!)[0]!,
      /an empty one took its place: all jobs have to be made again; there was/,
    );
  });
});

Deno.test("openJobStore() leaves a healthy file alone that is locked, though there are backups", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("old");
  await stage.backUp();
  await stage.addJob("new");
  using writer = new DatabaseSync(stage.path);
  for (const begin of ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"]) {
    writer.exec(begin);
    await rejects(stage.open({ callTimeoutMs: 200 }), { code: "STATE_LOCKED" });
    writer.exec("ROLLBACK");
  }
  deepStrictEqual(await stage.use(async (store) => names(await store.listJobs())), ["new", "old"]);
  deepStrictEqual(stage.leftovers(), []);
});

for (const [name, damage] of damages.slice(0, 4)) {
  Deno.test(`openJobStore() leaves a file ${name} in its place while a daemon has it open`, async () => {
    await using stage = await BackedUpStore.create();
    await stage.addJob("nightly");
    await stage.addFiller();
    await stage.backUp();
    await damage(stage);
    const damaged = await Deno.readFile(stage.path);
    await rejects(stage.open({ inUse: () => Promise.resolve(true) }), { code: "STATE_CORRUPT", exitCode: EXIT.state });
    deepStrictEqual(await Deno.readFile(stage.path), damaged);
    deepStrictEqual(stage.leftovers(), []);
  });
}

Deno.test("openJobStore() by many at once rebuilds once, whatever a killed one left, and loses nothing since", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  await stage.backUp();
  await Deno.writeTextFile(stage.path, "damaged");
  await Deno.writeTextFile(`${stage.path}.part`, "half of another one");
  const stores = await Promise.all(Array.from({ length: 6 }, async (_, i) => {
    const store = await stage.open();
    await store.createJob({ ...(await store.listJobs())[0]!, id: `job-${i}`, name: `job ${i}` });
    return store;
  }));
  try {
    strictEqual(stores.filter((store) => store.setAside !== undefined).length, 1);
    for (const store of stores) strictEqual((await store.listJobs()).length, 7);
  } finally {
    for (const store of stores) store.close();
  }
  strictEqual(stage.leftovers().length, 1);
});

Deno.test({
  name: "openJobStore() that has no room to rebuild leaves the damaged file in its place",
  ignore: !canMountSmallDisk(),
  fn: async () => {
    await using disk = await mountSmallDisk();
    await using stage = await BackedUpStore.create(disk.path);
    const description = crypto.randomUUID().repeat(1_400);
    for (let i = 0; i < 60; i++) await stage.addJob(`job ${i}`, { description });
    const { path } = await makeBackup(stage.path, stage.folder, stage.clock.now());
    await stage.damage(0.5, 0.6);
    const ballast = `${disk.path}/ballast`;
    const free = 12 * 1_048_576 - Deno.statSync(path).size - Deno.statSync(stage.path).size - 1_000_000;
    await Deno.writeFile(ballast, new Uint8Array(free));
    await rejects(stage.open(), { code: "DISK_FULL", exitCode: EXIT.disk });
    deepStrictEqual(stage.leftovers(), []);
    await Deno.remove(ballast);
    strictEqual(await stage.use(async (store) => (await store.listJobs()).length), 60);
  },
});

Deno.test("openJobStore() without a folder of backups does as it did", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  await stage.backUp();
  await Deno.writeTextFile(stage.path, "damaged");
  await Deno.writeTextFile(`${stage.path}.part`, "half of another one");
  const store = await openJobStore({ path: stage.path }, { clock: stage.clock });
  deepStrictEqual(await store.listJobs(), []);
  strictEqual(store.setAside?.rebuilt, undefined);
  store.close();
});
