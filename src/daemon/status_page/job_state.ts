import type { JobFacts } from "../job_census.ts";
import { isOverdue } from "../job_metrics.ts";

/** How a job is, in the order in which it asks for attention. */
export const JOB_STATES = ["failing", "overdue", "running", "partial", "ok", "new", "disabled"] as const;
export type JobState = (typeof JOB_STATES)[number];

export function jobState(job: JobFacts, now: Date): JobState {
  if (!job.enabled) return "disabled";
  if (job.failuresInRow > 0 || job.status === "failed") return "failing";
  if (isOverdue(job, now)) return "overdue";
  if (job.status === "running") return "running";
  if (job.status === "partial") return "partial";
  return job.status === "completed" ? "ok" : "new";
}

/** Which jobs a page is about. */
export interface JobQuery {
  /** Part of a name, in any case; empty: all. */
  filter: string;
  /** Only those in this state. */
  state?: JobState;
  /** From 1. */
  page: number;
}

export interface JobSelection {
  /** How many jobs are in each state, whatever the query. */
  counts: Record<JobState, number>;
  matching: number;
  page: number;
  pages: number;
  /** Those of the page, by attention: worst state first, then the soonest next run. */
  jobs: { facts: JobFacts; state: JobState }[];
}

/** Chooses the jobs of a page. A page beyond the last is the last. */
export function selectJobs(all: readonly JobFacts[], query: JobQuery, pageSize: number, now: Date): JobSelection {
  const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
  const filter = query.filter.toLowerCase();
  const found: { facts: JobFacts; state: JobState }[] = [];
  for (const facts of all) {
    const state = jobState(facts, now);
    counts[state]++;
    if (query.state !== undefined && query.state !== state) continue;
    if (facts.name.toLowerCase().includes(filter)) found.push({ facts, state });
  }
  const rank = (state: JobState) => JOB_STATES.indexOf(state);
  const next = ({ nextRun }: JobFacts) => Number.isNaN(nextRun) ? Infinity : nextRun;
  found.sort((a, b) =>
    rank(a.state) - rank(b.state) || b.facts.failuresInRow - a.facts.failuresInRow ||
    compare(next(a.facts), next(b.facts)) || compare(a.facts.name, b.facts.name)
  );
  const pages = Math.max(1, Math.ceil(found.length / pageSize));
  const page = Math.min(query.page, pages);
  return { counts, matching: found.length, page, pages, jobs: found.slice((page - 1) * pageSize, page * pageSize) };
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
