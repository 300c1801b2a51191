import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

/** A finished copy of a store's file. */
export interface StoreCopy {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

const CHUNK_BYTES = 1 << 20;

/** Copies a store's file as it is at one instant, also while others write to it: into `to`, which is made, readable by its
 * owner only, checked, and on the disk when this returns. Takes about 5 ms a megabyte, and memory that does not grow with
 * the file. Blocks its thread.
 * @throws what SQLite and the file system say; then `to` may be half written */
export function copyStore(from: string, to: string): StoreCopy {
  Deno.openSync(to, { write: true, createNew: true, mode: 0o600 }).close();
  {
    using database = new DatabaseSync(from);
    database.exec("PRAGMA busy_timeout = 5000");
    database.prepare("VACUUM INTO ?").run(to);
  }
  const fault = faultOfDatabase(to);
  if (fault !== undefined) throw new Error(`the copy is damaged: ${fault}`);
  using file = Deno.openSync(to, { read: true, write: true });
  file.syncSync();
  return { bytes: file.statSync().size, sha256: sha256Of(file) };
}

/** @returns what SQLite finds wrong with a file; undefined when nothing is
 * @throws when it cannot be read as a database at all */
export function faultOfDatabase(path: string): string | undefined {
  const database = new DatabaseSync(path);
  try {
    const row = database.prepare("PRAGMA quick_check(1)").get();
    const answer = row === undefined ? "no answer" : String(Object.values(row)[0]);
    return answer === "ok" ? undefined : answer;
  } finally {
    database.close();
  }
}

/** @param file is read from where it stands to its end */
export function sha256Of(file: Deno.FsFile): string {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let n = file.readSync(chunk); n !== null; n = file.readSync(chunk)) hash.update(chunk.subarray(0, n));
  return hash.digest("hex");
}
