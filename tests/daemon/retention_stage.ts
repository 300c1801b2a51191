import { dirname, join } from "node:path";
import type { RetentionContext } from "../../src/daemon/apply_retention.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";

export const DAY_MS = 86_400_000;

export interface RetentionStage {
  clock: ManualClock;
  store: KvJobStore;
  context: RetentionContext;
  addJob(fields?: Parameters<typeof sampleJob>[0]): Promise<Job>;
  /** An execution that ended so many days ago, with real files: a bundle of 1,000 bytes and its analysis of 10. */
  addEnded(job: Job, days: number, fields?: Partial<Execution>): Promise<Execution>;
  /** Which of the files of an execution are there. */
  filesOf(execution: Execution): Promise<string[]>;
}

/** A store and a state folder with real files, and a clock that the test turns. */
export async function retentionStage(body: (stage: RetentionStage) => Promise<void>): Promise<void> {
  await using state = await temporaryState();
  const clock = new ManualClock("2026-03-31T00:00:00Z");
  const store = await openJobStore({ path: state.store }, { clock });
  const present = (path: string) => Deno.lstat(path).then(() => true, () => false);
  try {
    await body({
      clock,
      store,
      context: { store, state, now: () => clock.now(), shared: false },
      async addJob(fields = {}) {
        const job = sampleJob(fields);
        await store.createJob(job);
        return job;
      },
      async addEnded(job, days, fields = {}) {
        const at = new Date(clock.now().getTime() - days * DAY_MS).toISOString();
        const id = `${job.id}-${at.replace(/[-:]|\.000/g, "")}`;
        const bundlePath = join(state.bundles, job.name, `${id}.tar.gz`);
        const execution = sampleExecution({
          id,
          scheduledAt: at,
          endTime: at,
          status: "completed",
          bundlePath,
          analysisPath: join(state.bundles, job.name, `${id}.analysis.json`),
          bundleSize: 1_000,
          ...fields,
        }, job);
        await Deno.mkdir(dirname(bundlePath), { recursive: true });
        if (execution.bundlePath !== "") await Deno.writeFile(execution.bundlePath, new Uint8Array(1_000));
        if (execution.analysisPath !== "") await Deno.writeFile(execution.analysisPath, new Uint8Array(10));
        await store.fire(job.id, execution, applyRun);
        return execution;
      },
      async filesOf({ bundlePath, analysisPath }) {
        const there = await Promise.all([bundlePath, analysisPath].map(present));
        return ["bundle", "analysis"].filter((_, i) => there[i]);
      },
    });
  } finally {
    store.close();
  }
}
