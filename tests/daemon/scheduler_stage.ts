import { noMetrics } from "../../src/daemon/metrics.ts";
import { Scheduler } from "../../src/daemon/scheduler.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { type LoggedLine, recordingLog } from "./fake_log.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

export const START = "2026-03-02T12:00:00.000Z";

export interface Stage {
  clock: ManualClock;
  store: KvJobStore;
  /** As another process has it. */
  other: KvJobStore;
  scheduler: Scheduler;
  lines: LoggedLine[];
  skipped: Record<string, number>;
  wakes: number;
  /** The loop and the poll both sleep: nothing goes on. */
  idle(): Promise<void>;
  executions(count: number): Promise<Execution[]>;
}

/** Runs a scheduler over a real store file, with a clock that only the test turns. */
export async function stage(
  prepare: (store: KvJobStore) => Promise<unknown>,
  body: (stage: Stage) => Promise<void>,
  wrap: (store: JobStore) => JobStore = (store) => store,
): Promise<void> {
  await using state = await temporaryState();
  const clock = new ManualClock(START);
  using store = disposable(await openJobStore({ path: state.store }, { clock }));
  using other = disposable(await openJobStore({ path: state.store }, { clock }));
  await prepare(store.value);
  const { log, lines } = recordingLog();
  const skipped: Record<string, number> = {};
  let wakes = 0;
  const scheduler = new Scheduler({
    store: wrap(store.value),
    clock,
    log,
    metrics: {
      ...noMetrics,
      skipped: (reason, count = 1) => void (skipped[reason] = (skipped[reason] ?? 0) + count),
    },
    executor: { wake: () => void wakes++ },
    checkIntervalMs: 60_000,
  });
  scheduler.start();
  try {
    await clock.untilSleeping(2);
    await body({
      clock,
      store: store.value,
      other: other.value,
      scheduler,
      lines,
      skipped,
      get wakes() {
        return wakes;
      },
      idle: () => clock.untilSleeping(2),
      executions: (count) =>
        until(`${count} executions`, async () => {
          const found = await store.value.listExecutions();
          return found.length >= count && found;
        }),
    });
  } finally {
    await scheduler.stop();
    await scheduler.stop(); // twice is harmless
  }
}

function disposable<T extends { close(): void }>(value: T): { value: T } & Disposable {
  return { value, [Symbol.dispose]: () => value.close() };
}

/** A time of the day on which the clock starts. */
export const at = (time: string) => new Date(`2026-03-02T${time}Z`).toISOString();
