import { ACTIVE_STATUSES, type Execution, executionSchema, isOfJob } from "../schedule/execution.ts";
import { boundedExecution } from "./bounded_execution.ts";
import type { ExecutionQuery, Lease } from "./job_store.ts";
import { from, key } from "./keys.ts";
import { again, asCheck, type KvEntryMaybe, type KvSession } from "./kv_session.ts";
import { holdsLease } from "./lease_records.ts";
import { logKeys } from "./log_records.ts";
import { encodeRecord } from "./record_codec.ts";
import type { RecordReader } from "./record_reader.ts";

/** Active executions that are remembered, at most: a few megabytes. */
const MAX_REMEMBERED = 5_000;

/** Executions, and their indexes by time, by job, by status, by whether their bundle waits for its destination, and by the time before
 * which they do not begin: of their next attempt, or of a first one that is put off. */
export class ExecutionRecords {
  readonly #session: KvSession;
  readonly #reader: RecordReader;
  /** Active executions by id, as they were read. An index entry is written with its record and has the same versionstamp:
   * while that is the remembered one, the record need not be read again. */
  #remembered = new Map<string, { versionstamp: string; execution: Execution }>();

  constructor(session: KvSession, reader: RecordReader) {
    this.#session = session;
    this.#reader = reader;
  }

  async get(id: string): Promise<Execution | undefined> {
    return await this.#read(await this.#session.get(key.execution(id)));
  }

  /** @param addMore adds what is to be written in the same step */
  update(
    id: string,
    change: (e: Execution) => Execution,
    lease?: Lease,
    addMore?: (operation: Deno.AtomicOperation, changed: Execution) => Promise<void>,
  ): Promise<Execution | undefined> {
    return this.#session.untilCommitted(`change the execution ${id}`, async () => {
      const [entry, leaseEntry] = await this.#session.getMany([key.execution(id), key.lease(id)]);
      const execution = await this.#read(entry!);
      if (execution === undefined) return undefined;
      const operation = this.#session.atomic().check(entry!);
      if (lease !== undefined) {
        if (lease.executionId !== id || !holdsLease(leaseEntry!, lease)) return undefined;
        operation.check(leaseEntry!);
      }
      // Identity does not change: the indexes by job and time stay right.
      const { jobId, scheduledAt } = execution;
      const changed = boundedExecution({ ...change(execution), id, jobId, scheduledAt });
      writeExecution(operation, execution, changed);
      await addMore?.(operation, changed);
      return await this.#session.commit(operation) ? changed : again;
    });
  }

  /** Writes an execution of another store, which is right where the two differ. */
  put(execution: Execution): Promise<void> {
    return this.#session.untilCommitted(`write the execution ${execution.id}`, async () => {
      const entry = await this.#session.get(key.execution(execution.id));
      const old = await this.#read(entry);
      const operation = this.#session.atomic().check(asCheck(entry));
      writeExecution(operation, old, execution);
      return await this.#session.commit(operation) ? undefined : again;
    });
  }

  async list(query: ExecutionQuery = {}): Promise<Execution[]> {
    const { jobId, status, since, limit = Infinity } = query;
    const prefix = jobId !== undefined
      ? key.executionsOfJob(jobId)
      : status !== undefined
      ? key.executionsOfStatus(status)
      : key.executionsByTime;
    const selector = since === undefined ? { prefix } : from(prefix, since.getTime());
    const found: Execution[] = [];
    let ids: string[] = [];
    const take = async () => {
      for (const execution of await this.#load(ids)) {
        if (found.length < limit && (status === undefined || execution.status === status)) found.push(execution);
      }
      ids = [];
    };
    const page = Math.min(40, Math.max(10, limit));
    for await (const entry of this.#session.list(selector, { reverse: true, batchSize: page === 40 ? 200 : page })) {
      ids.push(entry.value as string);
      if (ids.length < page) continue;
      await take();
      if (found.length >= limit) return found;
    }
    await take();
    return found;
  }

  /** Costs one read of the index, and of the records that were written since the last time. Those that are returned are
   * shared, and not to be changed. */
  async active(jobId?: string): Promise<Execution[]> {
    const listed = new Map<string, string>();
    // A retry that begins while the lists are read leaves one after the other was read: `retrying` is read twice.
    for (const status of ["retrying", ...ACTIVE_STATUSES] as const) {
      for await (const entry of this.#session.list({ prefix: key.executionsOfStatus(status) })) {
        const id = entry.value as string;
        // One that changed its status between the lists is found twice: as it was, and as it is.
        if (jobId === undefined || isOfJob(id, jobId)) listed.set(id, entry.versionstamp);
      }
    }
    const known = new Map([...listed].flatMap(([id, versionstamp]) => {
      const remembered = this.#remembered.get(id);
      return remembered?.versionstamp === versionstamp ? [[id, remembered] as const] : [];
    }));
    const unknown = [...listed.keys()].filter((id) => !known.has(id));
    for (const entry of await this.#session.getMany(unknown.map(key.execution))) {
      const execution = await this.#read(entry);
      if (execution !== undefined) known.set(execution.id, { versionstamp: entry.versionstamp!, execution });
    }
    this.#remember(known, jobId === undefined);
    const active = [...known.values()].map(({ execution }) => execution)
      .filter(({ status }) => ACTIVE_STATUSES.includes(status));
    return active.sort((a, b) => Date.parse(a.scheduledAt) - Date.parse(b.scheduledAt));
  }

  /** Goes from one job's first entry to the next one's: costs as much as there are jobs. */
  async jobs(): Promise<string[]> {
    const ids: string[] = [];
    const prefix = key.executionsByJob;
    for (let selector: Deno.KvListSelector = { prefix };;) {
      let next: string | undefined;
      for await (const entry of this.#session.list(selector, { limit: 1 })) next = entry.key[1] as string;
      if (next === undefined) return ids;
      ids.push(next);
      selector = from(prefix, `${next}\0`);
    }
  }

  /** @param all there are no others */
  #remember(known: Map<string, { versionstamp: string; execution: Execution }>, all: boolean): void {
    if (all) this.#remembered = new Map();
    for (const [id, remembered] of known) {
      if (this.#remembered.size >= MAX_REMEMBERED) return;
      this.#remembered.set(id, remembered);
    }
  }

  async nextRetryAt(): Promise<number | undefined> {
    for await (const entry of this.#session.list({ prefix: key.retries }, { limit: 1 })) return entry.key[1] as number;
    return undefined;
  }

  async waitingUploads(): Promise<Execution[]> {
    const ids: string[] = [];
    for await (const entry of this.#session.list({ prefix: key.waitingUploads })) ids.push(entry.value as string);
    return (await this.#load(ids)).filter(({ upload }) => upload.state === "waiting");
  }

  async ended(): Promise<Execution[]> {
    const ids: string[] = [];
    for await (const entry of this.#session.list({ prefix: key.ended }, { limit: 100 })) {
      ids.push(entry.value as string);
    }
    const ended = await this.#load(ids);
    // One that is gone, or was set aside as unreadable, is followed by nothing.
    for (const id of ids) if (!ended.some((execution) => execution.id === id)) await this.markFollowed(id);
    return ended;
  }

  markFollowed(id: string): Promise<void> {
    return this.#session.untilCommitted(`change the execution ${id}`, async () => {
      return await this.#session.commit(this.#session.atomic().delete(key.endedExecution(id))) ? undefined : again;
    });
  }

  delete(id: string): Promise<boolean> {
    return this.#session.untilCommitted(`delete the execution ${id}`, async () => {
      const [entry, head] = await this.#session.getMany([key.execution(id), key.logHead(id)]);
      const execution = await this.#read(entry!);
      if (execution === undefined) return false;
      const operation = this.#session.atomic()
        .check(asCheck(entry!), asCheck(head!))
        .delete(key.execution(id)).delete(key.lease(id)).delete(key.logHead(id))
        .delete(key.endedExecution(id)).sum(key.revision, 1n);
      for (const index of indexKeys(execution)) operation.delete(index);
      for (const chunk of logKeys(id, head!)) operation.delete(chunk);
      return await this.#session.commit(operation) ? true : again;
    });
  }

  /** As `JobRecords.repair`. */
  async repair(dryRun: boolean): Promise<string[]> {
    const done: string[] = [];
    const wanted = new Map<string, string>();
    for await (const entry of this.#session.list({ prefix: key.executions })) {
      const execution = await this.#read(entry);
      if (execution === undefined) continue;
      for (const index of indexKeys(execution)) wanted.set(JSON.stringify(index), execution.id);
    }
    const prefixes: Deno.KvKey[] = [
      key.executionsByTime,
      key.executionsByJob,
      key.executionsByStatus,
      key.retries,
      key.waitingUploads,
    ];
    for (const prefix of prefixes) {
      for await (const entry of this.#session.list({ prefix })) {
        if (wanted.delete(JSON.stringify(entry.key))) continue;
        done.push(`removed the index entry ${entry.key.join("/")}, which points to nothing`);
        if (!dryRun) await this.#session.commit(this.#session.atomic().check(entry).delete(entry.key));
      }
    }
    for (const id of new Set(wanted.values())) {
      done.push(`indexed the execution ${id} again`);
      if (!dryRun) await this.update(id, (current) => current);
    }
    return done;
  }

  async #load(ids: string[]): Promise<Execution[]> {
    const executions: Execution[] = [];
    for (const entry of await this.#session.getMany(ids.map(key.execution))) {
      const execution = await this.#read(entry);
      if (execution !== undefined) executions.push(execution);
    }
    return executions;
  }

  #read(entry: KvEntryMaybe): Promise<Execution | undefined> {
    return this.#reader.read(executionSchema, entry);
  }
}

/** Adds the writes of an execution and its indexes. The revision follows what others wait for: its creation, its status and
 * the time before which it does not begin. */
export function writeExecution(
  operation: Deno.AtomicOperation,
  old: Execution | undefined,
  execution: Execution,
): void {
  if (old !== undefined) {
    const kept = new Set(indexKeys(execution).map((k) => JSON.stringify(k)));
    for (const gone of indexKeys(old)) if (!kept.has(JSON.stringify(gone))) operation.delete(gone);
  }
  operation.set(key.execution(execution.id), encodeRecord(execution, `the execution ${execution.id}`));
  for (const index of indexKeys(execution)) operation.set(index, execution.id);
  if (old !== undefined && ACTIVE_STATUSES.includes(old.status) && hasEnded(execution)) {
    operation.set(key.endedExecution(execution.id), execution.id);
  }
  if (old === undefined || moved(old, execution)) {
    operation.sum(key.revision, 1n);
  }
}

function hasEnded({ status }: Execution): boolean {
  return status !== "skipped" && !ACTIVE_STATUSES.includes(status);
}

function moved(old: Execution, execution: Execution): boolean {
  return old.status !== execution.status || old.retryAt !== execution.retryAt ||
    old.notBefore !== execution.notBefore ||
    old.upload.state !== execution.upload.state || old.upload.nextAt !== execution.upload.nextAt;
}

function indexKeys(execution: Execution): Deno.KvKey[] {
  const at = Date.parse(execution.scheduledAt);
  const keys: Deno.KvKey[] = [
    key.executionByTime(at, execution.id),
    key.executionByJob(execution.jobId, at, execution.id),
    key.executionByStatus(execution.status, at, execution.id),
  ];
  if (execution.upload.state === "waiting") keys.push(key.waitingUpload(at, execution.id));
  const waitsUntil = execution.status === "retrying"
    ? execution.retryAt
    : execution.status === "pending"
    ? execution.notBefore
    : null;
  if (waitsUntil !== null) keys.push(key.retry(Date.parse(waitsUntil), execution.id));
  return keys;
}
