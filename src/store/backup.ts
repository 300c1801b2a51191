import { basename, join } from "node:path";
import { writePrivateFile } from "../core/private_file.ts";
import { withFileLock } from "../core/file_lock.ts";
import { StoreError, toStoreError } from "./store_error.ts";

/** A backup of the store: a copy of its file, with `<name>.sha256` beside it as `sha256sum -c` reads it. */
export interface Backup {
  path: string;
  /** RFC 3339, UTC. */
  createdAt: string;
  bytes: number;
}

/** This many of the newest are kept, and the newest of each of the last days beyond them. */
export const KEPT_NEWEST = 6;
export const KEPT_DAYS = 7;

const NAME = /^store-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/;
const PART = ".part";

/** Those of a folder, the newest first; none where there is no folder. */
export async function listBackups(folder: string): Promise<Backup[]> {
  const found: Backup[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const createdAt = isFile ? timeOf(name) : undefined;
      if (createdAt === undefined) continue;
      const path = join(folder, name);
      found.push({ path, createdAt, bytes: (await Deno.stat(path)).size });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw toStoreError(error, folder);
  }
  return found.sort((a, b) => a.createdAt < b.createdAt ? 1 : -1);
}

/** The backup in a file, which may have been renamed.
 * @throws {StoreError} `BACKUP_ABSENT` */
export async function backupAt(path: string): Promise<Backup> {
  try {
    const { size, mtime, isFile } = await Deno.stat(path);
    if (!isFile) throw new Deno.errors.NotFound("it is no file");
    return { path, createdAt: timeOf(path) ?? (mtime ?? new Date(0)).toISOString().replace(/\.\d+/, ""), bytes: size };
  } catch (error) {
    throw new StoreError(`The backup ${path} cannot be read`, {
      cause: error,
      code: "BACKUP_ABSENT",
      hint: "See which there are: `support-bundle schedule backup --list`",
    });
  }
}

/** When the backup of this name was made; undefined when it is none. */
export function timeOf(name: string): string | undefined {
  const [, year, month, day, hour, minute, second] = NAME.exec(basename(name)) ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

/** Backs up a store's file, also while others write to it, and lets go of backups that are no longer wanted. Either all of
 * it is there under its name, checked and on the disk, or nothing is. One at a time; a later one waits.
 * @throws {StoreError} among them `DISK_FULL`, `STATE_CORRUPT`; the signal's reason when it was aborted */
export async function makeBackup(store: string, folder: string, now: Date, signal?: AbortSignal): Promise<Backup> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return await withFileLock(join(folder, ".lock"), () => backUp(store, folder, now, signal));
  } catch (error) {
    signal?.throwIfAborted();
    const failure = toStoreError(error, store);
    throw new StoreError(`Cannot back up the store: ${failure.message}`, {
      cause: error,
      code: failure.code,
      exitCode: failure.exitCode,
      hint: failure.hint,
    });
  }
}

async function backUp(store: string, folder: string, now: Date, signal?: AbortSignal): Promise<Backup> {
  const { copyStore } = await import("./copy_store.ts");
  await removeParts(folder);
  const createdAt = freeTime(await listBackups(folder), now);
  const path = join(folder, `store-${createdAt.replace(/[-:]/g, "")}.db`);
  const part = path + PART;
  try {
    const { bytes, sha256 } = await copyStore(store, part, signal);
    await writePrivateFile(sumPath(path), `${sha256}  ${basename(path)}\n`);
    await Deno.rename(part, path);
    await syncFolder(folder);
    await removeUnwanted(folder);
    return { path, createdAt, bytes };
  } catch (error) {
    await removeParts(folder).catch(() => {});
    throw error;
  }
}

/** Checks that a backup is as it was written, and can be used.
 * @throws {StoreError} `BACKUP_UNUSABLE` */
export async function checkBackup(path: string): Promise<void> {
  const { faultOfDatabase, sha256Of } = await import("./copy_store.ts");
  let fault: string | undefined;
  try {
    const written = await sumOf(path);
    using file = await Deno.open(path);
    const { size } = await file.stat();
    const sum = written === undefined ? undefined : await sha256Of(file);
    if (size === 0) fault = "it is empty";
    else if (sum !== written) fault = "it is not as it was written";
    else fault = faultOfDatabase(path);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  if (fault === undefined) return;
  throw new StoreError(`The backup ${path} cannot be used: ${fault}`, {
    code: "BACKUP_UNUSABLE",
    hint: "Take another one: `support-bundle schedule backup --list`",
  });
}

/** Which of them, the newest first, need not be kept. */
export function unwantedBackups(backups: readonly Backup[]): Backup[] {
  const days = new Set<string>();
  return backups.filter(({ createdAt }, i) => {
    const day = createdAt.slice(0, 10);
    const newestOfDay = !days.has(day) && days.size < KEPT_DAYS;
    days.add(day);
    return i >= KEPT_NEWEST && !newestOfDay;
  });
}

async function removeUnwanted(folder: string): Promise<void> {
  for (const { path } of unwantedBackups(await listBackups(folder))) {
    await Deno.remove(path);
    await Deno.remove(sumPath(path)).catch(ignoreNotFound);
  }
}

/** What a backup that was killed left behind. */
async function removeParts(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const draftOfSum = name.startsWith(".store-") && name.includes(".db.sha256.");
    if (name.endsWith(PART) || name.endsWith(`${PART}-journal`) || draftOfSum) {
      await Deno.remove(join(folder, name)).catch(ignoreNotFound);
    } else if (name.endsWith(".db.sha256") && timeOf(name.slice(0, -7)) !== undefined) {
      const path = join(folder, name.slice(0, -7));
      const orphan = await Deno.stat(path).then(() => false, (error) => error instanceof Deno.errors.NotFound);
      if (orphan) await Deno.remove(join(folder, name)).catch(ignoreNotFound);
    }
  }
}

/** The time to the second, or the next one that no backup has: names are times. */
function freeTime(backups: Backup[], now: Date): string {
  const taken = new Set(backups.map(({ createdAt }) => createdAt));
  for (let ms = now.getTime();; ms += 1_000) {
    const time = new Date(ms).toISOString().replace(/\.\d+/, "");
    if (!taken.has(time)) return time;
  }
}

async function sumOf(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(sumPath(path))).trim().split(/\s/)[0];
  } catch (error) {
    ignoreNotFound(error);
    return undefined; // a copy that somebody made
  }
}

function sumPath(path: string): string {
  return `${path}.sha256`;
}

/** A rename is on the disk when its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using handle = await Deno.open(folder);
  await handle.sync();
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
