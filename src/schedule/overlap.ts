import { ACTIVE_STATUSES, type Execution } from "./execution.ts";
import type { Job, OverlapPolicy } from "./job.ts";

/** How many executions of a job may wait with `queue-all`: a job that is always slower than its schedule must not fill the
 * store. */
export const MAX_WAITING = 500;

/** What a decision about a due time depends on. */
export type ActiveExecution = Pick<Execution, "jobId" | "status">;
/** What the order of executions depends on. */
export type LinedUp = Pick<Execution, "id" | "jobId" | "status" | "runNumber" | "overlap" | "notBefore">;

/** `start` makes an execution; whether it begins at once says {@linkcode decideTurn}. */
export type OverlapDecision = { do: "start" } | { do: "skip"; why: "overlap" | "queue-full" };

/** Decides whether a job gets a further execution.
 * @param active executions, of this job or any; those of other jobs and finished ones do not count */
export function decideOverlap(
  job: Pick<Job, "id" | "overlapPolicy">,
  active: readonly ActiveExecution[],
): OverlapDecision {
  const own = active.filter((e) => e.jobId === job.id && ACTIVE_STATUSES.includes(e.status));
  const waiting = own.filter((e) => e.status === "pending").length;
  switch (job.overlapPolicy) {
    case "skip":
      return own.length > 0 ? { do: "skip", why: "overlap" } : { do: "start" };
    case "queue-one":
      return waiting > 0 ? { do: "skip", why: "queue-full" } : { do: "start" };
    case "queue-all":
      return waiting >= MAX_WAITING ? { do: "skip", why: "queue-full" } : { do: "start" };
    case "cancel-running":
    case "allow":
      return { do: "start" };
  }
}

/** What an execution made under a policy does about those before it. */
export const OVERLAP_OF: Readonly<Record<OverlapPolicy, Execution["overlap"]>> = {
  skip: "wait",
  "queue-one": "wait",
  "queue-all": "wait",
  "cancel-running": "cancel",
  allow: "allow",
};

/** What is to be done with an active execution, as far as others of its job matter. */
export type Turn =
  | { do: "go" }
  /** For those before it, in the order in which they were created. */
  | { do: "wait"; behind: string }
  /** It is to end: a later one takes its place. */
  | { do: "cancel"; for: string };

/** Decides from what the store says, so that all daemons on it come to the same: the first in line stays the first until
 * it ends, whatever is created meanwhile.
 * @param active executions of this job or any */
export function decideTurn(execution: LinedUp, active: readonly LinedUp[], now: Date): Turn {
  const others = active.filter((e) =>
    e.jobId === execution.jobId && e.id !== execution.id && ACTIVE_STATUSES.includes(e.status)
  );
  // One that is put off ends nothing before its time; what is put off keeps its place in line all the same.
  const successor = others.find((e) =>
    e.overlap === "cancel" && isBefore(execution, e) && (e.notBefore === null || new Date(e.notBefore) <= now)
  );
  if (successor !== undefined) return { do: "cancel", for: successor.id };
  if (execution.overlap === "allow" || execution.status === "running") return { do: "go" };
  const ahead = others.find((e) => e.status === "running") ?? others.find((e) => isBefore(e, execution));
  return ahead === undefined ? { do: "go" } : { do: "wait", behind: ahead.id };
}

/** Ids name the due time: they order what has no number yet, or the same. */
function isBefore(a: LinedUp, b: LinedUp): boolean {
  return a.runNumber === b.runNumber ? a.id < b.id : a.runNumber < b.runNumber;
}
