import { createHash } from "node:crypto";

/** What somebody, or the daemon, did. */
export type AuditAction =
  | "create"
  | "change"
  | "enable"
  | "disable"
  | "delete"
  | "run"
  | "purge"
  | "save-template"
  | "delete-template"
  | "pin"
  | "unpin"
  | "cleanup"
  | "retention"
  | "finished"
  | "uploaded"
  | "credential-set"
  | "credential-remove"
  | "credential-rotate"
  | "vault-key-rotate"
  | "retry-upload"
  | "abandon-upload"
  | "backup"
  | "restore"
  | "rebuild"
  | "daemon-start"
  | "daemon-stop"
  | "refused";

export interface AuditEvent {
  action: AuditAction;
  /** Name of the job. */
  job?: string;
  jobId?: string;
  execution?: string;
  /** Names of the fields that were changed, the template's name, how an execution ended, where a bundle went, which backup it
   * was, the name of a credential. No secrets. */
  detail?: string;
}

/** Who did it. */
export interface Actor {
  user: string;
  host: string;
  /** Of this program: `schedule modify`, `daemon`. */
  command: string;
}

/** A line of the audit log. Each is sealed with the one before: none can be changed, taken out or put in between without
 * breaking what follows. */
export interface AuditRecord extends AuditEvent, Actor {
  /** From 1. */
  seq: number;
  /** RFC 3339, UTC. */
  time: string;
  /** SHA-256, lower-case hex, of the seal of the record before and of this record without its own. */
  seal: string;
}

/** What the first record is sealed with. */
const NO_SEAL = "0".repeat(64);

/** The record of an event that comes after another record, or after none. */
export function nextRecord(last: AuditRecord | undefined, event: AuditEvent, actor: Actor, now: Date): AuditRecord {
  const unsealed = { seq: (last?.seq ?? 0) + 1, time: now.toISOString(), ...actor, ...event };
  return { ...unsealed, seal: sealOf(last?.seal ?? NO_SEAL, unsealed) };
}

/** @returns what is wrong with a record that follows another, or is the first; undefined when nothing is */
export function faultOf(record: AuditRecord, last: AuditRecord | undefined): string | undefined {
  const { seal, ...unsealed } = record;
  if (record.seq !== (last?.seq ?? 0) + 1) {
    return `record ${(last?.seq ?? 0) + 1} is missing: ${record.seq} comes instead`;
  }
  return seal === sealOf(last?.seal ?? NO_SEAL, unsealed) ? undefined : "it was changed, or what was before it";
}

/** Reads a line. @returns undefined when it is none */
export function parseRecord(line: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(line) as AuditRecord;
    return Number.isInteger(record.seq) && typeof record.seal === "string" && typeof record.time === "string"
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}

function sealOf(before: string, record: Omit<AuditRecord, "seal">): string {
  return createHash("sha256").update(`${before}\n${JSON.stringify(record)}`).digest("hex");
}
