import type { Execution, ExecutionLog, ExecutionStatus } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { Notice, NoticeRef, NotifierState } from "../schedule/notice.ts";
import type { JobTemplate } from "../schedule/template.ts";

/** Where jobs, executions and leases live. The port that the CLI and the daemon share; `kv_job_store.ts` implements it
 * on Deno KV. Every method throws `StoreError` when the store itself fails; losing a race is an answer, not an error. */
export interface JobStore {
  /** False when a job of this name (or id) exists.
   * @param maxPerOwner how many jobs of its `createdBy` there may be, this one included; however many make jobs at once
   * @throws {TooManyJobsError} */
  createJob(job: Job, maxPerOwner?: number): Promise<boolean>;
  getJob(id: string): Promise<Job | undefined>;
  /** The jobs a user may mean by a name, an id or a prefix of an id: the exact ones if there are any, else all
   * prefix matches. */
  findJobs(reference: string): Promise<Job[]>;
  /** All jobs, by name. */
  listJobs(): Promise<Job[]>;
  /** Visits all jobs, in no particular order, and never holds many of them: for whoever only counts. */
  eachJob(visit: (job: JobSummary) => void): Promise<void>;
  /** Reads the index: no job is read. */
  countJobs(): Promise<JobCounts>;
  /** Reads, changes and writes one job by compare-and-set, again on conflict. The change may run several times.
   * Indexes follow. @returns the stored job, undefined when it is gone; false when its new name is taken */
  updateJob(id: string, change: (job: Job) => Job): Promise<Job | undefined | false>;
  /** Removes the job and its index entries. Its executions stay, as history, until they are purged. */
  deleteJob(id: string): Promise<boolean>;

  /** False when a template of this name exists, and is not to be replaced. */
  saveTemplate(template: JobTemplate, replace?: boolean): Promise<boolean>;
  getTemplate(name: string): Promise<JobTemplate | undefined>;
  /** All templates, by name. */
  listTemplates(): Promise<JobTemplate[]>;
  /** Jobs made from it stay as they are. @returns false when there is none */
  deleteTemplate(name: string): Promise<boolean>;

  /** Jobs whose `dependsOn` names this one. Reads the index. */
  dependentJobs(jobId: string): Promise<Job[]>;
  /** Jobs whose `nextRun` is not after `now`, earliest first. Reads the index: costs as much as there is due. */
  dueJobs(now: Date, limit?: number): Promise<Job[]>;
  /** Ids of the jobs whose `nextRun` is after an instant, earliest first. Reads the index alone. */
  jobsDueAfter(at: Date): Promise<string[]>;
  /** The earliest `nextRun` of all jobs, `retryAt` of all retrying and `notBefore` of all pending executions. */
  nextDueAt(): Promise<Date | undefined>;
  /** Records in one step that a due time of the job has been decided: creates the execution (unless the slot has one
   * already) and writes the job as `change` makes it, with its next due time. What an execution with the trigger `recover`
   * recovers (`causedBy`) gets its id as `recoveredBy`.
   * @param change may run several times; is told whether the slot has its execution already. Undefined: the job is not as
   * it was when this was decided, and nothing is to be written
   * @param replaceSkipped an execution of the slot that was skipped makes room: it has not run
   * @returns `created`, or `exists` when the slot already had its execution (the job is advanced all the same), or
   * `gone` when the job no longer exists, or `stale` as `change` said */
  fire(jobId: string, execution: Execution, change: FireChange, replaceSkipped?: boolean): Promise<FireOutcome>;

  getExecution(id: string): Promise<Execution | undefined>;
  /** As `updateJob`. With a lease, the write only happens while that lease is the current one: a daemon that was paused
   * cannot finish what another took over. With `changeJob`, the execution's job changes in the same step, if it still
   * exists. With `notices`, those are written in the same step, too: whom to tell of it.
   * @param notices is given the job as it is after the change; at most 20 count, and long ones must have been shortened
   * @returns undefined when the execution is gone or the lease was lost */
  updateExecution(
    id: string,
    change: (e: Execution) => Execution,
    lease?: Lease,
    changeJob?: (job: Job, changed: Execution) => Job,
    notices?: NoticesOf,
  ): Promise<Execution | undefined>;
  /** Newest due time first. */
  listExecutions(query?: ExecutionQuery): Promise<Execution[]>;
  /** Executions that are pending, running or retrying, of one job or of all. Reads the index, and the records that were
   * written since the last time. What is returned is shared: not to be changed. */
  activeExecutions(jobId?: string): Promise<Execution[]>;
  /** Executions whose bundles wait for their destinations, earliest due time first. Reads the index: costs as much as
   * there is waiting. */
  waitingUploads(): Promise<Execution[]>;
  deleteExecution(id: string): Promise<boolean>;
  /** Ids of the jobs that have executions, deleted ones included. */
  jobsWithExecutions(): Promise<string[]>;
  /** Executions that have ended (not those that were skipped), and of which nobody has said yet that it was looked what
   * follows. At most 100. */
  endedExecutions(): Promise<Execution[]>;
  /** Says that what follows an execution has been recorded. */
  markFollowed(id: string): Promise<void>;

  /** Claims an execution for `owner` by compare-and-set. @returns undefined while another's lease holds */
  claimLease(executionId: string, owner: string, now: Date, leaseMs: number): Promise<Lease | undefined>;
  /** @returns undefined when the lease is no longer the current one */
  renewLease(lease: Lease, now: Date, leaseMs: number): Promise<Lease | undefined>;
  /** Harmless when it is no longer the current one. */
  releaseLease(lease: Lease): Promise<void>;
  getLease(executionId: string): Promise<Lease | undefined>;
  /** Those of many executions, in their order: a few reads, however many there are. */
  getLeases(executionIds: readonly string[]): Promise<(Lease | undefined)[]>;

  /** Adds to an execution's log; the oldest entries go when there are more than 1,000. */
  appendLogs(executionId: string, entries: ExecutionLog[]): Promise<void>;
  readLogs(executionId: string): Promise<ExecutionLog[]>;

  /** What notifiers are not told yet: by notifier, oldest first. Reads the index. */
  pendingNotices(): Promise<NoticeRef[]>;
  /** Those that are still there, in the order of the ids. */
  getNotices(target: string, ids: readonly string[]): Promise<Notice[]>;
  /** Of all notifiers that were ever claimed, and not forgotten since. */
  notifierStates(): Promise<NotifierState[]>;
  /** Claims the sending to a notifier by compare-and-set, so that two daemons never both send.
   * @param deadOwner whose claim counts for nothing
   * @returns its state with the claim; undefined while another's claim holds */
  claimNotifier(
    target: string,
    owner: string,
    now: Date,
    claimMs: number,
    deadOwner?: string,
  ): Promise<NotifierState | undefined>;
  /** Writes what became of sending, and removes what was told, in one step and only while the claim is the current one.
   * @param state with a claim, which goes on, or without one; undefined: nothing needs to be known of it any more
   * @param done at most 400
   * @returns false when another has the claim: nothing was written */
  settleNotifier(
    claimed: NotifierState,
    state: NotifierState | undefined,
    done: readonly NoticeRef[],
  ): Promise<boolean>;

  /** Changes with each write to a job, an execution's creation included. Cheap to read: the daemon polls it. */
  revision(): Promise<string>;
  /** Makes indexes and records agree again. @returns a line for each thing that was put right, or would be */
  repair(options?: { dryRun?: boolean }): Promise<string[]>;
  /** Records that could not be read and were set aside since the store was opened. */
  unreadable(): UnreadableRecord[];
  /** All records that were ever set aside, at most 1,000. */
  setAsideRecords(): Promise<UnreadableRecord[]>;
  close(): void;
}

export interface JobCounts {
  total: number;
  enabled: number;
}

/** The little of a job that counting takes. Its other fields are there too, as they are stored. */
export type JobSummary = Pick<
  Job,
  "id" | "name" | "enabled" | "status" | "lastRun" | "nextRun" | "failuresInRow" | "schedules" | "timezone" | "blackout"
>;

export type NoticesOf = (changed: Execution, job: Job | undefined) => readonly Notice[];

export type FireChange = (job: Job, slotTaken: boolean) => Job | undefined;
export type FireOutcome = "created" | "exists" | "gone" | "stale";

export interface ExecutionQuery {
  jobId?: string;
  status?: ExecutionStatus;
  since?: Date;
  limit?: number;
}

/** A time-limited claim on an execution. */
export interface Lease {
  executionId: string;
  /** Host, pid and a random part of the daemon that holds it. */
  owner: string;
  /** RFC 3339, UTC. */
  expiresAt: string;
  /** Fencing number: grows with each claim of the execution, whoever makes it. */
  fence: number;
}

export interface UnreadableRecord {
  key: string;
  reason: string;
}
