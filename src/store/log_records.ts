import * as z from "zod";
import type { ExecutionLog } from "../schedule/execution.ts";
import { clip } from "./bounded_execution.ts";
import { key } from "./keys.ts";
import { again, asCheck, type KvEntryMaybe, type KvSession } from "./kv_session.ts";
import { decodeRecord, encodeRecord, MAX_RECORD_BYTES } from "./record_codec.ts";

const MAX_ENTRIES = 1_000;
const MAX_MESSAGE = 4_000;
/** Holds the longest entry: at six bytes a character (`\\u0000`) its message takes 24 KB. */
const CHUNK_BYTES = MAX_RECORD_BYTES - 1_024;
/** So that dropping the oldest chunk drops little at once. */
const CHUNK_ENTRIES = 200;
/** An atomic operation holds 800 KiB. */
const CHUNKS_AT_ONCE = 8;

const headSchema = z.object({
  /** Oldest first. */
  chunks: z.array(z.object({ number: z.number().int(), entries: z.number().int(), bytes: z.number().int() })),
});
const chunkSchema = z.array(z.object({
  timestamp: z.string(),
  level: z.enum(["debug", "info", "warn", "error"]),
  message: z.string(),
  component: z.string(),
}));

type Head = z.output<typeof headSchema>;

/** The logs of executions: chunks of entries, and a head that lists them. */
export class LogRecords {
  readonly #session: KvSession;

  constructor(session: KvSession) {
    this.#session = session;
  }

  async append(executionId: string, entries: ExecutionLog[]): Promise<void> {
    let rest = entries.slice(-MAX_ENTRIES).map(bounded);
    while (rest.length > 0) {
      const todo = rest;
      rest = await this.#session.untilCommitted(`write the log of ${executionId}`, async () => {
        const [execution, headEntry] = await this.#session.getMany([
          key.execution(executionId),
          key.logHead(executionId),
        ]);
        if (execution!.versionstamp === null) return []; // it was purged, and its log with it
        const head = readHead(headEntry!);
        const operation = this.#session.atomic().check(asCheck(headEntry!), asCheck(execution!));
        const left = await this.#addChunks(operation, executionId, head, todo);
        while (count(head) - head.chunks[0]!.entries >= MAX_ENTRIES) {
          operation.delete(key.logChunk(executionId, head.chunks.shift()!.number));
        }
        operation.set(headEntry!.key, encodeRecord(head, `the log of ${executionId}`));
        return await this.#session.commit(operation) ? left : again;
      });
    }
  }

  async read(executionId: string): Promise<ExecutionLog[]> {
    const headEntry = await this.#session.get(key.logHead(executionId));
    const entries: ExecutionLog[] = [];
    for (const entry of await this.#session.getMany(logKeys(executionId, headEntry))) {
      entries.push(...readChunk(entry));
    }
    return entries.slice(-MAX_ENTRIES);
  }

  /** Fills the last chunk and adds more. @returns the entries that are for the next operation */
  async #addChunks(
    operation: Deno.AtomicOperation,
    executionId: string,
    head: Head,
    entries: ExecutionLog[],
  ): Promise<ExecutionLog[]> {
    let rest = entries;
    const last = head.chunks.at(-1);
    let chunk: ExecutionLog[] = [];
    let number = (last?.number ?? -1) + 1;
    if (last !== undefined && last.entries < CHUNK_ENTRIES && last.bytes + sizeOf(rest[0]!) <= CHUNK_BYTES) {
      chunk = readChunk(await this.#session.get(key.logChunk(executionId, last.number)));
      number = last.number;
      head.chunks.pop();
    }
    for (let written = 0; rest.length > 0 && written < CHUNKS_AT_ONCE; written++) {
      let bytes = chunk.reduce((sum, entry) => sum + sizeOf(entry), 2);
      let taken = 0;
      while (taken < rest.length && chunk.length < CHUNK_ENTRIES && bytes + sizeOf(rest[taken]!) <= CHUNK_BYTES) {
        bytes += sizeOf(rest[taken]!);
        chunk.push(rest[taken++]!);
      }
      operation.set(key.logChunk(executionId, number), encodeRecord(chunk, `the log of ${executionId}`));
      head.chunks.push({ number, entries: chunk.length, bytes });
      rest = rest.slice(taken);
      chunk = [];
      number++;
    }
    return rest;
  }
}

/** The keys of all chunks that a head lists. */
export function logKeys(executionId: string, head: KvEntryMaybe): Deno.KvKey[] {
  return readHead(head).chunks.map((chunk) => key.logChunk(executionId, chunk.number));
}

function bounded(entry: ExecutionLog): ExecutionLog {
  return { ...entry, message: clip(entry.message, MAX_MESSAGE), component: clip(entry.component, 100) };
}

function sizeOf(entry: ExecutionLog): number {
  return new TextEncoder().encode(JSON.stringify(entry)).length + 1;
}

function count(head: Head): number {
  return head.chunks.reduce((sum, chunk) => sum + chunk.entries, 0);
}

// A log that cannot be read is a loss, and no reason to lose the execution with it: it starts anew.
function readHead(entry: KvEntryMaybe): Head {
  if (entry.versionstamp === null) return { chunks: [] };
  const decoded = decodeRecord(headSchema, entry.value);
  return "value" in decoded ? decoded.value : { chunks: [] };
}

function readChunk(entry: KvEntryMaybe): ExecutionLog[] {
  if (entry.versionstamp === null) return [];
  const decoded = decodeRecord(chunkSchema, entry.value);
  return "value" in decoded ? decoded.value : [];
}
