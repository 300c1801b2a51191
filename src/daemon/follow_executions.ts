import type { Clock } from "../core/clock.ts";
import { applyRun, countSkipped } from "../schedule/apply_firing.ts";
import { decideFollow } from "../schedule/dependency.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "../store/job_store.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { DaemonMetrics } from "./metrics.ts";

export interface FollowOptions {
  store: JobStore;
  clock: Clock;
  log: DaemonLog;
  metrics: Pick<DaemonMetrics, "skipped">;
}

/** Executions that led to one another, at most: beyond them a chain is taken for a circle. */
const MAX_CHAIN = 100;

/** Records what follows the executions that have ended since: for each job that depends on theirs an execution, due at
 * that end. What is done twice, by two daemons or after a crash, is one execution all the same: it has the same slot.
 * @returns how many executions were created */
export async function followExecutions(options: FollowOptions): Promise<number> {
  const { store } = options;
  let created = 0;
  for (;;) {
    const all = await store.endedExecutions();
    if (all.length === 0) return created;
    for (const ended of all) {
      for (const { id } of await store.dependentJobs(ended.jobId)) if (await follow(id, ended, options)) created++;
      await store.markFollowed(ended.id);
    }
  }
}

async function follow(jobId: string, ended: Execution, options: FollowOptions): Promise<boolean> {
  const { store, clock, metrics } = options;
  const job = await store.getJob(jobId);
  if (job === undefined) return false;
  const log = options.log.with({ component: "scheduler", job: job.name });
  const decision = decideFollow(job, ended, clock.now(), await store.activeExecutions(jobId));
  if (decision === undefined) return false;
  if (await isCircle(job, ended, store)) {
    log.error("its dependencies lead back to itself: not run", { after: ended.id });
    return false;
  }
  const { execution, skipped } = decision;
  let taken = false;
  const outcome = await store.fire(jobId, execution, (it, slotTaken) => {
    taken = slotTaken;
    if (slotTaken || it.runCount !== job.runCount) return undefined;
    return skipped === undefined ? applyRun(it) : countSkipped(it, skipped, 1);
  });
  if (taken || outcome === "gone") return false;
  // A run was added meanwhile: the decision about the overlap is to be made again.
  if (outcome === "stale") return await follow(jobId, ended, options);
  if (skipped !== undefined) {
    metrics.skipped(skipped);
    log.warn(execution.error, { execution: execution.id, reason: skipped });
  } else log.info("due: dependency", { execution: execution.id, after: ended.id });
  return true;
}

/** Two jobs that were changed at the same moment may have closed a circle that neither change could see. */
async function isCircle(job: Job, ended: Execution, store: JobStore): Promise<boolean> {
  let link: Execution | undefined = ended;
  for (let i = 0; i < MAX_CHAIN; i++) {
    if (link.jobId === job.id) return true;
    link = link.causedBy === "" ? undefined : await store.getExecution(link.causedBy);
    if (link === undefined) return false;
  }
  return true;
}
