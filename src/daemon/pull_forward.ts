import { parseDuration } from "../core/duration.ts";
import { withNextRun } from "../schedule/apply_firing.ts";
import { executionId } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "../store/job_store.ts";

/** Finds what a clock that was ahead has moved on, after it was put right: jobs that wait longer than until their next due
 * time wait for that one, and retries that are farther away than any delay are due. A due time that has its execution is
 * passed over: no slot runs twice.
 * @returns how many jobs and executions were changed */
export async function pullForward(store: JobStore, now: Date, signal: AbortSignal): Promise<number> {
  return await pullJobs(store, now, 0, signal) + await pullRetries(store, now);
}

/** As {@linkcode pullForward}, for the start of a daemon, which does not know whether a clock was ahead: where nothing has
 * run in what is the future, jobs that wait for their next day are taken for right. Of thousands of jobs, most are. */
export async function pullForwardAtStart(store: JobStore, now: Date, signal: AbortSignal): Promise<number> {
  const [newest] = await store.listExecutions({ limit: 1 });
  const wasAhead = newest !== undefined && Date.parse(newest.scheduledAt) > now.getTime();
  return await pullJobs(store, now, wasAhead ? 0 : A_DAY_MS, signal) + await pullRetries(store, now);
}

/** The longest that a change of clocks can make of it. */
const A_DAY_MS = 26 * 3_600_000;

/** @param waitMs jobs that wait no longer are passed over */
async function pullJobs(store: JobStore, now: Date, waitMs: number, signal: AbortSignal): Promise<number> {
  let changed = 0;
  for (const id of await store.jobsDueAfter(new Date(now.getTime() + waitMs))) {
    if (signal.aborted) break;
    const job = await store.getJob(id);
    const nextRun = job && await firstOpenSlot(store, job, now);
    if (nextRun === undefined) continue;
    await store.updateJob(id, (it) => it.nextRun === job!.nextRun ? { ...it, nextRun } : it);
    changed++;
  }
  return changed;
}

/** @returns the first due time after `now` without an execution; undefined when that is not before the stored one */
async function firstOpenSlot(store: JobStore, job: Job, now: Date): Promise<string | undefined> {
  if (job.nextRun === null) return undefined;
  for (let after = now;;) {
    const next = nextRunAfter(job, after);
    if (next === undefined || Date.parse(next) >= Date.parse(job.nextRun)) return undefined;
    after = new Date(next);
    if (await store.getExecution(executionId(job.id, after)) === undefined) return next;
  }
}

function nextRunAfter(job: Job, after: Date): string | undefined {
  try {
    return withNextRun(job, after).nextRun ?? undefined;
  } catch {
    return undefined; // a schedule that cannot be read: the scheduler says so when the job is due
  }
}

async function pullRetries(store: JobStore, now: Date): Promise<number> {
  let changed = 0;
  for (const { id, jobId, status, retryAt } of await store.activeExecutions()) {
    if (status !== "retrying" || retryAt === null) continue;
    const job = await store.getJob(jobId);
    if (job === undefined) continue;
    const longestMs = parseDuration(job.retry.maxDelay, "retry.maxDelay");
    if (Date.parse(retryAt) <= now.getTime() + longestMs) continue;
    await store.updateExecution(id, (it) => it.retryAt === retryAt ? { ...it, retryAt: now.toISOString() } : it);
    changed++;
  }
  return changed;
}
