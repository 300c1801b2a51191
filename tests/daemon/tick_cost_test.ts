import { deepStrictEqual, ok } from "node:assert/strict";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { Scheduler } from "../../src/daemon/scheduler.ts";
import { KvJobStore } from "../../src/store/kv_job_store.ts";
import { KvSession } from "../../src/store/kv_session.ts";
import { ManualClock } from "../manual_clock.ts";
import { type Asked, countingKv } from "../store/counting_kv.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { at, START } from "./scheduler_stage.ts";
import { temporaryState } from "./temporary_state.ts";

const DUE = 10;

/** Behaviour: what a tick asks of the store depends on what is due, not on what is stored. */
const stored: [name: string, few: Population, many: Population][] = [
  ["jobs that are not due", { idle: 100 }, { idle: 5_000 }],
  ["executions that have ended", { ended: 10 }, { ended: 400 }],
];

interface Population {
  idle?: number;
  ended?: number;
}

for (const [name, few, many] of stored) {
  Deno.test(`a tick with ${DUE} due asks the same of the store with few and with many ${name}`, async () => {
    const asked = await tick(few);
    ok(asked.commits >= DUE && asked.readKeys >= 2 * DUE);
    deepStrictEqual(await tick(many), asked);
  });
}

async function tick({ idle = 0, ended = 0 }: Population): Promise<Asked> {
  await using state = await temporaryState();
  const { kv, asked } = countingKv(await Deno.openKv(state.store));
  const store = new KvJobStore(new KvSession(kv, state.store));
  const clock = new ManualClock(START);
  const scheduler = new Scheduler({
    store,
    clock,
    log: recordingLog().log,
    metrics: noMetrics,
    executor: { wake() {} },
    checkIntervalMs: 3_600_000,
    pollMs: 3_600_000,
  });
  scheduler.start();
  try {
    await clock.untilSleeping(2);
    await fill(store, idle, ended); // now, when what is done once at the start is over
    scheduler.nudge();
    await clock.untilSleeping(2);
    const before = { ...asked };
    await clock.set(at("12:00:10.000"));
    await clock.untilSleeping(2);
    const keys = Object.keys(asked) as (keyof Asked)[];
    return Object.fromEntries(keys.map((key) => [key, asked[key] - before[key]])) as unknown as Asked;
  } finally {
    await scheduler.stop();
    store.close();
  }
}

async function fill(store: KvJobStore, idle: number, ended: number): Promise<void> {
  const jobs = [
    ...Array.from(
      { length: DUE },
      (_, i) => sampleJob({ id: `due-${i}`, name: `due-${i}`, nextRun: at("12:00:10.000") }),
    ),
    ...Array.from(
      { length: idle },
      (_, i) => sampleJob({ id: `idle-${i}`, name: `idle-${i}`, nextRun: at("18:00:00.000") }),
    ),
  ];
  for (let i = 0; i < jobs.length; i += 100) {
    await Promise.all(jobs.slice(i, i + 100).map((job) => store.createJob(job)));
  }
  for (let i = 0; i < ended; i++) {
    const execution = sampleExecution({ id: `due-0-${i}`, jobId: "due-0", status: "completed" });
    await store.fire("due-0", execution, (job) => job);
  }
}
