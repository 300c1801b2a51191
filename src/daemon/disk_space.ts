import { statfs } from "node:fs/promises";
import { join } from "node:path";

/** What can still be written where a folder is, by accounts without privileges.
 * @returns bytes; undefined where the system does not say */
export async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Bytes of all files in a folder and the folders below. What goes meanwhile does not count. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory ? await folderBytes(path) : (await Deno.lstat(path).catch(() => undefined))?.size ?? 0;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}
