/** A record as its JSON has it, whatever version wrote it. */
export type RawRecord = Readonly<Record<string, unknown>>;

/** The step from one version of the records to the next. Pure; what is left out stays as it is. */
export interface Migration {
  job?(record: RawRecord): RawRecord;
  execution?(record: RawRecord): RawRecord;
  template?(record: RawRecord): RawRecord;
}

export type RecordKind = keyof Migration;

/** Steps by the version they start from. */
export type Migrations = Readonly<Record<number, Migration>>;

/** None yet: all fields that were added since version 1 have defaults. Whoever changes the meaning or the shape of a field
 * raises `SCHEMA_VERSION` and `schemaVersion` of the schemas, and adds the step here. */
export const MIGRATIONS: Migrations = {};

/** Records without a version are of the first. */
export function versionOf(record: RawRecord): number {
  return typeof record.schemaVersion === "number" ? record.schemaVersion : 1;
}

/** Takes a record to a version, one step after the other. Where a step is missing, it stays at the version before. */
export function migrateRecord(kind: RecordKind, record: RawRecord, to: number, migrations = MIGRATIONS): RawRecord {
  let migrated = record;
  for (let version = versionOf(record); version < to; version++) {
    const step = migrations[version];
    if (step === undefined) return migrated;
    migrated = { ...step[kind]?.(migrated) ?? migrated, schemaVersion: version + 1 };
  }
  return migrated;
}
