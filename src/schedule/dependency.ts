import { newExecution, skippedExecution } from "./apply_firing.ts";
import type { Execution, ExecutionStatus } from "./execution.ts";
import type { SkipReason } from "./firing.ts";
import type { Job } from "./job.ts";
import { type ActiveExecution, decideOverlap } from "./overlap.ts";

type Dependency = Job["dependsOn"][number];

/** The ends of an execution that a dependency is about. A partial bundle is a success. */
const FOLLOWED: Readonly<Record<Dependency["on"], readonly ExecutionStatus[]>> = {
  succeeded: ["completed", "partial"],
  failed: ["failed", "quarantined"],
  finished: ["completed", "partial", "failed", "quarantined", "cancelled"],
};

/** Decides what the end of another job's execution means for a job: an execution of its own, due at that end, pending or
 * skipped with the reason.
 * @param ended with its `endTime`
 * @param active executions, of this job or any
 * @returns undefined when the job does not follow */
export function decideFollow(
  job: Job,
  ended: Execution,
  now: Date,
  active: readonly ActiveExecution[],
): { execution: Execution; skipped?: SkipReason } | undefined {
  const follows = job.dependsOn.some(({ job: id, on }) => id === ended.jobId && FOLLOWED[on].includes(ended.status));
  if (!follows || ended.endTime === null) return undefined;
  if ((job.startAt !== null && ended.endTime < job.startAt) || (job.endAt !== null && ended.endTime > job.endAt)) {
    return undefined;
  }
  const execution = { ...newExecution(job, new Date(ended.endTime), "dependency"), causedBy: ended.id };
  const overlap = decideOverlap(job, active);
  const skipped = !job.enabled ? "disabled" : overlap.do === "skip" ? overlap.why : undefined;
  if (skipped === undefined) return { execution };
  const lateByMs = now.getTime() - Date.parse(ended.endTime);
  return { execution: skippedExecution({ ...execution, runNumber: 0 }, skipped, lateByMs, now), skipped };
}

/** The circle of jobs that a job's dependencies would close, from the job back to itself; undefined when there is none.
 * @param jobs all others, or more; what stands there of this job does not count */
export function findCycle(
  job: Pick<Job, "id" | "dependsOn">,
  jobs: readonly Pick<Job, "id" | "dependsOn">[],
): string[] | undefined {
  const known = new Map(jobs.map((it) => [it.id, it]));
  known.set(job.id, job);
  const seen = new Set<string>();
  const path: string[] = [];
  const leadsBack = (id: string): boolean => {
    if (id === job.id && path.length > 0) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    path.push(id);
    if (known.get(id)?.dependsOn.some(({ job: next }) => leadsBack(next))) return true;
    path.pop();
    return false;
  };
  return leadsBack(job.id) ? [...path, job.id] : undefined;
}
