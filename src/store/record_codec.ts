import * as z from "zod";
import { migrateRecord, type Migrations, type RawRecord, type RecordKind, versionOf } from "./record_migrations.ts";
import { StoreError } from "./store_error.ts";

/** Below the 64 KiB that a value of Deno KV holds. */
export const MAX_RECORD_BYTES = 60 * 1024;

/** The version of records and of the store's layout that this program writes. */
export const SCHEMA_VERSION = 1;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What decoding a stored value comes to. */
export type Decoded<T> = { value: T } | { unreadable: string };

/** Records are JSON in bytes: readable by any version of the runtime, of a known size, and a damaged one cannot break the
 * reading of its neighbours.
 * @throws {StoreError} `RECORD_TOO_LARGE` when it would not fit */
export function encodeRecord(value: unknown, what: string): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new StoreError(`Cannot store ${what}: it takes ${bytes.length} bytes, and ${MAX_RECORD_BYTES} fit`, {
      code: "RECORD_TOO_LARGE",
      hint: "Shorten its description, labels or lists",
    });
  }
  return bytes;
}

/** Reads what {@linkcode encodeRecord} wrote, through its schema.
 * @param migration for records that have versions: one of an earlier version is read as this one would have written it
 * @throws {StoreError} `STATE_NEWER` for a record of a later version, which is fine, but not for this program */
export function decodeRecord<T>(
  schema: z.ZodType<T>,
  stored: unknown,
  migration?: { kind: RecordKind; migrations: Migrations },
): Decoded<T> {
  if (!(stored instanceof Uint8Array)) return { unreadable: `it is ${typeof stored}, not bytes` };
  let raw: unknown;
  try {
    raw = JSON.parse(utf8.decode(stored));
    if (isRecord(raw) && versionOf(raw) > SCHEMA_VERSION) throw newerStore(versionOf(raw));
    if (isRecord(raw) && migration !== undefined) {
      raw = migrateRecord(migration.kind, raw, SCHEMA_VERSION, migration.migrations);
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
  const parsed = schema.safeParse(raw);
  return parsed.success ? { value: parsed.data } : { unreadable: z.prettifyError(parsed.error) };
}

function isRecord(value: unknown): value is RawRecord {
  return value !== null && typeof value === "object";
}

export function newerStore(version: number): StoreError {
  return new StoreError(
    `The store was written by a later version of this program (layout ${version}, this one knows ${SCHEMA_VERSION})`,
    { code: "STATE_NEWER", hint: "Use that version, or name another folder with TROUBLESHOOT_SCHEDULER_DIR" },
  );
}
