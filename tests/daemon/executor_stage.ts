import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.ts";
import { LocalExecutor, type LocalExecutorOptions } from "../../src/daemon/local_executor.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import type { Execution, ExecutionStatus } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { type LoggedLine, recordingLog } from "./fake_log.ts";
import { recordingAnnouncer } from "./recording_announcer.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/daemon/misbehaving_attempt.sh", import.meta.url));

/** A child that behaves as the job's spec says: `fake:MODE`. */
export const ATTEMPT_COMMAND = { command: "/bin/sh", args: [SCRIPT] };

export interface Stage {
  state: StateFolder;
  store: KvJobStore;
  executor: LocalExecutor;
  lines: LoggedLine[];
  /** Those of which somebody is told, and their jobs as they were then. */
  told: Execution[];
  toldOf: (Job | undefined)[];
  /** Records an execution that is to be run. @returns its id */
  add(mode: string, fields?: Partial<Execution>, job?: Parameters<typeof sampleJob>[0]): Promise<string>;
  becomes(id: string, ...statuses: ExecutionStatus[]): Promise<Execution>;
  work(id: string): string;
}

/** An executor with real children over a real store file. */
export async function stage(
  body: (stage: Stage) => Promise<void>,
  options: Partial<LocalExecutorOptions> = {},
): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const { log, lines } = recordingLog();
  const told: Execution[] = [];
  const toldOf: (Job | undefined)[] = [];
  const executor = new LocalExecutor({
    store,
    clock: systemClock,
    state,
    log,
    metrics: noMetrics,
    owner: "this daemon",
    command: ATTEMPT_COMMAND,
    limits: { maxConcurrent: 3 },
    graceMs: 5_000,
    drainMs: 50,
    random: () => 0,
    announcer: recordingAnnouncer(store, told, toldOf),
    ...options,
  });
  executor.start();
  try {
    await body({
      state,
      store,
      executor,
      lines,
      told,
      toldOf,
      async add(mode, fields = {}, jobFields = {}) {
        const number = (await store.listJobs()).length;
        const job = sampleJob({
          id: `job-${number}`,
          name: `n${number}`,
          specFiles: [`fake:${mode}`],
          notify: [{ kind: "webhook", url: "https://example.invalid" }],
          ...jobFields,
        });
        await store.createJob(job);
        const execution = sampleExecution(fields, job);
        await store.fire(job.id, execution, applyRun);
        executor.wake();
        return execution.id;
      },
      becomes: (id, ...statuses) =>
        until(`${id} to be ${statuses.join(" or ")}`, async () => {
          const found = await store.getExecution(id);
          return found !== undefined && statuses.includes(found.status) &&
            (found.status === "running" || !executor.running().some((it) => it.id === id)) && found;
        }),
      work: (id) => join(state.work, id),
    });
  } finally {
    await executor.stop();
    await executor.stop(); // twice is harmless
    store.close();
  }
}
