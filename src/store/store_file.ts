import { dirname } from "node:path";
import { systemClock } from "../core/clock.ts";
import { withFileLock } from "../core/file_lock.ts";
import type { Rebuilt } from "./rebuild_store.ts";
import { asideName, removeStore, replaceStore } from "./replace_store.ts";
import { damagedStore, isCorrupt, isLocked, notWritable, StoreError, toStoreError } from "./store_error.ts";

/** A damaged store that was moved out of the way. */
export interface SetAsideFile {
  /** Where it lies now. */
  path: string;
  reason: string;
  /** How the store in its place was made; absent: it is empty. */
  rebuilt?: Rebuilt;
}

export interface StoreFileOptions {
  now: Date;
  /** Examines a large file too. */
  thorough: boolean;
  /** How long a lock is waited for. */
  lockedForMs: number;
  /** Folder of backups, from which a damaged store is rebuilt; absent: a new one is empty. */
  backups?: string;
  /** Whether some process keeps the file open. Then a damaged one stays in its place. */
  inUse?(): Promise<boolean>;
}

type ReplaceOptions = Pick<StoreFileOptions, "now" | "backups" | "inUse">;

/** Up to this size a file is examined each time it is opened: it takes about a millisecond a megabyte. */
const ALWAYS_EXAMINED_BYTES = 16 * 1024 * 1024;

/** Makes a store's file ready to be opened: its folder (0700, where it has to be made), the file itself (0600), and a
 * damaged file set aside as `<name>.corrupt-<time>` and made anew. Deno KV would not throw in such a file, but end the
 * process; and in one that another process keeps locked it would stop the process for as long.
 * @throws {StoreError} `STATE_NOT_WRITABLE`, `STATE_LOCKED`, `STATE_CORRUPT` when it is damaged and in use */
export async function prepareStoreFile(path: string, options: StoreFileOptions): Promise<SetAsideFile | undefined> {
  await makeFolder(dirname(path));
  const size = await makeFile(path);
  const examine = options.thorough || size <= ALWAYS_EXAMINED_BYTES;
  const setAside = size > 0 && examine ? await setAsideIfCorrupt(path, options) : undefined;
  await awaitUnlocked(path, options.lockedForMs);
  return setAside;
}

async function awaitUnlocked(path: string, lockedForMs: number): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const until = performance.now() + lockedForMs;
  using database = new DatabaseSync(path);
  database.exec("PRAGMA busy_timeout = 0");
  while (true) {
    try {
      database.exec("BEGIN IMMEDIATE; ROLLBACK");
      return;
    } catch (error) {
      if (!isLocked(error) || performance.now() > until) throw toStoreError(error, path);
      await systemClock.sleep(5 + Math.random() * 45);
    }
  }
}

/** Moves the file and its companions away if, and only if, it is damaged: one that is locked, busy or not ours to read
 * stays. One process at a time: another one's fresh file must not follow the damaged one. */
export async function setAsideIfCorrupt(
  path: string,
  options: ReplaceOptions,
): Promise<SetAsideFile | undefined> {
  if (await faultOfStoreFile(path) === undefined) return undefined;
  try {
    return await withFileLock(`${path}.lock`, () => replaceDamaged(path, options));
  } catch (error) {
    throw fileError(error, path);
  }
}

async function replaceDamaged(
  path: string,
  { now, backups, inUse }: ReplaceOptions,
): Promise<SetAsideFile | undefined> {
  const reason = await faultOfStoreFile(path);
  if (reason === undefined) return undefined;
  if (await inUse?.()) throw damagedStore(path, new Error(reason));
  const fresh = `${path}.part`;
  await removeStore(fresh); // of one that was killed
  const rebuilt = backups === undefined ? undefined : await rebuild(path, backups, fresh);
  if (rebuilt === undefined) await makeFile(fresh);
  const aside = await asideName(path, "corrupt", now);
  await replaceStore(path, fresh, aside);
  return { path: aside, reason, rebuilt };
}

async function rebuild(damaged: string, backups: string, into: string): Promise<Rebuilt> {
  const { rebuildStore } = await import("./rebuild_store.ts");
  return await rebuildStore(damaged, backups, into);
}

/** Gives the file's companions the file's mode; SQLite makes them with the mode the file had. */
export async function restrictStoreFile(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      const { mode } = await Deno.stat(file);
      if (mode !== null && (mode & 0o077) !== 0) await Deno.chmod(file, 0o600);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw fileError(error, path);
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
      throw new StoreError(`The scheduler's state cannot be kept in ${folder}: it is not a folder`, {
        cause: error,
        code: "STATE_NOT_WRITABLE",
        hint: "Move that file away, or name another folder with TROUBLESHOOT_SCHEDULER_DIR",
      });
    }
    throw notWritable(folder, error);
  }
}

/** @returns the file's size */
async function makeFile(path: string): Promise<number> {
  try {
    using file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
    const info = await file.stat();
    if (info.isDirectory) throw new Deno.errors.IsADirectory(path);
    return info.size;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** What is wrong with the file; undefined when nothing is, or when that cannot be told now. */
export async function faultOfStoreFile(path: string): Promise<string | undefined> {
  const { faultOfDatabase } = await import("./copy_store.ts");
  try {
    return faultOfDatabase(path);
  } catch (error) {
    if (isCorrupt(error)) return (error as Error).message;
    if (isLocked(error)) return undefined;
    throw toStoreError(error, path);
  }
}

function fileError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  return error instanceof Deno.errors.NotFound ? toStoreError(error, path) : notWritable(path, error);
}
