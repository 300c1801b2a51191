import type { Clock } from "../core/clock.ts";
import { type Actor, type AuditEvent, type AuditRecord, faultOf, nextRecord, parseRecord } from "../schedule/audit.ts";

const LF = 10;
/** The last record is looked for at the end of the file. Records are shorter. */
const TAIL_BYTES = 64 * 1024;

/** The audit log of a state folder, `audit.jsonl`: only ever added to, by the command line and the daemon at the same time.
 * Readable by its owner only. */
export class AuditLog {
  constructor(readonly path: string, private readonly actor: Actor, private readonly clock: Clock) {}

  /** Adds a record, and returns when it is on the disk. What a process that was killed left of one stays, as a line that
   * says nothing.
   * @throws what the file system throws */
  async append(event: AuditEvent): Promise<void> {
    using file = await Deno.open(this.path, { read: true, write: true, create: true, mode: 0o600 });
    await file.lock(true); // until it is closed
    const { last, ended } = await tailOf(file);
    const record = nextRecord(last, event, this.actor, this.clock.now());
    const bytes = new TextEncoder().encode(`${ended ? "" : "\n"}${JSON.stringify(record)}\n`);
    await file.seek(0, Deno.SeekMode.End);
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    await file.syncData();
  }
}

/** @returns the last whole record, and whether the file ends with a line */
async function tailOf(file: Deno.FsFile): Promise<{ last?: AuditRecord; ended: boolean }> {
  const { size } = await file.stat();
  if (size === 0) return { ended: true };
  for (let length = TAIL_BYTES;; length *= 4) {
    const tail = new Uint8Array(Math.min(size, length));
    await file.seek(size - tail.length, Deno.SeekMode.Start);
    for (let at = 0; at < tail.length;) at += await file.read(tail.subarray(at)) ?? tail.length;
    const lines = new TextDecoder().decode(tail).split("\n");
    const whole = tail.length === size ? lines : lines.slice(1);
    const last = whole.reverse().map(parseRecord).find((record) => record !== undefined);
    if (last !== undefined || tail.length === size) return { last, ended: tail.at(-1) === LF };
  }
}

/** A record, and what is wrong with it or right before it. */
export interface CheckedRecord {
  /** From 1. */
  line: number;
  /** Undefined for a line that is no record: cut off by a crash, or damaged. */
  record?: AuditRecord;
  fault?: string;
}

/** Reads an audit log from its beginning, and checks every seal. One that is not there is empty. */
export async function* readAuditLog(path: string): AsyncGenerator<CheckedRecord> {
  let text: ReadableStream<string>;
  try {
    text = (await Deno.open(path)).readable.pipeThrough(new TextDecoderStream());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  let rest = "", line = 0;
  let last: AuditRecord | undefined;
  const check = (text: string): CheckedRecord => {
    const record = parseRecord(text);
    const fault = record === undefined ? "it is no record: cut off, or damaged" : faultOf(record, last);
    last = record ?? last;
    return { line: ++line, record, fault };
  };
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const one of lines) yield check(one);
  }
  if (rest !== "") yield check(rest);
}
