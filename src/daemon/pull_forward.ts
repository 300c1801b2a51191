import { withNextRun } from "../schedule/apply_firing.ts";
import { executionId } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "../store/job_store.ts";

/** Finds jobs that wait longer than until their next due time, and lets them wait for that one: a clock that was ahead has
 * moved them on, and was put right. A due time that has its execution is passed over: no slot runs twice.
 * @returns how many jobs were changed */
export async function pullForward(
  store: Pick<JobStore, "eachJob" | "getJob" | "getExecution" | "updateJob">,
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  const waiting: string[] = [];
  await store.eachJob(({ id, nextRun }) => {
    if (nextRun !== null && Date.parse(nextRun) > now.getTime()) waiting.push(id);
  });
  let changed = 0;
  for (const id of waiting) {
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
async function firstOpenSlot(
  store: Pick<JobStore, "getExecution">,
  job: Job,
  now: Date,
): Promise<string | undefined> {
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
