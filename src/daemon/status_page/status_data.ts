import { describeError } from "../../core/errors.ts";
import { describeSchedule } from "../../schedule/describe_schedule.ts";
import { ACTIVE_STATUSES, type Execution, type ExecutionStatus } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { DaemonStatus } from "../control_protocol.ts";
import type { JobFacts } from "../job_census.ts";
import { type JobQuery, type JobSelection, type JobState, selectJobs } from "./job_state.ts";
import { type Waiting, waitingFor } from "./waiting.ts";

export const PAGE_SIZE = 50;
/** Of each job, as its small charts have them. */
const RECENT_RUNS = 12;
/** Of all jobs. */
const LATEST_RUNS = 200;
const MAX_WAITING = 50;
const MAX_TEXT = 500;

export interface StatusPageSource {
  now(): Date;
  /** Without the number of jobs: it does not ask the store. */
  status(): Promise<DaemonStatus>;
  jobs(): Promise<readonly JobFacts[]>;
  store: Pick<JobStore, "getJob" | "listExecutions">;
  /** What is wrong, by check; empty where nothing is. */
  ready(): Promise<ReadonlyMap<string, string>>;
}

/** What `/status.json` answers. Times are RFC 3339 in UTC, durations seconds, sizes bytes. */
export interface StatusData {
  generatedAt: string;
  daemon: Omit<DaemonStatus, "executions">;
  /** What `/readyz` finds wrong, a line each, and what this answer had to do without. */
  problems: string[];
  jobs: Omit<JobSelection, "jobs"> & { filter: string; state?: JobState; items: JobRow[] };
  running: DaemonStatus["executions"];
  /** Executions that have not begun, the longest due first. */
  waiting: Waiting[];
  /** The latest executions of all jobs, newest due time first. */
  executions: Run[];
}

export interface JobRow {
  id: string;
  name: string;
  state: JobState;
  /** The job's label `owner`. */
  owner?: string;
  /** In words. */
  schedule: string;
  nextRun: string | null;
  lastRun: string | null;
  lastError: string;
  failuresInRow: number;
  runCount: number;
  /** Due times that were not run, by reason. */
  skipped: Record<string, number>;
  pausedNote?: string;
  /** Its last runs, oldest first. */
  recent: Run[];
}

export interface Run {
  id: string;
  job: string;
  status: ExecutionStatus;
  trigger: Execution["trigger"];
  scheduledAt: string;
  startTime: string | null;
  endTime: string | null;
  duration: number;
  bundleSize: number;
  error: string;
}

/** Reads what the page shows: a page of jobs and the latest executions, through the store's indexes. What cannot be read
 * is a problem in the answer, not an error. */
export async function readStatus(source: StatusPageSource, query: JobQuery): Promise<StatusData> {
  const now = source.now();
  const problems = [...await source.ready()]
    .filter(([, problem]) => problem !== "").map(([check, problem]) => `${check}: ${problem}`);
  const storeAway = problems.some((problem) => problem.startsWith("store: "));
  const attempt = async <T>(what: string, otherwise: T, read: () => Promise<T>): Promise<T> => {
    if (storeAway) return otherwise;
    try {
      return await read();
    } catch (error) {
      problems.push(`${what} cannot be read: ${describeError(error)}`);
      return otherwise;
    }
  };
  const facts = await attempt("the jobs", [], () => source.jobs());
  const { jobs, ...selection } = selectJobs(facts, query, PAGE_SIZE, now);
  const { store } = source;
  const items = await attempt("the jobs of this page", [], () => readRows(store, jobs));
  const { executions: running, ...daemon } = await source.status();
  daemon.jobsTotal = facts.length;
  daemon.jobsActive = facts.length - selection.counts.disabled;
  const executions = await attempt(
    "the executions",
    [],
    async () => (await store.listExecutions({ limit: LATEST_RUNS })).map(toRun),
  );
  const waiting = await attempt("what waits", [], async () => {
    const pending = await store.listExecutions({ status: "pending", limit: MAX_WAITING });
    const retrying = await store.listExecutions({ status: "retrying", limit: MAX_WAITING });
    const slots = { running, maxConcurrent: daemon.maxConcurrent };
    return [...pending, ...retrying].map((execution) => waitingFor(execution, slots, now))
      .sort((a, b) => a.scheduledAt < b.scheduledAt ? -1 : 1);
  });
  return {
    generatedAt: now.toISOString(),
    daemon,
    problems,
    jobs: { ...selection, filter: query.filter, state: query.state, items },
    running,
    waiting,
    executions,
  };
}

async function readRows(store: StatusPageSource["store"], jobs: JobSelection["jobs"]): Promise<JobRow[]> {
  const rows: JobRow[] = [];
  const records = await Promise.all(jobs.map(({ facts }) => store.getJob(facts.id)));
  for (const [i, job] of records.entries()) {
    if (job === undefined) continue; // deleted meanwhile
    const runs = await store.listExecutions({ jobId: job.id, limit: RECENT_RUNS });
    rows.push({ ...toRow(job, jobs[i]!.state), recent: runs.toReversed().map(toRun) });
  }
  return rows;
}

function toRow(job: Job, state: JobState): Omit<JobRow, "recent"> {
  return {
    id: job.id,
    name: job.name,
    state,
    owner: job.labels["owner"],
    schedule: scheduleInWords(job),
    nextRun: job.nextRun,
    lastRun: job.lastRun,
    lastError: job.lastError.slice(0, MAX_TEXT),
    failuresInRow: job.failuresInRow,
    runCount: job.runCount,
    skipped: job.skipped,
    pausedNote: job.paused?.note.slice(0, MAX_TEXT),
  };
}

function scheduleInWords({ schedules, timezone, dependsOn }: Job): string {
  const after = dependsOn.length === 0
    ? ""
    : dependsOn.length === 1
    ? "After another job"
    : `After ${dependsOn.length} other jobs`;
  if (schedules.length === 0) return after || "Only by hand";
  try {
    const words = describeSchedule(schedules, timezone);
    return after === "" ? words : `${words}; and ${after.toLowerCase()}`;
  } catch {
    return schedules.join(", "); // what its last error is about
  }
}

function toRun(execution: Execution): Run {
  const { id, jobName, status, trigger, scheduledAt, startTime, endTime, duration, bundleSize } = execution;
  const ended = !ACTIVE_STATUSES.includes(status);
  return {
    id,
    job: jobName,
    status,
    trigger,
    scheduledAt,
    startTime,
    endTime: ended ? endTime : null,
    duration,
    bundleSize,
    error: execution.error.slice(0, MAX_TEXT),
  };
}
