import type * as z from "zod";
import { executionSchema } from "../schedule/execution.ts";
import { jobSchema } from "../schedule/job.ts";
import { templateSchema } from "../schedule/template.ts";
import { key } from "./keys.ts";
import { again, type KvEntry, type KvSession } from "./kv_session.ts";
import { encodeRecord, newerStore, SCHEMA_VERSION } from "./record_codec.ts";
import type { RecordReader } from "./record_reader.ts";

/** What takes a store to this program's version, beside the records themselves. */
export interface StoreMigration {
  reader: RecordReader;
  /** Makes the indexes fit the records. */
  repair(): Promise<unknown>;
  /** Called before anything is changed. */
  before?(): Promise<unknown>;
}

const RECORDS = [
  [key.jobs, jobSchema],
  [key.executions, executionSchema],
  [key.templates, templateSchema],
] as const;

/** Sees to it that the store is of this program's version: a new one says so, an older one is migrated. Killed in between,
 * the next one goes on.
 * @throws {StoreError} `STATE_NEWER` */
export async function migrateStore(session: KvSession, migration: StoreMigration): Promise<void> {
  const version = await session.untilCommitted("record the layout of the store", async () => {
    const entry = await session.get(key.schema);
    if (entry.versionstamp !== null) return typeof entry.value === "number" ? entry.value : SCHEMA_VERSION;
    return await session.commit(session.atomic().check(entry).set(key.schema, SCHEMA_VERSION)) ? SCHEMA_VERSION : again;
  });
  if (version > SCHEMA_VERSION) throw newerStore(version);
  if (version === SCHEMA_VERSION) return;
  await migration.before?.();
  for (const [prefix, schema] of RECORDS) {
    for await (const entry of session.list({ prefix }, { batchSize: 100 })) {
      await rewrite(session, migration.reader, schema, entry);
    }
  }
  await migration.repair();
  await session.untilCommitted("record the layout of the store", async () => {
    const operation = session.atomic().set(key.schema, SCHEMA_VERSION).sum(key.revision, 1n);
    return await session.commit(operation) ? undefined : again;
  });
}

/** Writes a record as it reads now. */
async function rewrite(
  session: KvSession,
  reader: RecordReader,
  schema: z.ZodType<unknown>,
  found: KvEntry,
): Promise<void> {
  await session.untilCommitted(`migrate the record ${found.key.join("/")}`, async () => {
    const entry = await session.get(found.key);
    const record = await reader.read(schema, entry);
    if (record === undefined) return;
    const bytes = encodeRecord(record, `the record ${found.key.join("/")}`);
    return await session.commit(session.atomic().check(entry).set(found.key, bytes)) ? undefined : again;
  });
}
