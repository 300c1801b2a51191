import { freeGarbage } from "../core/free_garbage.ts";
import { TooManyJobsError } from "../schedule/access.ts";
import { type Execution, executionSchema } from "../schedule/execution.ts";
import { type Job, jobSchema } from "../schedule/job.ts";
import { writeExecution } from "./execution_records.ts";
import type { FireChange, FireOutcome, JobCounts, JobSummary } from "./job_store.ts";
import { before, from, key, startingWith } from "./keys.ts";
import { again, asCheck, type KvEntryMaybe, type KvSession } from "./kv_session.ts";
import { encodeRecord } from "./record_codec.ts";
import type { RecordReader } from "./record_reader.ts";
import { StoreError } from "./store_error.ts";

/** Records, of a kilobyte or two each. */
const FREE_EVERY = 500;

const summarySchema = jobSchema.pick({
  id: true,
  name: true,
  enabled: true,
  status: true,
  lastRun: true,
  nextRun: true,
  failuresInRow: true,
  schedules: true,
  timezone: true,
  blackout: true,
}).loose();

/** Jobs, and their indexes by name, by due time and by the jobs they depend on. */
export class JobRecords {
  readonly #session: KvSession;
  readonly #reader: RecordReader;

  constructor(session: KvSession, reader: RecordReader) {
    this.#session = session;
    this.#reader = reader;
  }

  create(job: Job, maxPerOwner = Infinity): Promise<boolean> {
    const ofOwner = key.lastJobOfOwner(job.createdBy);
    return this.#session.untilCommitted(`create the job "${job.name}"`, async () => {
      const last = await this.#session.get(ofOwner); // before they are counted: whoever adds one changes it
      const entry = await this.#session.get(key.job(job.id));
      if (await this.#read(entry) !== undefined) return false;
      const name = await this.#freeName(job.name, job.id);
      if (name === undefined) return false;
      if (await this.#countOfOwner(job.createdBy, maxPerOwner) >= maxPerOwner) {
        throw new TooManyJobsError(job.createdBy, maxPerOwner);
      }
      const operation = this.#session.atomic().check({ key: key.job(job.id), versionstamp: null }, asCheck(name));
      if (job.createdBy !== "") operation.check(asCheck(last)).set(ofOwner, job.id);
      writeJob(operation, undefined, job);
      return await this.#session.commit(operation) ? true : again;
    });
  }

  async get(id: string): Promise<Job | undefined> {
    return await this.#read(await this.#session.get(key.job(id)));
  }

  async find(reference: string): Promise<Job[]> {
    if (reference === "") return [];
    const named = await this.#session.get(key.jobByName(reference));
    const ids = new Set([reference, ...(typeof named.value === "string" ? [named.value] : [])]);
    const exact = (await this.#load([...ids])).filter((job) => job.id === reference || job.name === reference);
    if (exact.length > 0) return exact;
    return (await this.#readAll(startingWith(key.jobs, reference))).sort(byName);
  }

  async list(): Promise<Job[]> {
    return (await this.#readAll({ prefix: key.jobs })).sort(byName);
  }

  /** Reads a few fields of each job. Unreadable ones are passed over. */
  async each(visit: (job: JobSummary) => void): Promise<void> {
    let visited = 0;
    for await (const entry of this.#session.list({ prefix: key.jobs }, { batchSize: 100 })) {
      const decoded = this.#reader.decode(summarySchema, entry);
      if ("value" in decoded) visit(decoded.value);
      if (++visited % FREE_EVERY === 0) freeGarbage();
    }
  }

  async counts(): Promise<JobCounts> {
    const total = await this.#count(key.jobNames);
    const disabled = await this.#count(key.jobsDisabled);
    return { total, enabled: total - disabled };
  }

  async #count(prefix: Deno.KvKey, enough = Infinity): Promise<number> {
    let count = 0;
    const limit = enough === Infinity ? {} : { limit: enough };
    for await (const _ of this.#session.list({ prefix }, limit)) count++;
    return count;
  }

  update(id: string, change: (job: Job) => Job): Promise<Job | undefined | false> {
    return this.#session.untilCommitted(`change the job ${id}`, async () => {
      const entry = await this.#session.get(key.job(id));
      const job = await this.#read(entry);
      if (job === undefined) return undefined;
      const changed = { ...change(job), id };
      const operation = this.#session.atomic().check(entry);
      if (changed.name !== job.name) {
        const name = await this.#freeName(changed.name, id);
        if (name === undefined) return false;
        operation.check(asCheck(name));
      }
      writeJob(operation, job, changed);
      return await this.#session.commit(operation) ? changed : again;
    });
  }

  /** Writes a job of another store, which is right where the two differ: a job here that has its name makes room. */
  put(job: Job): Promise<void> {
    return this.#session.untilCommitted(`write the job "${job.name}"`, async () => {
      const [entry, name] = await this.#session.getMany([key.job(job.id), key.jobByName(job.name)]);
      const old = await this.#read(entry!);
      const operation = this.#session.atomic().check(asCheck(entry!), asCheck(name!));
      if (typeof name!.value === "string" && name!.value !== job.id) {
        const holder = await this.get(name!.value);
        if (holder?.name === job.name) deleteJob(operation, holder);
      }
      writeJob(operation, old, job);
      return await this.#session.commit(operation) ? undefined : again;
    });
  }

  /** Adds the change of a job, if it exists, to an operation that fails when another writer comes first. */
  async addChange(operation: Deno.AtomicOperation, id: string, change: (job: Job) => Job): Promise<void> {
    const entry = await this.#session.get(key.job(id));
    const job = await this.#read(entry);
    if (job === undefined) return;
    operation.check(entry);
    try {
      writeJob(operation, job, { ...change(job), id, name: job.name });
    } catch (error) {
      // Of a job that has no room for one more message, the rest of the operation matters more.
      if (!(error instanceof StoreError) || error.code !== "RECORD_TOO_LARGE") throw error;
    }
  }

  delete(id: string): Promise<boolean> {
    return this.#session.untilCommitted(`delete the job ${id}`, async () => {
      const entry = await this.#session.get(key.job(id));
      const job = await this.#read(entry);
      if (job === undefined) return false;
      const operation = this.#session.atomic().check(entry).sum(key.revision, 1n);
      deleteJob(operation, job);
      return await this.#session.commit(operation) ? true : again;
    });
  }

  async dependents(jobId: string): Promise<Job[]> {
    const ids: string[] = [];
    for await (const entry of this.#session.list({ prefix: key.dependentsOf(jobId) })) ids.push(entry.value as string);
    return (await this.#load(ids)).filter(({ dependsOn }) => dependsOn.some(({ job }) => job === jobId));
  }

  async due(now: Date, limit: number): Promise<Job[]> {
    const due: Job[] = [];
    for await (const page of this.#duePages(now)) {
      const jobs = await this.#session.getMany(page.map((entry) => key.job(entry.value as string)));
      for (const [i, jobEntry] of jobs.entries()) {
        const job = await this.#read(jobEntry);
        const indexed = page[i]!;
        if (job !== undefined && job.nextRun !== null && Date.parse(job.nextRun) === indexed.key[1]) {
          due.push(job);
          if (due.length >= limit) return due;
        } else await this.#dropStale(indexed, job === undefined ? null : jobEntry.versionstamp);
      }
    }
    return due;
  }

  async dueAfter(at: Date): Promise<string[]> {
    const ids: string[] = [];
    for await (const entry of this.#session.list(from(key.due, at.getTime() + 1))) ids.push(entry.value as string);
    return ids;
  }

  async nextDueAt(): Promise<number | undefined> {
    for await (const entry of this.#session.list({ prefix: key.due }, { limit: 1 })) return entry.key[1] as number;
    return undefined;
  }

  /** See `JobStore.fire`. */
  fire(
    jobId: string,
    execution: Execution,
    change: FireChange,
    replaceSkipped: boolean,
  ): Promise<FireOutcome> {
    return this.#session.untilCommitted(`record the execution ${execution.id}`, async () => {
      const [jobEntry, executionEntry] = await this.#session.getMany([key.job(jobId), key.execution(execution.id)]);
      const job = await this.#read(jobEntry!);
      if (job === undefined) return "gone";
      const found = replaceSkipped ? await this.#reader.read(executionSchema, executionEntry!) : undefined;
      const replaced = found?.status === "skipped" ? found : undefined;
      const exists = executionEntry!.versionstamp !== null && replaced === undefined;
      const changed = change(job, exists);
      if (changed === undefined) return "stale";
      const operation = this.#session.atomic().check(jobEntry!);
      if (!exists) {
        operation.check(asCheck(executionEntry!));
        writeExecution(operation, replaced, execution);
        if (execution.trigger === "recover") await this.#markRecovered(operation, execution);
      }
      writeJob(operation, job, { ...changed, id: jobId, name: job.name });
      if (!await this.#session.commit(operation)) return again;
      return exists ? "exists" : "created";
    });
  }

  /** Index entries that nothing points back to, and records without their entries. @returns what was put right */
  async repair(dryRun: boolean): Promise<string[]> {
    const done: string[] = [];
    const jobs = new Map((await this.list()).map((job) => [job.id, job]));
    const indexed = new Set<string>();
    for (const prefix of [key.jobNames, key.jobsDisabled, key.due, key.dependents, key.jobOwners]) {
      for await (const entry of this.#session.list({ prefix })) {
        const job = jobs.get(entry.value as string);
        if (job !== undefined && indexKeys(job).some((k) => sameKey(k, entry.key))) {
          indexed.add(JSON.stringify(entry.key));
          continue;
        }
        done.push(`removed the index entry ${entry.key.join("/")}, which points to nothing`);
        if (!dryRun) await this.#session.commit(this.#session.atomic().check(entry).delete(entry.key));
      }
    }
    for (const job of jobs.values()) {
      const missing = indexKeys(job).filter((k) => !indexed.has(JSON.stringify(k)));
      if (missing.length === 0) continue;
      done.push(`indexed the job "${job.name}" again`);
      if (!dryRun) await this.update(job.id, (current) => current);
    }
    return done;
  }

  /** Adds to what an execution recovers who does so: nobody sees the one without the other. */
  async #markRecovered(operation: Deno.AtomicOperation, { id, causedBy }: Execution): Promise<void> {
    const entry = await this.#session.get(key.execution(causedBy));
    const failed = await this.#reader.read(executionSchema, entry);
    if (failed === undefined) return;
    writeExecution(operation.check(asCheck(entry)), failed, { ...failed, recoveredBy: id });
  }

  /** @param enough is as far as it counts */
  async #countOfOwner(owner: string, enough: number): Promise<number> {
    return owner === "" || enough === Infinity ? 0 : await this.#count(key.jobsOfOwner(owner), enough);
  }

  async #freeName(name: string, id: string): Promise<KvEntryMaybe | undefined> {
    const entry = await this.#session.get(key.jobByName(name));
    if (entry.versionstamp === null || entry.value === id) return entry;
    // The entry of a job that was set aside as unreadable holds no name.
    const holder = await this.get(entry.value as string);
    return holder === undefined || holder.name !== name ? entry : undefined;
  }

  async *#duePages(now: Date): AsyncGenerator<Deno.KvEntry<unknown>[]> {
    let page: Deno.KvEntry<unknown>[] = [];
    for await (const entry of this.#session.list(before(key.due, now.getTime() + 1), { batchSize: 100 })) {
      page.push(entry);
      if (page.length === 40) {
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  /** @param versionstamp of the job that the entry does not fit; null when there is none, or none that can be read */
  async #dropStale(indexed: Deno.KvEntry<unknown>, versionstamp: string | null): Promise<void> {
    // Only if the job still is as it was read; otherwise its writer looks after the index.
    const job = { key: key.job(indexed.value as string), versionstamp };
    await this.#session.commit(this.#session.atomic().check(indexed, job).delete(indexed.key));
  }

  async #load(ids: string[]): Promise<Job[]> {
    const jobs: Job[] = [];
    for (const entry of await this.#session.getMany(ids.map(key.job))) {
      const job = await this.#read(entry);
      if (job !== undefined) jobs.push(job);
    }
    return jobs;
  }

  async #readAll(selector: Deno.KvListSelector): Promise<Job[]> {
    const jobs: Job[] = [];
    for await (const entry of this.#session.list(selector)) {
      const job = await this.#read(entry);
      if (job !== undefined) jobs.push(job);
    }
    return jobs;
  }

  #read(entry: KvEntryMaybe): Promise<Job | undefined> {
    return this.#reader.read(jobSchema, entry);
  }
}

function writeJob(operation: Deno.AtomicOperation, old: Job | undefined, job: Job): void {
  operation.set(key.job(job.id), encodeRecord(job, `the job "${job.name}"`));
  if (old !== undefined) {
    const kept = indexKeys(job);
    for (const gone of indexKeys(old)) if (!kept.some((k) => sameKey(k, gone))) operation.delete(gone);
  }
  for (const index of indexKeys(job)) operation.set(index, job.id);
  operation.sum(key.revision, 1n);
}

function deleteJob(operation: Deno.AtomicOperation, job: Job): void {
  operation.delete(key.job(job.id));
  for (const index of indexKeys(job)) operation.delete(index);
}

function indexKeys(job: Job): Deno.KvKey[] {
  const keys: Deno.KvKey[] = [key.jobByName(job.name)];
  if (job.createdBy !== "") keys.push(key.jobOfOwner(job.createdBy, job.id));
  if (!job.enabled) keys.push(key.jobDisabled(job.id));
  if (job.nextRun !== null) keys.push(key.dueJob(Date.parse(job.nextRun), job.id));
  for (const { job: other } of job.dependsOn) keys.push(key.dependent(other, job.id));
  return keys;
}

function sameKey(a: Deno.KvKey, b: Deno.KvKey): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i]);
}

function byName(a: Job, b: Job): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
