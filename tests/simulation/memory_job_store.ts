import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { FireChange, FireOutcome, JobStore } from "../../src/store/job_store.ts";

/** As much of a store as the scheduler needs of one that is empty when it starts, and whose executions end at once: jobs by their ids and by due time. */
export function memoryJobStore(): JobStore {
  const jobs = new Map<string, Job>();
  const due = new DueIndex();
  const put = (job: Job) => {
    due.move(job.id, jobs.get(job.id)?.nextRun ?? null, job.nextRun);
    jobs.set(job.id, job);
  };
  const store: Partial<JobStore> = {
    createJob: (job) => Promise.resolve((put(job), true)),
    getJob: (id) => Promise.resolve(jobs.get(id)),
    jobsDueAfter: () => Promise.resolve([]),
    dueJobs: (now, limit = 1_000) => Promise.resolve(due.until(now.getTime(), limit).map((id) => jobs.get(id)!)),
    nextDueAt() {
      const first = due.first();
      return Promise.resolve(first === undefined ? undefined : new Date(first));
    },
    fire(jobId: string, _: Execution, change: FireChange): Promise<FireOutcome> {
      const changed = change(jobs.get(jobId)!, false);
      if (changed === undefined) return Promise.resolve("stale");
      put(changed);
      return Promise.resolve("created");
    },
    listExecutions: () => Promise.resolve([]),
    activeExecutions: () => Promise.resolve([]),
    endedExecutions: () => Promise.resolve([]),
    revision: () => Promise.resolve("0"),
  };
  return store as JobStore;
}

/** Ids by instant; the instants in a heap. */
class DueIndex {
  readonly #ids = new Map<number, Set<string>>();
  readonly #heap: number[] = [];

  move(id: string, from: string | null, to: string | null): void {
    if (from !== null) this.#ids.get(Date.parse(from))?.delete(id);
    if (to === null) return;
    const at = Date.parse(to);
    const ids = this.#ids.get(at);
    if (ids !== undefined) return void ids.add(id);
    this.#ids.set(at, new Set([id]));
    this.#push(at);
  }

  first(): number | undefined {
    while (this.#heap.length > 0 && this.#ids.get(this.#heap[0]!)!.size === 0) this.#ids.delete(this.#pop());
    return this.#heap[0];
  }

  /** Of the earliest instant alone: those after it come when it is empty. */
  until(atMs: number, limit: number): string[] {
    const first = this.first();
    return first === undefined || first > atMs ? [] : [...this.#ids.get(first)!].slice(0, limit);
  }

  #push(value: number): void {
    let at = this.#heap.push(value) - 1;
    for (let above; at > 0 && this.#heap[above = (at - 1) >> 1]! > this.#heap[at]!; at = above) this.#swap(at, above);
  }

  #pop(): number {
    const [top, last] = [this.#heap[0]!, this.#heap.pop()!];
    if (this.#heap.length === 0) return top;
    this.#heap[0] = last;
    for (let at = 0;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.#heap.length && this.#heap[left]! < this.#heap[least]!) least = left;
      if (right < this.#heap.length && this.#heap[right]! < this.#heap[least]!) least = right;
      if (least === at) return top;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}
