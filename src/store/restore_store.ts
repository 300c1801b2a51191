import { type Backup } from "./backup.ts";
import { withFileLock } from "../core/file_lock.ts";
import { type Rebuilt, storeFrom, withoutOthers } from "./rebuild_store.ts";
import { asideName, replaceStore } from "./replace_store.ts";
import { toStoreError } from "./store_error.ts";
import { faultOfStoreFile } from "./store_file.ts";

export interface Restored extends Rebuilt {
  /** Where the store is that was there before; undefined when there was none. */
  aside?: string;
}

/** Puts a backup in the place of the store. Jobs are as they were then; what is known of executions since, and how far jobs
 * have come, is taken over from the store that makes room. Either all of it is done or nothing.
 * @throws {StoreError} `BACKUP_UNUSABLE`, `STATE_NEWER`; `STATE_LOCKED` when another process has the store open */
export async function restoreStore(path: string, backup: Backup, now: Date): Promise<Restored> {
  try {
    return await withFileLock(`${path}.lock`, () => replaceBy(backup, path, now));
  } catch (error) {
    throw toStoreError(error, path);
  }
}

async function replaceBy(backup: Backup, path: string, now: Date): Promise<Restored> {
  const fresh = `${path}.part`;
  const present = await Deno.stat(path).then(({ size }) => size > 0, () => false);
  if (!present || await faultOfStoreFile(path) !== undefined) {
    const rebuilt = await storeFrom(backup, present ? path : undefined, fresh, "progress");
    const aside = present ? await asideName(path, "replaced", now) : undefined;
    if (aside === undefined) await Deno.rename(fresh, path);
    else await replaceStore(path, fresh, aside);
    return { ...rebuilt, aside };
  }
  return await withoutOthers(path, async (letGo) => {
    const rebuilt = await storeFrom(backup, path, fresh, "progress");
    const aside = await asideName(path, "replaced", now);
    if (Deno.build.os === "windows") letGo(); // an open file cannot be renamed there
    await replaceStore(path, fresh, aside);
    return { ...rebuilt, aside };
  });
}
