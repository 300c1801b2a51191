import { deepStrictEqual } from "node:assert/strict";
import type { DaemonLog } from "../../src/daemon/daemon_log.ts";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { Scheduler } from "../../src/daemon/scheduler.ts";
import { withNextRun } from "../../src/schedule/apply_firing.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { withMethods } from "../../src/store/with_methods.ts";
import { seeded } from "../schedule/seeded.ts";
import { WalkedYear } from "../schedule/slow_cron.ts";
import { LeapingClock } from "./leaping_clock.ts";
import { type Decided, expectedOf, type MixedJob, mixedJob, ZONES } from "./mixed_job.ts";

const DAY_MS = 86_400_000;
/** Nobody writes into the store but the scheduler. */
const NEVER_POLL_MS = 400 * DAY_MS;

export interface SimulationOptions {
  /** Empty. What ends an execution is up to it: one that is active when the next is due has that skipped. */
  store: JobStore;
  jobs: number;
  seed: number;
  /** Midnight of UTC. */
  startMs: number;
  days: number;
}

/** Turns the clock of a scheduler through the days, and compares each decision about each job with the reference.
 * @returns how many due times ran, and how many were skipped for blackout hours
 * @throws AssertionError naming the first job that differs */
export async function simulate(options: SimulationOptions): Promise<{ ran: number; blackedOut: number }> {
  const { jobs, seed, startMs, days } = options;
  const random = seeded(seed);
  const mixed = Array.from({ length: jobs }, (_, number) => mixedJob(number, random, startMs));
  const untilMs = startMs + days * DAY_MS - 1;
  const decided = await run(mixed, options, untilMs);
  const sums = { ran: 0, blackedOut: 0 };
  for (const zone of ZONES) {
    const year = new WalkedYear(zone, startMs, days);
    for (const it of mixed.filter(({ job }) => job.timezone === zone)) {
      const found = decided.get(it.job.id)!;
      deepStrictEqual(found, expectedOf(it, year, untilMs), `${it.job.id}: ${it.job.schedules} in ${zone}`);
      sums.ran += found.ran.length;
      sums.blackedOut += found.blackedOut.length;
    }
  }
  return sums;
}

async function run(
  mixed: MixedJob[],
  { store, startMs }: SimulationOptions,
  untilMs: number,
): Promise<Map<string, Decided>> {
  const decided = new Map<string, Decided>(mixed.map(({ job }) => [job.id, { ran: [], blackedOut: [] }]));
  const clock = new LeapingClock(startMs, untilMs, 2);
  const unexpected: string[] = [];
  const watched = withMethods(store, {
    async fire(jobId, execution, change) {
      const outcome = await store.fire(jobId, execution, change);
      if (outcome !== "created") unexpected.push(`${execution.id}: ${outcome}`);
      const { ran, blackedOut } = decided.get(jobId)!;
      const at = Date.parse(execution.scheduledAt);
      if (execution.status === "pending") ran.push(at);
      else if (execution.errorCode === "SKIPPED_BLACKOUT") blackedOut.push(at);
      else unexpected.push(`${execution.id}: ${execution.errorCode}`);
      if (at !== clock.now().getTime()) unexpected.push(`${execution.id}: decided at ${clock.now().toISOString()}`);
      return outcome;
    },
  });
  const scheduler = new Scheduler({
    store: watched,
    clock,
    log: complaints(unexpected),
    metrics: noMetrics,
    executor: { wake() {} },
    host: "simulation",
    checkIntervalMs: DAY_MS,
    pollMs: NEVER_POLL_MS,
  });
  scheduler.start();
  try {
    await clock.asleep;
    for (let i = 0; i < mixed.length; i += 100) {
      await Promise.all(mixed.slice(i, i + 100).map(({ job }) => store.createJob(withNextRun(job, clock.now()))));
    }
    scheduler.nudge();
    await clock.run();
  } finally {
    await scheduler.stop();
  }
  deepStrictEqual(unexpected.slice(0, 10), []);
  return decided;
}

/** A log that keeps its errors. */
function complaints(kept: string[]): DaemonLog {
  const log: DaemonLog = {
    debug() {},
    info() {},
    warn() {},
    error: (message) => void kept.push(message),
    with: () => log,
  };
  return log;
}
