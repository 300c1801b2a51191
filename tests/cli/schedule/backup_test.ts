import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { basename, join } from "node:path";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { acquirePidFile } from "../../../src/daemon/pid_file.ts";
import { readAuditLog } from "../../../src/store/audit_log.ts";
import { listBackups } from "../../../src/store/backup.ts";
import { flipBit } from "../../store/backed_up_store.ts";
import { CliHarness } from "./cli_harness.ts";

const jobsOf = (harness: CliHarness) =>
  harness.withStore(async (store) => (await store.listJobs()).map((it) => it.name));

async function auditOf(harness: CliHarness): Promise<string[]> {
  const actions: string[] = [];
  for await (const { record } of readAuditLog(harness.state.auditLog)) actions.push(record!.action);
  return actions;
}

/** A state folder with a backup of `nightly`, and a job made since. */
async function backedUp(): Promise<CliHarness> {
  const harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  strictEqual((await harness.run(["backup"])).code, 0);
  await harness.addJob({ name: "newer" });
  await harness.clock.advance(60_000);
  return harness;
}

Deno.test("schedule backup makes one, takes it down, and lists it", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const made = await harness.run(["backup"]);
  strictEqual(made.code, 0, made.message);
  const path = join(harness.state.backups, "store-20260302T100000Z.db");
  match(made.stdout, /^Backed up the store to .*store-20260302T100000Z\.db \([\d.]+ kB\)\n$/);
  const bytes = Deno.statSync(path).size;
  await harness.clock.advance(120_000);
  deepStrictEqual(await harness.json(["backup", "--list"]), [{ path, createdAt: "2026-03-02T10:00:00Z", bytes }]);
  const table = await harness.run(["backup", "--list"]);
  match(table.stdout, /^TIME +AGE +SIZE +FILE\n2026-03-02T10:00:00Z +2 min ago +[\d.]+ kB +\S+\n$/);
  match((await harness.run(["backup", "--list", "-o", "yaml"])).stdout, /createdAt: 2026-03-02T10:00:00Z/);
  deepStrictEqual(await auditOf(harness), ["backup"]);
  deepStrictEqual(await harness.json(["backup"]), (await listBackups(harness.state.backups))[0]);
});

Deno.test("schedule backup --list without backups says so, and changes nothing", async () => {
  await using harness = await CliHarness.create();
  const { code, stdout, stderr } = await harness.run(["backup", "--list"]);
  deepStrictEqual([code, stdout], [0, ""]);
  match(stderr, /no backups in/);
  strictEqual(await Deno.stat(harness.state.root).then(() => true, () => false), false);
});

const asked: [name: string, args: string[], answer: string | undefined, code: number, jobs: string[]][] = [
  ["asks, and yes restores", [], "y", EXIT.ok, ["nightly"]],
  ["asks, and an empty answer changes nothing", [], "", EXIT.failure, ["newer", "nightly"]],
  ["refuses without a terminal and without --yes", [], undefined, EXIT.failure, ["newer", "nightly"]],
  ["does not ask with --yes", ["--yes"], undefined, EXIT.ok, ["nightly"]],
];
for (const [name, args, answer, code, jobs] of asked) {
  Deno.test(`schedule restore ${name}`, async () => {
    await using harness = await backedUp();
    const result = await harness.run(["restore", ...args], { answer });
    strictEqual(result.code, code, result.message);
    deepStrictEqual(await jobsOf(harness), jobs);
    const restored = code === EXIT.ok;
    deepStrictEqual(await auditOf(harness), restored ? ["backup", "restore"] : ["backup"]);
    if (!restored) return;
    match(
      result.stdout,
      /^Restored 1 job from the backup of 2026-03-02T10:00:00Z\nNot in it, because they were made later: newer\n/,
    );
    const aside = /kept as (.+)\n$/.exec(result.stdout)![1]!;
    strictEqual(basename(aside), "store.db.replaced-20260302T100100Z");
    ok(Deno.statSync(aside).size > 0);
    strictEqual(await Deno.stat(harness.state.pidFile).then(() => true, () => false), false);
  });
}

Deno.test("schedule restore refuses while a daemon runs, before it asks", async () => {
  await using harness = await backedUp();
  const self = { pid: Deno.pid, startTime: "2026-03-02T10:00:00Z", host: Deno.hostname(), version: "1" };
  const daemon = await acquirePidFile(harness.state, self);
  try {
    const { code, message, hint, stderr } = await harness.run(["restore"], { answer: "y" });
    deepStrictEqual([code, stderr], [EXIT.daemon, ""]);
    match(message, /while the daemon with pid \d+ uses it; nothing was changed/);
    match(hint, /schedule daemon stop/);
  } finally {
    await daemon.release();
  }
  deepStrictEqual(await jobsOf(harness), ["newer", "nightly"]);
});

Deno.test("schedule restore takes the newest that is whole, and says which it passed over", async () => {
  await using harness = await backedUp();
  strictEqual((await harness.run(["backup"])).code, 0);
  const [newest] = await listBackups(harness.state.backups);
  await flipBit(newest!.path);
  const { code, stderr, stdout } = await harness.run(["restore", "--yes"]);
  strictEqual(code, 0);
  match(stderr, /Warning: The backup .*T100100Z\.db cannot be used: .*; an older one is taken/);
  match(stdout, /from the backup of 2026-03-02T10:00:00Z/);
  deepStrictEqual(await jobsOf(harness), ["nightly"]);
});

Deno.test("schedule restore FILE takes that one, and no other", async () => {
  await using harness = await backedUp();
  const [backup] = await listBackups(harness.state.backups);
  await Deno.rename(backup!.path, join(harness.root, "kept.db"));
  const good = await harness.run(["restore", "kept.db", "--yes"]);
  strictEqual(good.code, 0, good.message);
  deepStrictEqual(await jobsOf(harness), ["nightly"]);
  for (const [file, message] of [["absent.db", /cannot be read/], ["bad.db", /cannot be used/]] as const) {
    if (file === "bad.db") await harness.file(file, "no database");
    const bad = await harness.run(["restore", file, "--yes"]);
    strictEqual(bad.code, EXIT.state);
    match(bad.message, message);
  }
});

const nothing: [name: string, args: string[], message: RegExp][] = [
  ["schedule backup without a store", ["backup"], /^There is nothing to back up: .*store\.db does not exist$/],
  ["schedule restore without a backup", ["restore", "--yes"], /^There are no backups in /],
];
for (const [name, args, says] of nothing) {
  Deno.test(`${name} says what is missing`, async () => {
    await using harness = await CliHarness.create();
    const { code, message } = await harness.run(args);
    strictEqual(code, EXIT.state);
    match(message, says);
  });
}

for (const args of [["backup"], ["restore", "--yes"]]) {
  Deno.test(`schedule ${args[0]} refuses a store on a KV server`, async () => {
    await using harness = await CliHarness.create();
    const env = {
      TROUBLESHOOT_STORAGE_BACKEND: "kv-connect",
      TROUBLESHOOT_STORAGE_CONFIG_URL: "http://127.0.0.1:4512/a?b",
    };
    const { code, message, hint } = await harness.run(args, { env });
    strictEqual(code, EXIT.state);
    match(message, /on the KV server http:\/\/127\.0\.0\.1:4512, and no file here/);
    match(hint, /by its own means/);
  });
}

Deno.test("schedule list over a damaged store rebuilds it, says so, and takes it down", async () => {
  await using harness = await backedUp();
  await Deno.writeTextFile(harness.state.store, "damaged");
  const { code, stdout, stderr } = await harness.run(["list"]);
  strictEqual(code, 0);
  match(stdout, /nightly/);
  match(
    stderr,
    /Warning: the store was damaged \(.*\); it was moved to .*corrupt-\S+, and rebuilt with 1 job from the backup/,
  );
  match(stderr, /what changed since 2026-03-02T10:00:00Z is lost/);
  deepStrictEqual(await auditOf(harness), ["backup", "rebuild"]);
});

Deno.test("schedule list over a damaged store leaves it to the daemon that has it open", async () => {
  await using harness = await backedUp();
  await Deno.writeTextFile(harness.state.store, "damaged");
  const self = { pid: Deno.pid, startTime: "2026-03-02T10:00:00Z", host: Deno.hostname(), version: "1" };
  const daemon = await acquirePidFile(harness.state, self);
  try {
    const { code, message, hint } = await harness.run(["list"]);
    strictEqual(code, EXIT.state);
    match(message, /is damaged$/);
    match(hint, /Restart the daemon/);
    strictEqual(await Deno.readTextFile(harness.state.store), "damaged");
  } finally {
    await daemon.release();
  }
});
