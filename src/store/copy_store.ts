import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

/** A finished copy of a store's file. */
export interface StoreCopy {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** About a megabyte, which takes a few milliseconds. */
const ROWS_AT_ONCE = 500;
const CHUNK_BYTES = 64 * 1024;

/** Copies a store's file as it is at one instant, also while others write to it: into `to`, which is made, readable by its
 * owner only, checked, and on the disk when this returns. In steps of a few milliseconds, between which others get their
 * turn, and in memory that does not grow with the file.
 * @throws what SQLite and the file system say, or the signal's reason; then `to` may be half written */
export async function copyStore(from: string, to: string, signal?: AbortSignal): Promise<StoreCopy> {
  (await Deno.open(to, { write: true, createNew: true, mode: 0o600 })).close();
  const database = new DatabaseSync(from);
  try {
    await copyTables(database, to, signal);
  } finally {
    database.close();
  }
  const fault = faultOfDatabase(to);
  if (fault !== undefined) throw new Error(`the copy is damaged: ${fault}`);
  using file = await Deno.open(to, { read: true, write: true });
  await file.sync();
  return { bytes: (await file.stat()).size, sha256: await sha256Of(file, signal) };
}

async function copyTables(database: DatabaseSync, to: string, signal?: AbortSignal): Promise<void> {
  database.exec("PRAGMA busy_timeout = 5000");
  database.prepare("ATTACH ? AS copy").run(to);
  database.exec("PRAGMA copy.synchronous = OFF; PRAGMA copy.journal_mode = OFF");
  database.exec("BEGIN"); // what is read from here on is of one instant
  const schema = database.prepare("SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL").all() as {
    type: string;
    name: string;
    sql: string;
  }[];
  const make = ({ sql }: { sql: string }) => database.exec(sql.replace(/^CREATE (TABLE|INDEX) /i, "$&copy."));
  for (const table of schema.filter(({ type }) => type === "table")) {
    make(table);
    if (table.name !== "kv") database.exec(`INSERT INTO copy."${table.name}" SELECT * FROM main."${table.name}"`);
  }
  for (const index of schema.filter(({ type }) => type === "index")) make(index);
  const insert = database.prepare("INSERT INTO copy.kv SELECT * FROM main.kv WHERE k > ? ORDER BY k LIMIT ?");
  const last = database.prepare("SELECT max(k) AS k FROM copy.kv");
  for (let key = new Uint8Array(), copied = ROWS_AT_ONCE; copied === ROWS_AT_ONCE;) {
    copied = Number(insert.run(key, ROWS_AT_ONCE).changes);
    key = last.get()!.k as Uint8Array<ArrayBuffer> ?? key;
    await nextTurn();
    signal?.throwIfAborted();
  }
  database.exec("COMMIT");
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
export async function sha256Of(file: Deno.FsFile, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let n = await file.read(chunk); n !== null; n = await file.read(chunk)) {
    hash.update(chunk.subarray(0, n));
    signal?.throwIfAborted();
  }
  return hash.digest("hex");
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
