import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { type Backup, checkBackup, listBackups } from "./backup.ts";
import { copyStore } from "./copy_store.ts";
import { ExecutionRecords } from "./execution_records.ts";
import { JobRecords } from "./job_records.ts";
import { key } from "./keys.ts";
import { KvSession, LOCKED_FOR_MS } from "./kv_session.ts";
import { migrateStore } from "./migrate_store.ts";
import { RawStore } from "./raw_store.ts";
import { RecordReader } from "./record_reader.ts";
import { removeStore } from "./replace_store.ts";
import { isLocked, StoreError, toStoreError } from "./store_error.ts";
import { type TakenOver, takeOver } from "./take_over.ts";

/** How a store was made anew. */
export interface Rebuilt {
  /** Absent: there was none that could be used. */
  backup?: Backup;
  /** Backups that were passed over. */
  unusable: { path: string; reason: string }[];
  /** Jobs that it has. */
  jobs: number;
  /** What it has from the store it takes the place of. */
  newer: TakenOver;
}

const NOTHING: TakenOver = { jobs: 0, executions: 0, absent: [], dropped: [], complete: false };

/** Makes a store from the newest good backup, and from what can still be read in the damaged file.
 * @param into a file that is made, and is on the disk when this returns
 * @throws {StoreError} when it cannot be written; a backup that cannot be used is passed over */
export async function rebuildStore(damaged: string, backups: string, into: string): Promise<Rebuilt> {
  const unusable: Rebuilt["unusable"] = [];
  for (const backup of await listBackups(backups)) {
    try {
      return { ...await storeFrom(backup, damaged, into, "all"), unusable };
    } catch (error) {
      const { code } = toStoreError(error, into);
      if (code === "DISK_FULL" || code === "STATE_NOT_WRITABLE") throw error;
      unusable.push({ path: backup.path, reason: describeError(error) });
    }
  }
  return { ...await storeFrom(undefined, damaged, into, "all"), unusable };
}

/** Makes a store from a backup, and takes over from the newer file what it knows.
 * @param newer may be damaged; undefined: there is none
 * @throws {StoreError} `BACKUP_UNUSABLE`, `STATE_NEWER`, `DISK_FULL`; nothing is left of `into` then */
export async function storeFrom(
  backup: Backup | undefined,
  newer: string | undefined,
  into: string,
  jobs: "all" | "progress",
): Promise<Rebuilt> {
  await removeStore(into);
  try {
    if (backup !== undefined) await checkBackup(backup.path);
    using before = backup === undefined ? undefined : openRaw(backup.path);
    using after = newer === undefined ? undefined : openRaw(newer);
    if (backup === undefined) (await Deno.open(into, { write: true, createNew: true, mode: 0o600 })).close();
    else if (before?.has(key.schema)) await copyStore(backup.path, into);
    else throw noStore(backup.path);
    const session = new KvSession(await Deno.openKv(into), into);
    try {
      const reader = new RecordReader(session);
      const records = [new JobRecords(session, reader), new ExecutionRecords(session, reader)] as const;
      await migrateStore(session, {
        reader,
        repair: async () => void await records[0].repair(false).then(() => records[1].repair(false)),
      });
      const taken = after === undefined ? NOTHING : await takeOver(session, reader, after, before, jobs);
      return { backup, unusable: [], jobs: (await records[0].list()).length, newer: taken };
    } finally {
      session.close();
      await intoOneFile(into);
    }
  } catch (error) {
    await removeStore(into);
    throw toStoreError(error, into);
  }
}

/** Waits until Deno KV has let go of the file, and leaves nothing beside it. */
async function intoOneFile(path: string): Promise<void> {
  await withoutOthers(path, () => {});
  using file = await Deno.open(path, { read: true, write: true });
  await file.sync();
}

/** Calls back while nobody else has the store's file open or writes to it, and all of it is in that one file.
 * @throws {StoreError} `STATE_LOCKED` when another process keeps it open */
export async function withoutOthers<T>(path: string, action: (letGo: () => void) => T | Promise<T>): Promise<T> {
  const until = performance.now() + LOCKED_FOR_MS;
  using database = new DatabaseSync(path);
  database.exec("PRAGMA busy_timeout = 0");
  while (true) {
    try {
      database.exec("PRAGMA journal_mode = DELETE"); // only who is alone with it may say so
      database.exec("BEGIN IMMEDIATE"); // from here on, whoever opens it has to wait
      break;
    } catch (error) {
      if (!isLocked(error) || performance.now() > until) throw toStoreError(error, path);
      await systemClock.sleep(50);
    }
  }
  return await action(() => database.close());
}

/** The file, for as long as it is read; undefined when it is no database any more. */
function openRaw(path: string): RawStore | undefined {
  try {
    return new RawStore(path);
  } catch {
    return undefined;
  }
}

function noStore(path: string): StoreError {
  return new StoreError(`The backup ${path} cannot be used: it holds no store`, {
    code: "BACKUP_UNUSABLE",
    hint: "Take another one: `support-bundle schedule backup --list`",
  });
}
