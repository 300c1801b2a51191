import { ACTIVE_STATUSES, type Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";

/** What is left when everything has come to rest. */
export interface Evidence {
  slots: readonly JobSlots[];
  executions: readonly Execution[];
  /** Each time that a daemon recorded a final outcome. */
  accepted: readonly AcceptedOutcome[];
  /** Executions of which two attempts worked at the same time. */
  concurrent: readonly string[];
  /** Command lines of processes that live although no attempt runs. */
  processes: readonly string[];
  /** Files that only a running attempt has. */
  files: readonly string[];
  /** Keys of records, and names of files of the store, that cannot be read. */
  unreadable: readonly string[];
  /** What indexes and records disagree about. */
  disagreements: readonly string[];
}

/** A job and the due times that have come, RFC 3339 in UTC. */
export interface JobSlots {
  job: Job;
  due: readonly string[];
}

export interface AcceptedOutcome {
  execution: string;
  status: string;
  endTime: string;
}

/** `lost`: a due slot without an outcome. `doubled`: one with two, or that ran twice at a time. `left-over`: a process or a
 * file outlived its attempt. `unreadable`, `disagrees`: records of the store, alone and with each other. */
export type FaultKind = "lost" | "doubled" | "left-over" | "unreadable" | "disagrees";

export interface Fault {
  kind: FaultKind;
  what: string;
}

/** Everything that the evidence says against the scheduler: empty when each due slot has exactly one accepted outcome,
 * nothing is left over, and every record can be read. */
export function judge(evidence: Evidence): Fault[] {
  const byJob = Map.groupBy(evidence.executions, (it) => it.jobId);
  return [
    ...evidence.slots.flatMap((slots) => judgeSlots(slots, byJob.get(slots.job.id) ?? [])),
    ...judgeOutcomes(evidence.accepted),
    ...faults("doubled", evidence.concurrent, (id) => `two attempts of ${id} ran at the same time`),
    ...faults("left-over", evidence.processes, (it) => `the process ${it} lives on`),
    ...faults("left-over", evidence.files, (it) => `${it} is still there`),
    ...faults("unreadable", evidence.unreadable, (it) => `${it} cannot be read`),
    ...faults("disagrees", evidence.disagreements, (it) => it),
  ];
}

function judgeSlots({ job, due }: JobSlots, executions: readonly Execution[]): Fault[] {
  const found: Fault[] = [];
  const report = (kind: FaultKind, what: string) => found.push({ kind, what: `${job.name}: ${what}` });
  const wanted = new Set(due);
  for (const { id, status, scheduledAt } of executions) {
    if (!wanted.has(scheduledAt)) report("doubled", `${id} is of no due time`);
    if (ACTIVE_STATUSES.includes(status)) report("lost", `${id} is still ${status}`);
  }
  // A slot that was not run is counted by its reason; some have an execution that says so beside.
  const runs = executions.filter(({ status }) => status !== "skipped");
  const skipped = Object.values(job.skipped).reduce((sum, count) => sum + count, 0);
  const decided = runs.length + skipped;
  const sum = `${due.length} slots came due, ${runs.length} have an execution, ${skipped} were skipped`;
  if (decided < due.length) {
    report("lost", `${sum}; it is ${job.status}, next due ${job.nextRun ?? "never"} ${job.lastError}`.trim());
  }
  if (decided > due.length) report("doubled", sum);
  if (job.runCount !== runs.length) {
    report("disagrees", `it counts ${job.runCount} runs, and has ${runs.length} executions`);
  }
  const newest = runs.reduce<Execution | undefined>((a, b) => a && a.scheduledAt > b.scheduledAt ? a : b, undefined);
  if (job.enabled && newest !== undefined && job.status !== newest.status) {
    report("disagrees", `it is ${job.status}, and its last execution ${newest.status}`);
  }
  return found;
}

function judgeOutcomes(accepted: readonly AcceptedOutcome[]): Fault[] {
  // The same outcome may be written again, when nobody knows whether the first write was done.
  const outcomes = Map.groupBy(accepted, (it) => it.execution);
  return [...outcomes].flatMap(([execution, all]) => {
    const different = new Set(all.map(({ status, endTime }) => `${status} at ${endTime}`));
    return different.size < 2
      ? []
      : [{ kind: "doubled" as const, what: `${execution} has the outcomes ${[...different].join(", ")}` }];
  });
}

function faults<T>(kind: FaultKind, found: readonly T[], say: (it: T) => string): Fault[] {
  return found.map((it) => ({ kind, what: say(it) }));
}
