import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { BackupKeeper } from "../../src/daemon/backup_keeper.ts";
import { backupEveryMs, settingsSchema, storeLocation } from "../../src/daemon/settings.ts";
import { listBackups } from "../../src/store/backup.ts";
import { BackedUpStore, NOW } from "../store/backed_up_store.ts";
import { recordingLog } from "./fake_log.ts";
import { until } from "./until.ts";
import { temporaryState } from "./temporary_state.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Runs a keeper until it waits, and after each step again. */
async function keep(
  stage: BackedUpStore,
  everyMs: number,
  steps: (turn: (ms: number) => Promise<void>) => Promise<void>,
) {
  const { clock, path: store, folder } = stage;
  const { log, lines } = recordingLog();
  const seen: string[] = [];
  const keeper = new BackupKeeper({
    store,
    folder,
    everyMs,
    clock,
    log,
    metrics: { backups: (what) => void seen.push("failed" in what ? "failed" : what.lastSuccess.toISOString()) },
  });
  keeper.start();
  await clock.untilSleeping();
  try {
    await steps(async (ms) => {
      await clock.advance(ms);
      await clock.untilSleeping();
    });
  } finally {
    await keeper.stop();
    await keeper.stop();
  }
  return { lines, seen };
}

const times = async (stage: BackedUpStore) =>
  (await listBackups(stage.folder)).map(({ createdAt }) => createdAt.slice(11, 16));

const behaviour: [name: string, before: number | undefined, turns: number[], expected: string[]][] = [
  // minutes since the newest backup when the daemon starts; the clock's turns in minutes; what there is then
  ["makes one at start when there is none", undefined, [], ["12:00"]],
  ["makes one at start when the newest is older than the interval", 61, [], ["12:00", "10:59"]],
  ["makes none at start when the newest is younger", 20, [39], ["11:40"]],
  ["makes the next when the newest is as old as the interval", 20, [15, 15, 10], ["12:40", "11:40"]],
  ["makes one an interval after the other", undefined, [15, 15, 15, 15, 15, 15, 15, 15], ["14:00", "13:00", "12:00"]],
  ["counts none from the future: the clock was set back", -120, [15, 15, 15, 15], ["14:00", "13:00", "12:00"]],
];
for (const [name, before, turns, expected] of behaviour) {
  Deno.test(`backup keeper ${name}`, async () => {
    await using stage = await BackedUpStore.create();
    await stage.addJob("nightly");
    if (before !== undefined) {
      stage.clock.jump(new Date(Date.parse(NOW) - before * MINUTE));
      await stage.backUp();
      stage.clock.jump(NOW);
    }
    const { lines } = await keep(stage, HOUR, async (turn) => {
      for (const minutes of turns) await turn(minutes * MINUTE);
    });
    deepStrictEqual(await times(stage), expected);
    deepStrictEqual(lines.filter(({ level }) => level === "error"), []);
  });
}

Deno.test("backup keeper counts from a backup that somebody else made", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  await keep(stage, HOUR, async (turn) => {
    for (let i = 0; i < 3; i++) await turn(15 * MINUTE);
    await stage.backUp(); // at 12:45, by hand
    for (let i = 0; i < 2; i++) await turn(15 * MINUTE);
  });
  deepStrictEqual(await times(stage), ["12:45", "12:00"]);
});

Deno.test("backup keeper logs and counts a backup that fails, and tries again soon", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  const good = await Deno.readFile(stage.path);
  await Deno.writeTextFile(stage.path, "damaged");
  const { lines, seen } = await keep(stage, HOUR, async (turn) => {
    await turn(5 * MINUTE);
    deepStrictEqual(await times(stage), []);
    await Deno.writeFile(stage.path, good);
    await turn(5 * MINUTE);
  });
  deepStrictEqual(seen, ["failed", "failed", "2026-03-02T12:10:00.000Z"]);
  deepStrictEqual(await times(stage), ["12:10"]);
  const errors = lines.filter(({ level }) => level === "error");
  deepStrictEqual(errors.map(({ message, component }) => [message, component]), [
    ["cannot back up the store", "store"],
    ["cannot back up the store", "store"],
  ]);
  match(String(errors[0]!.error), /is damaged/);
});

Deno.test("backup keeper that is stopped gives up what it is at, and leaves nothing of it", async () => {
  await using stage = await BackedUpStore.create();
  await stage.addJob("nightly");
  for (let i = 0; i < 3; i++) await stage.addFiller(`more ${i}`);
  const { log, lines } = recordingLog();
  const { clock, path: store, folder } = stage;
  const seen: unknown[] = [];
  const keeper = new BackupKeeper({
    store,
    folder,
    everyMs: HOUR,
    clock,
    log,
    metrics: { backups: (what) => void seen.push(what) },
  });
  keeper.start();
  await until("half a backup", () => [...Deno.readDirSync(stage.root)].some(({ name }) => name === "backups"));
  await keeper.stop();
  deepStrictEqual([await listBackups(folder), lines, seen], [[], [], []]);
  deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [".lock"]);
});

const settings: [name: string, input: Record<string, unknown>, everyMs: number | undefined][] = [
  ["hourly by default", {}, HOUR],
  ["as backupInterval says", { backupInterval: "30m" }, HOUR / 2],
  ["as storageConfig.backupInterval says, which is the nearer one", {
    backupInterval: "30m",
    storageConfig: { backupInterval: "2h" },
  }, 2 * HOUR],
  ["never where backupEnabled says so", { storageConfig: { backupEnabled: false } }, undefined],
  ["never on a KV server", {
    storageBackend: "kv-connect",
    storageConfig: { url: "http://127.0.0.1:4512", backupEnabled: true },
  }, undefined],
];
for (const [name, input, everyMs] of settings) {
  Deno.test(`backupEveryMs() is ${name}`, async () => {
    await using state = await temporaryState();
    const parsed = settingsSchema.parse(input);
    strictEqual(backupEveryMs(parsed, storeLocation(state, parsed)), everyMs);
  });
}
