import { join } from "node:path";
import { noMetrics } from "../src/daemon/metrics.ts";
import { ONE_ARENA } from "../src/daemon/one_arena.ts";
import { Scheduler } from "../src/daemon/scheduler.ts";
import { type Job, jobSchema } from "../src/schedule/job.ts";
import { type KvJobStore, openJobStore } from "../src/store/kv_job_store.ts";
import { ManualClock } from "../tests/manual_clock.ts";
import { endAtOnce } from "../tests/simulation/end_at_once.ts";
import { sampleProcess } from "./process_sample.ts";

/** What a section measures with. */
export interface SchedulerBench {
  binary: string;
  /** A folder. */
  scratch: string;
  measure(command: string[], env?: Record<string, string>): Promise<{ ms: number; stdout: string }>;
  row(what: string, figure: string, bound?: string): void;
  median(values: number[]): number;
}

const JOBS = 10_000;
const TOGETHER = 100;
const ROUNDS = 3;
const SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec: {collectors: [{memory: {}}]}\n";

/** The listing of 1,000 jobs; a daemon with 10,000, idle and with 100 due in the same second. */
export async function schedulerBench(bench: SchedulerBench): Promise<void> {
  const { binary, scratch, measure, row, median } = bench;
  const listed = join(scratch, "listed");
  await addJobs(join(listed, "store.db"), idleJobs(1_000));
  const lists: number[] = [];
  for (let i = 0; i < 7; i++) {
    lists.push((await measure([binary, "schedule", "list"], { TROUBLESHOOT_SCHEDULER_DIR: listed })).ms);
  }
  row("schedule list of 1,000 jobs", `${Math.round(median(lists))} ms`, "< 300 ms");
  await daemonWithJobs(bench);
}

async function daemonWithJobs({ binary, scratch, measure, row, median }: SchedulerBench): Promise<void> {
  const state = join(scratch, "state");
  const path = join(state, "store.db");
  const command = (...args: string[]) => measure([binary, "schedule", ...args], { TROUBLESHOOT_SCHEDULER_DIR: state });
  await addJobs(path, idleJobs(JOBS));
  const log = join(state, "logs", "daemon.log");
  const daemon = new Deno.Command(binary, {
    args: "schedule daemon start --foreground --metrics-port 0 --health-port 0 --log-file".split(" ").concat(log),
    env: { ...ONE_ARENA, TROUBLESHOOT_SCHEDULER_DIR: state }, // as the service has it
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const { pid } = daemon;
  try {
    await sleep(20_000);
    const before = sampleProcess(pid);
    await sleep(60_000);
    const after = sampleProcess(pid);
    row("idle daemon with 10,000 jobs, asked nothing, after 80 s", `${Math.round(after.residentMB)} MB`, "< 80 MB");
    row("  its processor time in a minute", `${((after.cpuMs - before.cpuMs) / 600).toFixed(2)} %`, "< 1 %");
    await command("daemon", "status");
    await sleep(20_000);
    row("  after it has counted them for its status", `${Math.round(sampleProcess(pid).residentMB)} MB`);

    const spec = join(state, "memory.yaml");
    await Deno.writeTextFile(spec, SPEC);
    // Due in 5 s for the first time, and then each minute.
    const createdAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 - 55_000);
    await addJobs(path, togetherJobs(spec, createdAt));
    const dues = Array.from({ length: ROUNDS }, (_, i) => createdAt.getTime() + (i + 1) * 60_000);
    await sleep(dues.at(-1)! + 50_000 - Date.now());
    const late = await lateness(path, log, new Set(dues));
    const p99 = (values: number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1]!;
    const figures = (values: number[]) => `${Math.round(median(values))}, ${Math.round(p99(values))} ms`;
    row(`${TOGETHER} due in a second, ${ROUNDS} times: ${late.recorded.length} recorded`, "");
    row("  after their due time: median, p99", figures(late.recorded), "p99 < 250 ms");
    row("  starts after due time or free slot: median, p99", figures(late.started), "p99 < 250 ms");
    row("  busy daemon", `${Math.round(sampleProcess(pid).residentMB)} MB`);
  } finally {
    daemon.kill("SIGTERM");
    await daemon.status;
  }
}

/** How late the daemon was, in milliseconds: until an execution was recorded, by the daemon's log, and until its attempt
 * began, counted from its due time, or from the end of the attempt that had its slot when all were taken. */
async function lateness(path: string, log: string, dues: Set<number>) {
  const recorded: number[] = [];
  for (const line of (await Deno.readTextFile(log)).trim().split("\n")) {
    const { time, message, execution } = JSON.parse(line);
    const due = typeof execution === "string" ? dueOf(execution) : NaN;
    if (message === "due: schedule" && dues.has(due)) recorded.push(Date.parse(time) - due);
  }
  const store = await openJobStore({ path });
  const executions = (await store.listExecutions()).filter((it) => it.startTime !== null);
  store.close();
  const started: number[] = [];
  for (const due of dues) {
    const round = executions.filter((it) => Date.parse(it.scheduledAt) === due);
    const starts = round.map((it) => Date.parse(it.startTime!)).sort((a, b) => a - b);
    const ends = round.map((it) => Date.parse(it.endTime!)).sort((a, b) => a - b);
    for (const [i, start] of starts.entries()) {
      const free = i < SLOTS ? due : ends[i - SLOTS]!;
      started.push(start - Math.max(due, free));
    }
  }
  if (started.length < dues.size * TOGETHER) throw new Error(`${started.length} executions were started`);
  return { recorded, started };
}

/** Attempts at a time, unless told otherwise. */
const SLOTS = 3;

/** The due time that the id of an execution names. */
function dueOf(execution: string): number {
  const [, date, time] = /-(\d{8})T(\d{6})Z$/.exec(execution) ?? [];
  if (date === undefined || time === undefined) return NaN;
  return Date.parse(`${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`);
}

/** Ten jobs due at once among 1,000 that are stored, and among 100,000: the time of a tick of the scheduler, from its wake to
 * its sleep, over a real store. */
export async function tickBench({ scratch, row, median }: SchedulerBench): Promise<void> {
  const startMs = Date.UTC(2026, 0, 1);
  const due = 10;
  const stages = [1_000, 100_000].map((stored) => ({ stored, ms: [] as number[], close: () => Promise.resolve() }));
  const ticks: (() => Promise<void>)[] = [];
  try {
    for (const stage of stages) {
      const store = await openJobStore({ path: join(scratch, `tick-${stage.stored}`, "store.db") });
      const clock = new ManualClock(new Date(startMs));
      const scheduler = new Scheduler({
        store: endAtOnce(store),
        clock,
        log: QUIET,
        metrics: noMetrics,
        executor: { wake() {} },
        checkIntervalMs: 86_400_000,
        pollMs: 86_400_000,
      });
      scheduler.start();
      await clock.untilSleeping(2);
      const jobs = [
        ...idleJobs(stage.stored - due, new Date(startMs)),
        ...Array.from(
          { length: due },
          (_, i) => job(`due-${i}`, "@every 1m", new Date(startMs), new Date(startMs + 60_000)),
        ),
      ];
      await createAll(store, jobs);
      scheduler.nudge();
      await clock.untilSleeping(2);
      stage.close = async () => {
        await scheduler.stop();
        store.close();
      };
      ticks.push(async () => {
        const started = performance.now();
        await clock.advance(60_000);
        await clock.untilSleeping(2);
        stage.ms.push(performance.now() - started);
      });
    }
    for (let i = 0; i < 60; i++) for (const tick of ticks) await tick();
    const [few, many] = stages.map(({ ms }) => median(ms.slice(10)));
    row("a tick with 10 due of 1,000 stored jobs", `${few!.toFixed(1)} ms`);
    row("  ratio to it with 10 due of 100,000", (many! / few!).toFixed(2), "< 1.5");
  } finally {
    for (const { close } of stages) await close();
  }
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {}, with: () => QUIET };

function job(name: string, schedule: string, createdAt: Date, nextRun: Date, fields: Partial<Job> = {}): Job {
  return jobSchema.parse({
    id: `job-${name}`,
    name,
    cronSchedule: schedule,
    schedules: [schedule],
    autoDiscovery: true,
    createdAt: createdAt.toISOString(),
    nextRun: nextRun.toISOString(),
    ...fields,
  });
}

/** Jobs of which none is due within the next two hours. */
function idleJobs(count: number, now = new Date()): Job[] {
  return Array.from({ length: count }, (_, i) => {
    const nextRun = new Date(now.getTime() + (2 + i % 20) * 3_600_000 + i % 60 * 60_000);
    nextRun.setUTCSeconds(0, 0);
    return job(`idle-${i}`, `${nextRun.getUTCMinutes()} ${nextRun.getUTCHours()} * * *`, now, nextRun);
  });
}

/** Jobs that are due together each minute after an instant. */
function togetherJobs(spec: string, createdAt: Date): Job[] {
  const nextRun = new Date(createdAt.getTime() + 60_000);
  const fields = { autoDiscovery: false, specFiles: [spec] };
  return Array.from({ length: TOGETHER }, (_, i) => job(`together-${i}`, "@every 1m", createdAt, nextRun, fields));
}

async function addJobs(path: string, jobs: Job[]): Promise<void> {
  const store = await openJobStore({ path });
  await createAll(store, jobs);
  store.close();
}

async function createAll(store: KvJobStore, jobs: Job[]): Promise<void> {
  for (let i = 0; i < jobs.length; i += 100) {
    await Promise.all(jobs.slice(i, i + 100).map((job) => store.createJob(job)));
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
