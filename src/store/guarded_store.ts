import { type Account, accountLabel } from "../core/account.ts";
import { type Access, AccessDeniedError, mayChange, TooManyJobsError } from "../schedule/access.ts";
import type { AuditEvent } from "../schedule/audit.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "./job_store.ts";
import { withMethods } from "./with_methods.ts";

/** What a method is about, and so whose leave it takes. `read`: nobody's; `store`: that of everybody who may change
 * anything; the others: that of whoever may change this job. */
type Subject = "read" | "store" | "new job" | "job id" | "execution id" | "lease";

/** A method that is not here does not compile: nobody can forget to say what it is about. */
const SUBJECTS: Record<keyof JobStore, Subject> = {
  createJob: "new job",
  getJob: "read",
  findJobs: "read",
  listJobs: "read",
  eachJob: "read",
  countJobs: "read",
  updateJob: "job id",
  deleteJob: "job id",
  dependentJobs: "read",
  dueJobs: "read",
  jobsDueAfter: "read",
  nextDueAt: "read",
  fire: "job id",
  getExecution: "read",
  updateExecution: "execution id",
  listExecutions: "read",
  activeExecutions: "read",
  waitingUploads: "read",
  deleteExecution: "execution id",
  endedExecutions: "read",
  markFollowed: "execution id",
  claimLease: "execution id",
  renewLease: "lease",
  releaseLease: "lease",
  getLease: "read",
  getLeases: "read",
  appendLogs: "execution id",
  readLogs: "read",
  pendingNotices: "read",
  getNotices: "read",
  notifierStates: "read",
  claimNotifier: "store",
  settleNotifier: "store",
  revision: "read",
  jobsWithExecutions: "read",
  setAsideRecords: "read",
  saveTemplate: "store",
  getTemplate: "read",
  listTemplates: "read",
  deleteTemplate: "store",
  repair: "store",
  unreadable: "read",
  close: "read",
};

/** Methods, as messages call what they do. */
const WORDS: Partial<Record<keyof JobStore, string>> = {
  createJob: "make a job",
  updateJob: "change a job",
  deleteJob: "delete a job",
  fire: "run a job",
  deleteExecution: "delete an execution",
  saveTemplate: "save a template",
  deleteTemplate: "delete a template",
  repair: "repair the store",
};

export interface StoreGuard {
  account: Account;
  access: Access;
  maxJobsPerUser?: number;
  /** What the reader of a refusal can do. */
  hint: string;
  /** Takes a refusal down. Does not throw. */
  audit(event: AuditEvent): Promise<void>;
}

/** A store that does what its guard lets this account do; the rest is refused, and taken down. Reading is never refused.
 * Its changing methods throw {@linkcode AccessDeniedError}, and `createJob` {@linkcode TooManyJobsError}. */
export function guardStore<Store extends JobStore>(store: Store, guard: StoreGuard): Store {
  const { access, account } = guard;
  /** Jobs that this account deleted here: what is left of them is its too. */
  const deleted = new Map<string, Job>();

  const jobOf = async (subject: Subject, argument: unknown): Promise<Partial<Job> | undefined> => {
    if (subject === "new job") return argument as Job;
    if (subject === "job id") return await store.getJob(argument as string);
    const id = subject === "lease" ? (argument as { executionId: string }).executionId : argument as string;
    const execution = await store.getExecution(id);
    if (execution === undefined) return undefined;
    const { jobId, jobName } = execution;
    return await store.getJob(jobId) ?? deleted.get(jobId) ?? { id: jobId, name: jobName };
  };
  const refuse = async (name: string, error: AccessDeniedError | TooManyJobsError, job?: Partial<Job>) => {
    const setting = error instanceof AccessDeniedError ? error.setting : "maxJobsPerUser";
    await guard.audit({ action: "refused", job: job?.name, jobId: job?.id, detail: `${name}: ${setting}` });
    return error;
  };
  const check = async (name: keyof JobStore, argument: unknown): Promise<void> => {
    const what = WORDS[name] ?? `change the scheduler (${name})`;
    const who = accountLabel(account);
    const subject = SUBJECTS[name];
    if (!access.allowed) {
      const job = subject === "store" ? undefined : await jobOf(subject, argument);
      throw await refuse(name, new AccessDeniedError(access.setting, what, who, access.why, guard.hint), job);
    }
    if (access.jobs === "all" || subject === "store") return;
    const job = await jobOf(subject, argument);
    if (job === undefined || mayChange(access, account, job.createdBy)) return; // the store says what is not there
    const why = `"${job.name}" belongs to ${
      job.createdBy || "nobody"
    }, and with \`requireAuth\` each changes its own jobs`;
    throw await refuse(name, new AccessDeniedError("requireAuth", what, who, why, guard.hint), job);
  };

  const methods: Partial<JobStore> = {
    async createJob(job, maxPerOwner = guard.maxJobsPerUser) {
      try {
        return await store.createJob(job, maxPerOwner);
      } catch (error) {
        throw error instanceof TooManyJobsError ? await refuse("createJob", error, job) : error;
      }
    },
    updateJob: (id, change) => store.updateJob(id, (job) => ({ ...change(job), createdBy: job.createdBy })),
    async deleteJob(id) {
      const job = await store.getJob(id);
      const done = await store.deleteJob(id);
      if (done && job !== undefined) deleted.set(id, job);
      return done;
    },
  };
  if (access.allowed && access.jobs === "all") return withMethods(store, methods);

  const checked = (Object.keys(SUBJECTS) as (keyof JobStore)[]).filter((name) => SUBJECTS[name] !== "read")
    .map((name) => {
      // deno-lint-ignore no-explicit-any -- each method has arguments of its own, and they are passed on as they are
      const method = (methods[name] ?? store[name].bind(store)) as (...args: any[]) => unknown;
      return [name, async (...args: unknown[]) => {
        await check(name, args[0]);
        return await method(...args);
      }];
    });
  return withMethods(store, Object.fromEntries(checked));
}
