import { expectedIntervalMs, type Timing } from "../schedule/expected_interval.ts";
import type { JobFacts } from "./job_census.ts";

/** How late a job may be before it counts as overdue. */
export const OVERDUE_MS = 60_000;

/** Jobs whose last success is looked up in one answer, and schedules whose interval is worked out; the others follow in
 * the next ones. */
const MAX_READS = 200;
const MAX_INTERVALS = 40;

const FIGURES = [
  { name: "job_last_success_timestamp_seconds", help: "When an execution of the job last gave a bundle" },
  { name: "job_next_run_timestamp_seconds", help: "The job's next due time; absent where none is to come" },
  { name: "job_overdue", help: "1 when the job's due time passed a minute ago and nothing was started" },
  { name: "job_expected_interval_seconds", help: "The longest time between two runs that the job's schedule has" },
  { name: "job_consecutive_failures", help: "Runs of the job that failed since one did not" },
];

export interface JobMetricsSource {
  /** When an execution of the job last ended with a bundle; undefined when none ever did. */
  lastSuccess(jobId: string): Promise<Date | undefined>;
}

/** The figures of single jobs, in the text format of Prometheus. Written here and not by the library, which would keep an
 * object for each of thousands of jobs. */
export class JobMetrics {
  // By job id, in milliseconds; NaN when there is none. Kept up to date by what ends here.
  readonly #successes = new Map<string, number>();
  readonly #intervals = new WeakMap<Timing, number>();

  constructor(private readonly source: JobMetricsSource) {}

  succeeded(jobId: string, at: Date): void {
    this.#successes.set(jobId, at.getTime());
  }

  /** @param readable false while the store cannot be asked: what is known is told */
  async lines(jobs: readonly JobFacts[], now: Date, readable: boolean): Promise<string[]> {
    const known = new Set(jobs.map((job) => job.id));
    for (const id of this.#successes.keys()) if (!known.has(id)) this.#successes.delete(id);
    const lines = FIGURES.map(({ name, help }) => [`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} gauge`]);
    const left = { reads: readable ? MAX_READS : 0, intervals: MAX_INTERVALS };
    for (const job of jobs) {
      const values = [
        await this.#lastSuccess(job, left) / 1000,
        job.nextRun / 1000,
        Number.isNaN(job.nextRun) ? NaN : isOverdue(job, now) ? 1 : 0,
        job.enabled ? this.#interval(job.timing, now, left) / 1000 : NaN,
        job.failuresInRow,
      ];
      const label = `{job_name="${escapeLabel(job.name)}"}`;
      for (const [i, value] of values.entries()) {
        if (!Number.isNaN(value)) lines[i]!.push(`${PREFIX}${FIGURES[i]!.name}${label} ${value}`);
      }
    }
    return lines.flat();
  }

  async #lastSuccess(job: JobFacts, left: { reads: number }): Promise<number> {
    const known = this.#successes.get(job.id);
    // Another daemon may have run it since. Its start is near enough to its end.
    if (job.status === "completed" || job.status === "partial") return Math.max(known ?? 0, job.lastRun);
    if (known !== undefined || Number.isNaN(job.lastRun) || left.reads-- <= 0) return known ?? NaN;
    try {
      const success = (await this.source.lastSuccess(job.id))?.getTime() ?? NaN;
      this.#successes.set(job.id, success);
      return success;
    } catch {
      left.reads = 0; // the store failed; it will be asked again in the next answer
      return NaN;
    }
  }

  #interval(timing: Timing, now: Date, left: { intervals: number }): number {
    const known = this.#intervals.get(timing);
    if (known !== undefined || left.intervals-- <= 0) return known ?? NaN;
    const interval = tryInterval(timing, now);
    this.#intervals.set(timing, interval);
    return interval;
  }
}

const PREFIX = "troubleshoot_scheduler_";

/** Whether a due time passed with nothing started, for longer than a start may take. */
export function isOverdue(job: Pick<JobFacts, "nextRun">, now: Date): boolean {
  return job.nextRun < now.getTime() - OVERDUE_MS;
}

function tryInterval(timing: Timing, now: Date): number {
  try {
    return expectedIntervalMs(timing, now) ?? NaN;
  } catch {
    return NaN; // a schedule that cannot be read: the job itself says so
  }
}

/** As the text format wants it. */
function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
