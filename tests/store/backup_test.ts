import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DatabaseSync } from "node:sqlite";
import { EXIT } from "../../src/core/exit_codes.ts";
import { type Backup, checkBackup, listBackups, makeBackup, unwantedBackups } from "../../src/store/backup.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { RawStore } from "../../src/store/raw_store.ts";
import type { StoreError } from "../../src/store/store_error.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { until } from "../daemon/until.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";

const posix = Deno.build.os !== "windows";
const now = new Date("2026-03-02T12:00:00Z");
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

interface Place {
  store: string;
  folder: string;
}

/** A closed store with jobs that take `kilobytes`, and a folder for its backups. */
async function withStore(kilobytes: number, check: (place: Place) => Promise<void>, at?: string): Promise<void> {
  const root = await Deno.makeTempDir({ dir: at });
  const place = { store: join(root, "store.db"), folder: join(root, "backups") };
  try {
    const store = await openJobStore({ path: place.store });
    for (let i = 0; i < Math.ceil(kilobytes / 50); i++) {
      await store.createJob(sampleJob({ description: crypto.randomUUID().repeat(1_400) }));
    }
    store.close();
    await check(place);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test({
  name: "makeBackup() writes a store that can be opened, and its checksum, for their owner alone",
  ignore: !posix,
  fn: () =>
    withStore(200, async ({ store, folder }) => {
      const backup = await makeBackup(store, folder, now);
      const name = "store-20260302T120000Z.db";
      deepStrictEqual(namesIn(folder), [".lock", name, `${name}.sha256`]);
      deepStrictEqual(backup, {
        path: join(folder, name),
        createdAt: "2026-03-02T12:00:00Z",
        bytes: Deno.statSync(join(folder, name)).size,
      });
      deepStrictEqual([modeOf(folder), ...namesIn(folder).map((it) => modeOf(join(folder, it)))], [
        0o700,
        0o600,
        0o600,
        0o600,
      ]);
      await checkBackup(backup.path);
      deepStrictEqual(await listBackups(folder), [backup]);
      const sum = await crypto.subtle.digest("SHA-256", await Deno.readFile(backup.path));
      const hex = new Uint8Array(sum).toHex();
      strictEqual(await Deno.readTextFile(`${backup.path}.sha256`), `${hex}  ${name}\n`);
      const opened = await openJobStore({ path: backup.path });
      strictEqual((await opened.listJobs()).length, 4);
      opened.close();
    }),
});

Deno.test("makeBackup() copies one instant of a store that is written to, by this process and another connection", () =>
  withStore(2_000, async ({ store, folder }) => {
    using kv = await Deno.openKv(store);
    // Between the two keys that are written together: many steps of the copy.
    for (let i = 0; i < 3_000; i += 100) {
      const filler = kv.atomic();
      for (let j = i; j < i + 100; j++) filler.set(["kv filler", j], new Uint8Array(1_000));
      await filler.commit();
    }
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n++) {
        const value = new TextEncoder().encode(String(n));
        await kv.atomic().set(["job", "first"], value).set(["log", "last", 1], value).commit();
      }
    })();
    const seen: string[] = [];
    try {
      for (let i = 0; i < 5; i++) {
        const { path } = await makeBackup(store, folder, later(i));
        using copy = new RawStore(path);
        const [a, b] = [copy.get(["job", "first"]), copy.get(["log", "last", 1])];
        deepStrictEqual(a, b);
        seen.push(new TextDecoder().decode(a));
      }
    } finally {
      writing = false;
      await writer;
    }
    ok(Number(seen.at(-1)) > Number(seen[0]), `it was not written to: ${seen}`);
  }));

Deno.test("makeBackup() of several at once, and in the same second, gives each a name of its own", () =>
  withStore(50, async ({ store, folder }) => {
    const made = await Promise.all([1, 2, 3].map(() => makeBackup(store, folder, now)));
    deepStrictEqual(made.map(({ createdAt }) => createdAt).sort(), [
      "2026-03-02T12:00:00Z",
      "2026-03-02T12:00:01Z",
      "2026-03-02T12:00:02Z",
    ]);
    for (const { path } of made) await checkBackup(path);
  }));

const kept: [name: string, made: string[], removed: string[]][] = [
  ["keeps what there is of a few", ["03-02T12", "03-02T11", "03-01T10"], []],
  ["keeps the newest 6 of a day", days("03-02", 8), ["03-02T01", "03-02T00"]],
  ["keeps the newest of each of 7 days", [
    ...days("03-02", 7),
    ...["01", "02", "03", "04", "05", "06", "07"].flatMap((
      d,
    ) => [`02-2${9 - Number(d)}T23`, `02-2${9 - Number(d)}T01`]),
  ], [
    "03-02T00",
    ...["28", "27", "26", "25", "24", "23"].map((d) => `02-${d}T01`),
    "02-22T23",
    "02-22T01",
  ]],
];
for (const [name, made, removed] of kept) {
  Deno.test(`unwantedBackups() ${name}`, () => {
    const backups = made.map((time): Backup => ({ path: time, createdAt: `2026-${time}:00:00Z`, bytes: 1 }));
    deepStrictEqual(unwantedBackups(backups).map(({ path }) => path), removed);
  });
}

/** So many hours of a day, the newest first. */
function days(day: string, hours: number): string[] {
  return Array.from({ length: hours }, (_, i) => `${day}T${String(hours - 1 - i).padStart(2, "0")}`);
}

Deno.test("makeBackup() removes backups that are not wanted, their checksums, and nothing else", () =>
  withStore(50, async ({ store, folder }) => {
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
    for (let i = 0; i < 8; i++) await makeBackup(store, folder, later(i));
    deepStrictEqual(namesIn(folder).filter((name) => !name.endsWith(".sha256")), [
      ".lock",
      "notes.txt",
      ...[2, 3, 4, 5, 6, 7].map((i) => `store-20260302T120${i}00Z.db`),
    ]);
    strictEqual(namesIn(folder).filter((name) => name.endsWith(".sha256")).length, 6);
  }));

const damages: [name: string, damage: (path: string) => void, says: RegExp][] = [
  ["with one bit flipped", (path) => {
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    Deno.writeFileSync(path, bytes);
  }, /not as it was written/],
  ["cut off", (path) => Deno.truncateSync(path, 10_000), /not as it was written/],
  ["cut off, without a checksum", (path) => {
    Deno.truncateSync(path, 10_000);
    Deno.removeSync(`${path}.sha256`);
  }, /./],
  ["that is empty, without a checksum", (path) => {
    Deno.truncateSync(path, 0);
    Deno.removeSync(`${path}.sha256`);
  }, /it is empty/],
  ["that is no database", (path) => {
    Deno.writeTextFileSync(path, "no database ".repeat(1_000));
    Deno.removeSync(`${path}.sha256`);
  }, /not a database/],
  ["that is not there", (path) => Deno.removeSync(path), /./],
];
for (const [name, damage, says] of damages) {
  Deno.test(`checkBackup() refuses a file ${name}`, () =>
    withStore(400, async ({ store, folder }) => {
      const { path } = await makeBackup(store, folder, now);
      damage(path);
      await rejects(checkBackup(path), (error: StoreError) => {
        deepStrictEqual([error.code, error.exitCode], ["BACKUP_UNUSABLE", EXIT.state]);
        match(error.message, says);
        return true;
      });
    }));
}

Deno.test("checkBackup() takes a copy that somebody made, without a checksum", () =>
  withStore(50, async ({ store, folder }) => {
    const { path } = await makeBackup(store, folder, now);
    await Deno.remove(`${path}.sha256`);
    await checkBackup(path);
  }));

Deno.test("makeBackup() of a damaged store fails, and leaves the older ones", () =>
  withStore(2_000, async ({ store, folder }) => {
    const good = await makeBackup(store, folder, now);
    const bytes = await Deno.readFile(store);
    bytes.fill(0xab, 300 * 4_096, 320 * 4_096);
    await Deno.writeFile(store, bytes);
    await rejects(makeBackup(store, folder, later(1)), { code: "STATE_CORRUPT", exitCode: EXIT.state });
    deepStrictEqual(namesIn(folder), [".lock", basename(good.path), `${basename(good.path)}.sha256`]);
    await checkBackup(good.path);
  }));

Deno.test("makeBackup() does not wait for a writer that holds the store", () =>
  withStore(50, async ({ store, folder }) => {
    using writer = new DatabaseSync(store);
    writer.exec("BEGIN IMMEDIATE");
    await makeBackup(store, folder, now); // of what was committed
    writer.exec("COMMIT");
    strictEqual((await listBackups(folder)).length, 1);
  }));

/** Bytes of the backup that is being written; -1 when none is. */
function partOf(folder: string): number {
  try {
    const part = namesIn(folder).find((name) => name.endsWith(".part"));
    return part === undefined ? -1 : Deno.statSync(join(folder, part)).size;
  } catch {
    return -1; // it has its name now
  }
}

const child = fileURLToPath(new URL("backup_child.ts", import.meta.url));
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));

Deno.test("makeBackup() that is killed leaves whole backups under their names, and the next one clears up", () =>
  withStore(10_000, async ({ store, folder }) => {
    let killed = 0;
    for (let tries = 0; killed < 3 && tries < 20; tries++) {
      const bytes = [0, 1_000_000, 5_000_000][killed]!;
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--allow-all", "--config", config, child, store, folder],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = process.stdout.getReader();
      await reader.read(); // it is ready
      await until("half a backup", () => partOf(folder) >= bytes);
      process.kill("SIGKILL");
      await reader.cancel();
      await process.status;
      if (partOf(folder) >= 0) killed++; // or it was just done
      for (const { path } of await listBackups(folder)) await checkBackup(path);
    }
    strictEqual(killed, 3);
    await makeBackup(store, folder, later(600));
    const left = namesIn(folder).filter((name) => !/^store-\d{8}T\d{6}Z\.db(\.sha256)?$/.test(name));
    deepStrictEqual(left, [".lock"]);
    const opened = await openJobStore({ path: store });
    strictEqual((await opened.listJobs()).length, 200);
    opened.close();
  }));

Deno.test({
  name: "makeBackup() on a full disk says so, leaves no half of one, and the store goes on",
  ignore: !canMountSmallDisk(),
  fn: async () => {
    await using disk = await mountSmallDisk();
    await withStore(4_000, async ({ store, folder }) => {
      const first = await makeBackup(store, folder, now);
      const opened = await openJobStore({ path: store });
      try {
        await rejects(makeBackup(store, folder, later(1)), (error: StoreError) => {
          deepStrictEqual([error.code, error.exitCode], ["DISK_FULL", EXIT.disk]);
          match(error.message, /^Cannot back up the store: /);
          return true;
        });
        deepStrictEqual(namesIn(folder), [".lock", basename(first.path), `${basename(first.path)}.sha256`]);
        ok(await opened.createJob(sampleJob()));
      } finally {
        opened.close();
      }
    }, disk.path);
  },
});
