import { basename, dirname, join } from "node:path";
import { syncFolder } from "./backup.ts";

/** Puts a finished store in the place of another one, which goes to `aside` with its companions: killed in between, one of
 * the two is there. Nobody may have either of them open.
 * @throws what the file system says */
export async function replaceStore(path: string, replacement: string, aside: string): Promise<void> {
  try {
    await Deno.link(path, aside);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return await Deno.rename(replacement, path);
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    await Deno.rename(path, aside); // a file system without links
  }
  // A log of the old file must never meet the new one.
  for (const suffix of ["-wal", "-shm"]) {
    await Deno.rename(path + suffix, aside + suffix).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await Deno.rename(replacement, path);
  await syncFolder(dirname(path));
}

/** A name for a store that makes room, which nothing has yet: `store.db.corrupt-20260302T120000Z`. */
export async function asideName(path: string, why: "corrupt" | "replaced", now: Date): Promise<string> {
  const wanted = `${basename(path)}.${why}-${now.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "")}`;
  const folder = dirname(path);
  const taken = new Set<string>();
  for await (const entry of Deno.readDir(folder)) taken.add(entry.name);
  for (let i = 1;; i++) {
    const name = i === 1 ? wanted : `${wanted}-${i}`;
    if (!taken.has(name)) return join(folder, name);
  }
}

/** Removes a store's file and its companions, as far as they are there. */
export async function removeStore(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    await Deno.remove(path + suffix).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
