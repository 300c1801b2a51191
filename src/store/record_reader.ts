import type * as z from "zod";
import { key, showKey } from "./keys.ts";
import type { UnreadableRecord } from "./job_store.ts";
import type { KvEntryMaybe, KvSession } from "./kv_session.ts";
import { type Decoded, decodeRecord } from "./record_codec.ts";
import { MIGRATIONS, type Migrations, type RecordKind } from "./record_migrations.ts";

/** How many set-aside records are reported by name. */
const MAX_REPORTED = 1_000;

const KINDS: ReadonlyMap<string, RecordKind> = new Map([
  [key.jobs[0], "job"],
  [key.executions[0], "execution"],
  [key.templates[0], "template"],
]);

/** Reads records, and moves those that cannot be read out of the way: one damaged record must not keep a scheduler from
 * its other jobs. */
export class RecordReader {
  readonly #session: KvSession;
  readonly #migrations: Migrations;
  readonly #reported: UnreadableRecord[] = [];

  constructor(session: KvSession, migrations = MIGRATIONS) {
    this.#session = session;
    this.#migrations = migrations;
  }

  get unreadable(): UnreadableRecord[] {
    return [...this.#reported];
  }

  /** The record that is stored under a key. */
  decode<T>(schema: z.ZodType<T>, { key: at, value }: Pick<KvEntryMaybe, "key" | "value">): Decoded<T> {
    const kind = KINDS.get(String(at[0]));
    return decodeRecord(schema, value, kind && { kind, migrations: this.#migrations });
  }

  /** Those of earlier times, too. */
  async setAsideRecords(): Promise<UnreadableRecord[]> {
    const records: UnreadableRecord[] = [];
    for await (const entry of this.#session.list({ prefix: key.setAsideReasons }, { limit: MAX_REPORTED })) {
      const original = entry.key.slice(key.setAsideReasons.length);
      const reason = entry.value instanceof Uint8Array ? new TextDecoder().decode(entry.value) : "unknown";
      records.push({ key: showKey(original), reason });
    }
    return records;
  }

  /** The record of an entry; undefined when there is none, or it had to be set aside. */
  async read<T>(schema: z.ZodType<T>, entry: KvEntryMaybe): Promise<T | undefined> {
    if (entry.versionstamp === null) return undefined;
    const decoded = this.decode(schema, entry);
    if ("value" in decoded) return decoded.value;
    const moved = await this.#session.commit(
      this.#session.atomic()
        .check(entry)
        .set(key.setAside(entry.key), entry.value)
        .set(key.setAsideReason(entry.key), new TextEncoder().encode(decoded.unreadable.slice(0, 2_000)))
        .delete(entry.key)
        .sum(key.revision, 1n),
    );
    // Not moved: somebody else did it, or wrote the record anew.
    if (moved && this.#reported.length < MAX_REPORTED) {
      this.#reported.push({ key: showKey(entry.key), reason: decoded.unreadable });
    }
    return undefined;
  }
}
