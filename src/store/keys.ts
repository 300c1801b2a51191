import type { ExecutionStatus } from "../schedule/execution.ts";

/** Every key of the store; nothing else spells one. Instants are numbers (milliseconds since the epoch), which Deno KV
 * orders as such. An index entry's value is the id of the record it points to. */
export const key = {
  /** Version of the store's layout, a number as JSON. */
  schema: ["schema"],
  /** A `Deno.KvU64` that each change of jobs and executions adds one to. */
  revision: ["revision"],

  jobs: ["job"],
  job: (id: string) => ["job", id],
  jobNames: ["job_by_name"],
  jobByName: (name: string) => ["job_by_name", name],
  due: ["job_by_due"],
  dueJob: (dueAt: number, id: string) => ["job_by_due", dueAt, id],

  dependents: ["job_by_dependency"],
  dependentsOf: (jobId: string) => ["job_by_dependency", jobId],
  dependent: (jobId: string, dependentId: string) => ["job_by_dependency", jobId, dependentId],

  templates: ["template"],
  template: (name: string) => ["template", name],

  jobsDisabled: ["job_disabled"],
  jobDisabled: (id: string) => ["job_disabled", id],

  jobOwners: ["job_by_owner"],
  jobsOfOwner: (owner: string) => ["job_by_owner", owner],
  jobOfOwner: (owner: string, id: string) => ["job_by_owner", owner, id],
  /** The id of the job that an owner made last: two that are made at once meet here. */
  lastJobOfOwner: (owner: string) => ["owner", owner],

  executions: ["execution"],
  execution: (id: string) => ["execution", id],
  executionsByTime: ["execution_by_time"],
  executionByTime: (scheduledAt: number, id: string) => ["execution_by_time", scheduledAt, id],
  executionsByJob: ["execution_by_job"],
  executionsOfJob: (jobId: string) => ["execution_by_job", jobId],
  executionByJob: (jobId: string, scheduledAt: number, id: string) => ["execution_by_job", jobId, scheduledAt, id],
  executionsByStatus: ["execution_by_status"],
  executionsOfStatus: (status: ExecutionStatus) => ["execution_by_status", status],
  executionByStatus: (status: ExecutionStatus, scheduledAt: number, id: string) => [
    "execution_by_status",
    status,
    scheduledAt,
    id,
  ],
  retries: ["execution_by_retry"],
  retry: (retryAt: number, id: string) => ["execution_by_retry", retryAt, id],

  /** Executions whose bundles wait for their destinations. */
  waitingUploads: ["execution_by_upload"],
  waitingUpload: (scheduledAt: number, id: string) => ["execution_by_upload", scheduledAt, id],

  /** Executions that have ended, until somebody has looked which jobs follow. */
  ended: ["execution_ended"],
  endedExecution: (id: string) => ["execution_ended", id],

  leases: ["lease"],
  /** Stays after a release: it keeps the fencing number. */
  lease: (executionId: string) => ["lease", executionId],

  logHeads: ["log_head"],
  logHead: (executionId: string) => ["log_head", executionId],
  logChunks: ["log"],
  logChunk: (executionId: string, chunk: number) => ["log", executionId, chunk],

  /** What notifiers are not told yet, by notifier and in order. */
  outbox: ["outbox"],
  outboxEntry: (target: string, atMs: number, id: string) => ["outbox", target, atMs, id],
  notices: ["notice"],
  notice: (target: string, id: string) => ["notice", target, id],
  notifierStates: ["notifier"],
  notifierState: (target: string) => ["notifier", target],

  setAsides: ["set_aside"],
  /** The value of an unreadable record, below the key it had. */
  setAside: (original: Deno.KvKey) => ["set_aside", ...original],
  setAsideReasons: ["set_aside_reason"],
  setAsideReason: (original: Deno.KvKey) => ["set_aside_reason", ...original],
} as const;

/** All keys from `prefix` on that come before the part `end`. */
export function before(prefix: Deno.KvKey, end: Deno.KvKeyPart): Deno.KvListSelector {
  return { prefix, end: [...prefix, end] };
}

/** All keys under `prefix` from the part `start` on. */
export function from(prefix: Deno.KvKey, start: Deno.KvKeyPart): Deno.KvListSelector {
  return { prefix, start: [...prefix, start] };
}

/** All keys under `prefix` whose next part is a string that begins with `text`. */
export function startingWith(prefix: Deno.KvKey, text: string): Deno.KvListSelector {
  return { start: [...prefix, text], end: [...prefix, text + "\u{10FFFF}"] };
}

/** For messages and reports: `execution/job-1a2b3c4d5e-20260302T020000Z`. */
export function showKey(parts: Deno.KvKey): string {
  return parts.map((part) => part instanceof Uint8Array ? `<${part.length} bytes>` : String(part)).join("/");
}
