import { type Clock, systemClock } from "../core/clock.ts";
import type { Execution, ExecutionLog } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { Notice, NoticeRef, NotifierState } from "../schedule/notice.ts";
import type { JobTemplate } from "../schedule/template.ts";
import { boundedExecution } from "./bounded_execution.ts";
import { ExecutionRecords } from "./execution_records.ts";
import { JobRecords } from "./job_records.ts";
import type {
  ExecutionQuery,
  FireChange,
  FireOutcome,
  JobCounts,
  JobStore,
  JobSummary,
  Lease,
  NoticesOf,
  UnreadableRecord,
} from "./job_store.ts";
import { key } from "./keys.ts";
import { probeKvServer } from "./kv_server.ts";
import { CALL_TIMEOUT_MS, KvSession, LOCKED_FOR_MS } from "./kv_session.ts";
import { LeaseRecords } from "./lease_records.ts";
import { LogRecords } from "./log_records.ts";
import { migrateStore } from "./migrate_store.ts";
import type { Migrations } from "./record_migrations.ts";
import { NoticeRecords } from "./notice_records.ts";
import { RecordReader } from "./record_reader.ts";
import { isLocked, notWritable, toStoreError } from "./store_error.ts";
import { TemplateRecords } from "./template_records.ts";
import { prepareStoreFile, restrictStoreFile, type SetAsideFile } from "./store_file.ts";

/** A file on this machine, or a KV server (`http://…`, whose token is `DENO_KV_ACCESS_TOKEN` of the environment). */
export type StoreLocation = { path: string } | { url: string };

export interface OpenJobStoreOptions {
  clock?: Clock;
  /** Examines a large file for damage too. For the daemon; it takes a second for a gigabyte. */
  thorough?: boolean;
  /** How long a single call may take; 20 seconds. */
  callTimeoutMs?: number;
  /** Folder of backups: a damaged file is rebuilt from them, and one of an earlier version is backed up before it is
   * migrated. */
  backups?: string;
  /** Whether another process keeps the file open. Then a damaged one stays in its place. */
  inUse?(): Promise<boolean>;
  /** For tests; default: those of this program. */
  migrations?: Migrations;
}

/** Opens the store, and makes what is missing: folder, file, layout.
 * @returns a store whose `setAside` tells of a damaged file that another one took the place of
 * @throws {StoreError} when it cannot be opened; a healthy file is never touched */
export async function openJobStore(location: StoreLocation, options: OpenJobStoreOptions = {}): Promise<KvJobStore> {
  const { clock = systemClock, thorough = false, callTimeoutMs, backups, inUse } = options;
  const place = "path" in location ? location.path : location.url;
  const lockedForMs = Math.min(LOCKED_FOR_MS, callTimeoutMs ?? LOCKED_FOR_MS);
  const setAside = "path" in location
    ? await prepareStoreFile(location.path, { now: clock.now(), thorough, lockedForMs, backups, inUse })
    : undefined;
  if ("url" in location) {
    await probeKvServer(location.url, Deno.env.get("DENO_KV_ACCESS_TOKEN"), callTimeoutMs ?? CALL_TIMEOUT_MS);
  }
  const session = new KvSession(await openKv(place, lockedForMs), place, callTimeoutMs);
  try {
    if ("path" in location) await restrictStoreFile(location.path);
    const reader = new RecordReader(session, options.migrations);
    const store = new KvJobStore(session, reader, setAside);
    const before = "path" in location && backups !== undefined
      ? () => backUp(location.path, backups, clock)
      : undefined;
    await migrateStore(session, { reader, repair: () => store.repair(), before });
    return store;
  } catch (error) {
    session.close();
    throw toStoreError(error, place);
  }
}

async function openKv(place: string, lockedForMs: number): Promise<Deno.Kv> {
  const until = performance.now() + lockedForMs;
  while (true) {
    try {
      return await Deno.openKv(place);
    } catch (error) {
      if (isLocked(error) && performance.now() < until) {
        await systemClock.sleep(20 + Math.random() * 100);
      } else if (error instanceof Deno.errors.PermissionDenied) throw notWritable(place, error);
      else throw toStoreError(error, place);
    }
  }
}

async function backUp(path: string, backups: string, clock: Clock): Promise<void> {
  const { makeBackup } = await import("./backup.ts");
  await makeBackup(path, backups, clock.now());
}

/** The port on Deno KV. Get one from {@linkcode openJobStore}. */
export class KvJobStore implements JobStore {
  /** The damaged file that was found when the store was opened. */
  readonly setAside?: SetAsideFile;
  readonly #session: KvSession;
  readonly #reader: RecordReader;
  readonly #jobs: JobRecords;
  readonly #executions: ExecutionRecords;
  readonly #templates: TemplateRecords;
  readonly #leases: LeaseRecords;
  readonly #logs: LogRecords;
  readonly #notices: NoticeRecords;

  constructor(session: KvSession, reader = new RecordReader(session), setAside?: SetAsideFile) {
    this.#session = session;
    this.#reader = reader;
    this.#jobs = new JobRecords(session, this.#reader);
    this.#executions = new ExecutionRecords(session, this.#reader);
    this.#templates = new TemplateRecords(session, this.#reader);
    this.#leases = new LeaseRecords(session);
    this.#logs = new LogRecords(session);
    this.#notices = new NoticeRecords(session, this.#reader);
    this.setAside = setAside;
  }

  createJob(job: Job, maxPerOwner?: number): Promise<boolean> {
    return this.#jobs.create(job, maxPerOwner);
  }

  getJob(id: string): Promise<Job | undefined> {
    return this.#jobs.get(id);
  }

  findJobs(reference: string): Promise<Job[]> {
    return this.#jobs.find(reference);
  }

  listJobs(): Promise<Job[]> {
    return this.#jobs.list();
  }

  countJobs(): Promise<JobCounts> {
    return this.#jobs.counts();
  }

  eachJob(visit: (job: JobSummary) => void): Promise<void> {
    return this.#jobs.each(visit);
  }

  updateJob(id: string, change: (job: Job) => Job): Promise<Job | undefined | false> {
    return this.#jobs.update(id, change);
  }

  deleteJob(id: string): Promise<boolean> {
    return this.#jobs.delete(id);
  }

  saveTemplate(template: JobTemplate, replace = false): Promise<boolean> {
    return this.#templates.save(template, replace);
  }

  getTemplate(name: string): Promise<JobTemplate | undefined> {
    return this.#templates.get(name);
  }

  listTemplates(): Promise<JobTemplate[]> {
    return this.#templates.list();
  }

  deleteTemplate(name: string): Promise<boolean> {
    return this.#templates.delete(name);
  }

  dependentJobs(jobId: string): Promise<Job[]> {
    return this.#jobs.dependents(jobId);
  }

  dueJobs(now: Date, limit = 1_000): Promise<Job[]> {
    return this.#jobs.due(now, limit);
  }

  jobsDueAfter(at: Date): Promise<string[]> {
    return this.#jobs.dueAfter(at);
  }

  async nextDueAt(): Promise<Date | undefined> {
    const [job, retry] = await Promise.all([this.#jobs.nextDueAt(), this.#executions.nextRetryAt()]);
    const next = Math.min(job ?? Infinity, retry ?? Infinity);
    return next === Infinity ? undefined : new Date(next);
  }

  fire(
    jobId: string,
    execution: Execution,
    change: FireChange,
    replaceSkipped = false,
  ): Promise<FireOutcome> {
    return this.#jobs.fire(jobId, boundedExecution({ ...execution, jobId }), change, replaceSkipped);
  }

  getExecution(id: string): Promise<Execution | undefined> {
    return this.#executions.get(id);
  }

  updateExecution(
    id: string,
    change: (e: Execution) => Execution,
    lease?: Lease,
    changeJob?: (job: Job, changed: Execution) => Job,
    notices?: NoticesOf,
  ): Promise<Execution | undefined> {
    return this.#executions.update(id, change, lease, async (operation, execution) => {
      let job: Job | undefined;
      if (changeJob !== undefined) {
        await this.#jobs.addChange(operation, execution.jobId, (it) => job = changeJob(it, execution));
      }
      if (notices !== undefined) this.#notices.add(operation, notices(execution, job));
    });
  }

  listExecutions(query?: ExecutionQuery): Promise<Execution[]> {
    return this.#executions.list(query);
  }

  activeExecutions(jobId?: string): Promise<Execution[]> {
    return this.#executions.active(jobId);
  }

  waitingUploads(): Promise<Execution[]> {
    return this.#executions.waitingUploads();
  }

  deleteExecution(id: string): Promise<boolean> {
    return this.#executions.delete(id);
  }

  jobsWithExecutions(): Promise<string[]> {
    return this.#executions.jobs();
  }

  endedExecutions(): Promise<Execution[]> {
    return this.#executions.ended();
  }

  markFollowed(id: string): Promise<void> {
    return this.#executions.markFollowed(id);
  }

  claimLease(executionId: string, owner: string, now: Date, leaseMs: number): Promise<Lease | undefined> {
    return this.#leases.claim(executionId, owner, now, leaseMs);
  }

  renewLease(lease: Lease, now: Date, leaseMs: number): Promise<Lease | undefined> {
    return this.#leases.renew(lease, now, leaseMs);
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#leases.release(lease);
  }

  async getLease(executionId: string): Promise<Lease | undefined> {
    return (await this.#leases.getMany([executionId]))[0];
  }

  getLeases(executionIds: readonly string[]): Promise<(Lease | undefined)[]> {
    return this.#leases.getMany(executionIds);
  }

  appendLogs(executionId: string, entries: ExecutionLog[]): Promise<void> {
    return this.#logs.append(executionId, entries);
  }

  readLogs(executionId: string): Promise<ExecutionLog[]> {
    return this.#logs.read(executionId);
  }

  pendingNotices(): Promise<NoticeRef[]> {
    return this.#notices.pending();
  }

  getNotices(target: string, ids: readonly string[]): Promise<Notice[]> {
    return this.#notices.get(target, ids);
  }

  notifierStates(): Promise<NotifierState[]> {
    return this.#notices.states();
  }

  claimNotifier(
    target: string,
    owner: string,
    now: Date,
    claimMs: number,
    deadOwner?: string,
  ): Promise<NotifierState | undefined> {
    return this.#notices.claim(target, owner, now, claimMs, deadOwner);
  }

  settleNotifier(
    claimed: NotifierState,
    state: NotifierState | undefined,
    done: readonly NoticeRef[],
  ): Promise<boolean> {
    return this.#notices.settle(claimed, state, done);
  }

  async revision(): Promise<string> {
    const { value } = await this.#session.get(key.revision);
    return value instanceof Deno.KvU64 ? value.value.toString() : "0";
  }

  async repair(options: { dryRun?: boolean } = {}): Promise<string[]> {
    const { dryRun = false } = options;
    const jobs = await this.#jobs.repair(dryRun);
    return [...jobs, ...await this.#executions.repair(dryRun), ...await this.#notices.repair(dryRun)];
  }

  unreadable(): UnreadableRecord[] {
    return this.#reader.unreadable;
  }

  setAsideRecords(): Promise<UnreadableRecord[]> {
    return this.#reader.setAsideRecords();
  }

  close(): void {
    this.#session.close();
  }
}
