import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { newExecution } from "../../schedule/apply_firing.ts";
import { isGivenUp, isSuccess } from "../../schedule/dead_letter.ts";
import { ACTIVE_STATUSES, type Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import type { JobStore } from "../../store/job_store.ts";
import { addExecution } from "./add_execution.ts";
import { findDeadLetters } from "./find_dead_letters.ts";
import { refuseOverlap } from "./run.ts";

/** The executions to recover so that none of a set of dead letters is left: the newest of each job, whose success makes those
 * before it good too. */
export function newestOfEachJob(letters: readonly Execution[]): Execution[] {
  return letters.filter((it, i) => letters.findIndex(({ jobId }) => jobId === it.jobId) === i);
}

/** Adds the execution that recovers another one: due now, of the job as it is now, bound by its overlap policy. What failed
 * stays as it is, as history, with `recoveredBy`.
 * @param dryRun checks the same, and changes nothing
 * @throws {SupportBundleError} `NOT_RECOVERABLE`, `ALREADY_RECOVERED` with the id of the recovery, `JOB_ACTIVE`,
 * `JOB_NOT_FOUND` */
export async function recoverExecution(
  store: JobStore,
  failed: Execution,
  now: Date,
  dryRun = false,
): Promise<Execution> {
  refuseUnlessGivenUp(failed);
  const make = async (job: Job, at: Date) => {
    await refuseRecovered(store, failed);
    await refuseOverlap(store, job);
    return { ...newExecution(job, at, "recover"), causedBy: failed.id };
  };
  if (dryRun) {
    const job = await store.getJob(failed.jobId);
    if (job === undefined) throw jobGone(failed);
    return await make(job, now);
  }
  for (let at = now;; at = new Date(at.getTime() + 1)) { // a slot has one execution
    const added = await addExecution(store, failed.jobId, (job) => make(job, at));
    if (added === "gone") throw jobGone(failed);
    if (added !== "exists") return added;
  }
}

/** What {@linkcode recoverAll} came to. */
export interface Recovered {
  executions: Execution[];
  /** Of the jobs that are looked after already, why nothing was added. */
  left: string[];
}

/** Recovers the dead letters of all jobs, one execution a job. A job with an active run is left alone, whatever its overlap
 * policy: that run may make good what failed.
 * @param only those of them that are meant */
export async function recoverAll(
  store: JobStore,
  now: Date,
  { only = () => true, dryRun = false }: { only?: (letter: Execution) => boolean; dryRun?: boolean } = {},
): Promise<Recovered> {
  const recovered: Recovered = { executions: [], left: [] };
  for (const letter of newestOfEachJob((await findDeadLetters(store)).filter(only))) {
    const [active] = await store.activeExecutions(letter.jobId);
    if (active !== undefined) {
      const { id, jobName, status } = active;
      recovered.left.push(`"${jobName}" is left alone: ${id}${madeFor(active, letter)} is ${status}`);
      continue;
    }
    try {
      recovered.executions.push(await recoverExecution(store, letter, now, dryRun));
    } catch (error) {
      const looked = error instanceof SupportBundleError && LOOKED_AFTER.includes(error.code);
      if (!looked) throw error;
      recovered.left.push(error.message);
    }
  }
  return recovered;
}

function madeFor({ causedBy }: Execution, letter: Execution): string {
  return causedBy === letter.id ? ", its recovery," : "";
}

/** What others have done since the dead letters were listed. */
const LOOKED_AFTER = ["ALREADY_RECOVERED", "JOB_ACTIVE", "JOB_NOT_FOUND"];

/** Recoveries of recoveries that are looked at. */
const MAX_CHAIN = 100;

/** The execution that recovers another one already, or has done so: it was made for it, or for a recovery of it, and is still
 * active or succeeded. */
async function standingRecovery(store: JobStore, failed: Execution): Promise<Execution | undefined> {
  let next = await store.getExecution(failed.id);
  for (let i = 0; i < MAX_CHAIN && next !== undefined && next.recoveredBy !== ""; i++) {
    next = await store.getExecution(next.recoveredBy);
    if (next !== undefined && (ACTIVE_STATUSES.includes(next.status) || isSuccess(next))) return next;
  }
  return undefined;
}

async function refuseRecovered(store: JobStore, failed: Execution): Promise<void> {
  const standing = await standingRecovery(store, failed);
  if (standing === undefined) return;
  const active = ACTIVE_STATUSES.includes(standing.status);
  throw new SupportBundleError(
    `${failed.id} ${active ? "is being" : "was"} recovered by ${standing.id}, which is ${standing.status}. ` +
      "Nothing was queued",
    {
      code: "ALREADY_RECOVERED",
      hint: active
        ? `Follow it with \`support-bundle schedule history --execution-id ${standing.id}\``
        : `For a further run: \`support-bundle schedule run "${failed.jobName}"\``,
    },
  );
}

function refuseUnlessGivenUp(execution: Execution): void {
  const { id, jobName, status, bundlePath } = execution;
  if (isGivenUp(execution)) return;
  const run = `\`support-bundle schedule run "${jobName}"\``;
  const [why, hint] = ACTIVE_STATUSES.includes(status)
    ? [
      `it is ${status}`,
      status === "running"
        ? "Wait for its end. One whose daemon died is tried again by the next daemon"
        : "Nothing is needed: it will be run when its turn comes, as long as a daemon runs",
    ]
    : status === "quarantined"
    ? [
      `it did not fail, its bundle is held back, as it may contain a secret${
        bundlePath === "" ? "" : `: ${bundlePath}`
      }`,
      `The same specs would collect the same: see docs/leak-gate.md, add a rule that hides it, then ${run}`,
    ]
    : status === "skipped"
    ? ["it was skipped, not run", "`support-bundle schedule backfill` makes up for due times that were not run"]
    : status === "cancelled"
    ? [`it was ended on purpose: ${execution.error}`, `For another run: ${run}`]
    : [`it is ${status}, and has its bundle`, `For another run: ${run}`];
  throw new SupportBundleError(`Cannot recover ${id}: ${why}. Nothing was queued`, { code: "NOT_RECOVERABLE", hint });
}

function jobGone({ id, jobName, jobId }: Execution): SupportBundleError {
  return new SupportBundleError(`Cannot recover ${id}: its job "${jobName}" (${jobId}) was deleted`, {
    code: "JOB_NOT_FOUND",
    exitCode: EXIT.notFound,
    hint: "Make the job again with `support-bundle schedule create`, then run it",
  });
}
