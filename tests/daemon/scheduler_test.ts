import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { noMetrics } from "../../src/daemon/metrics.ts";
import { Scheduler } from "../../src/daemon/scheduler.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import { jitterMs } from "../../src/schedule/jitter.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { at, stage, START } from "./scheduler_stage.ts";
import { until } from "./until.ts";

/** What was decided about a due time that had come before the scheduler looked. */
const behaviour: [
  name: string,
  job: Parameters<typeof sampleJob>[0],
  active: Partial<Execution>[],
  expect: {
    decided: [status: string, scheduledAt: string, trigger: string][];
    nextRun: string | null;
    skipped: Record<string, number>;
  },
][] = [
  ["starts what is due now", { nextRun: at("12:00:00.000") }, [], {
    decided: [["pending", at("12:00:00.000"), "schedule"]],
    nextRun: at("12:01:00.000"),
    skipped: {},
  }],
  ["starts nothing that is not due yet", { nextRun: at("12:00:00.001") }, [], {
    decided: [],
    nextRun: at("12:00:00.001"),
    skipped: {},
  }],
  [
    "catches up with the latest of what passed while nobody looked",
    {
      schedules: ["0 * * * *"],
      nextRun: at("07:00:00.000"),
    },
    [],
    {
      decided: [["pending", at("12:00:00.000"), "schedule"]],
      nextRun: at("13:00:00.000"),
      skipped: { superseded: 5 },
    },
  ],
  ["marks a late start as a catch-up", { schedules: ["30 * * * *"], nextRun: at("11:30:00.000") }, [], {
    decided: [["pending", at("11:30:00.000"), "catch-up"]],
    nextRun: at("12:30:00.000"),
    skipped: {},
  }],
  [
    "records what it does not catch up with",
    {
      schedules: ["30 * * * *"],
      nextRun: at("11:30:00.000"),
      catchUp: { policy: "none" },
    },
    [],
    {
      decided: [["skipped", at("11:30:00.000"), "schedule"]],
      nextRun: at("12:30:00.000"),
      skipped: { "too-late": 1 },
    },
  ],
  [
    "catches up with all of it where that is wanted, one behind the other",
    {
      schedules: ["0 * * * *"],
      nextRun: at("07:00:00.000"),
      catchUp: { policy: "all", window: "3h" },
    },
    [],
    {
      decided: [
        ["skipped", at("12:00:00.000"), "schedule"], // on time: the overlap policy counts
        ["pending", at("11:00:00.000"), "catch-up"],
        ["pending", at("10:00:00.000"), "catch-up"],
        ["pending", at("09:00:00.000"), "catch-up"],
      ],
      nextRun: at("13:00:00.000"),
      skipped: { "too-late": 2, overlap: 1 },
    },
  ],
  ["skips while the run before still runs", { nextRun: at("12:00:00.000") }, [{ status: "running" }], {
    decided: [["skipped", at("12:00:00.000"), "schedule"], ["running", at("11:00:00.000"), "schedule"]],
    nextRun: at("12:01:00.000"),
    skipped: { overlap: 1 },
  }],
  ["skips while the run before waits for its next attempt", { nextRun: at("12:00:00.000") }, [{
    status: "retrying",
    retryAt: at("18:00:00.000"),
  }], {
    decided: [["skipped", at("12:00:00.000"), "schedule"], ["retrying", at("11:00:00.000"), "schedule"]],
    nextRun: at("12:01:00.000"),
    skipped: { overlap: 1 },
  }],
  ["queues one behind it", { nextRun: at("12:00:00.000"), overlapPolicy: "queue-one" }, [{ status: "running" }], {
    decided: [["pending", at("12:00:00.000"), "schedule"], ["running", at("11:00:00.000"), "schedule"]],
    nextRun: at("12:01:00.000"),
    skipped: {},
  }],
  ["skips where one waits already", { nextRun: at("12:00:00.000"), overlapPolicy: "queue-one" }, [{}], {
    decided: [["skipped", at("12:00:00.000"), "schedule"], ["pending", at("11:00:00.000"), "schedule"]],
    nextRun: at("12:01:00.000"),
    skipped: { "queue-full": 1 },
  }],
  ["starts beside it where that is allowed", { nextRun: at("12:00:00.000"), overlapPolicy: "allow" }, [{
    status: "running",
  }], {
    decided: [["pending", at("12:00:00.000"), "schedule"], ["running", at("11:00:00.000"), "schedule"]],
    nextRun: at("12:01:00.000"),
    skipped: {},
  }],
];

for (const [name, fields, active, expect] of behaviour) {
  Deno.test(`scheduler ${name}`, () => {
    const job = sampleJob(fields);
    return stage(async (store) => {
      await store.createJob(job);
      for (const extra of active) {
        const before = { ...sampleExecution({}, job), ...extra, id: "before", scheduledAt: at("11:00:00.000") };
        await store.fire(job.id, before as Execution, (it) => it);
      }
    }, async ({ store, skipped }) => {
      const decided = (await store.listExecutions()).map((it) => [it.status, it.scheduledAt, it.trigger]);
      deepStrictEqual(decided, expect.decided);
      const after = (await store.getJob(job.id))!;
      strictEqual(after.nextRun, expect.nextRun);
      deepStrictEqual(after.skipped, expect.skipped);
      deepStrictEqual(skipped, expect.skipped);
    });
  });
}

Deno.test("scheduler starts at the due instant, whatever the check interval and the poll", () =>
  stage((store) => store.createJob(sampleJob({ nextRun: at("12:00:37.250") })), async (it) => {
    await it.clock.set(at("12:00:37.249"));
    await it.idle();
    deepStrictEqual(await it.store.listExecutions(), []);
    const wakesBefore = it.wakes;
    await it.clock.set(at("12:00:37.250"));
    await it.executions(1);
    await it.idle();
    strictEqual(it.lines.find((line) => line.message.startsWith("due"))?.lateMs, 0);
    ok(it.wakes > wakesBefore, "the executor was told");
  }));

Deno.test("scheduler looks far ahead, and sleeps no longer than the check interval", () =>
  stage((store) => store.createJob(sampleJob({ nextRun: "2027-01-01T00:00:00.000Z" })), async ({ clock, idle }) => {
    await clock.advance(1_000); // the first poll makes it look once more
    await idle();
    ok(clock.nextWake!.getTime() - clock.now().getTime() <= 60_000);
  }));

Deno.test("scheduler keeps the due time of a run that jitter puts off, and wakes the executor at its start", () => {
  const job = sampleJob({ nextRun: at("12:00:10.000"), jitter: "40s" });
  return stage((store) => store.createJob(job), async (it) => {
    await it.clock.set(at("12:00:10.000"));
    const [execution] = await it.executions(1);
    await it.idle();
    strictEqual(execution!.scheduledAt, at("12:00:10.000"));
    const start = Date.parse(execution!.scheduledAt) + jitterMs(job, new Date(execution!.scheduledAt), "");
    strictEqual(execution!.notBefore, new Date(start).toISOString());
    await it.clock.set(new Date(start - 1));
    await it.idle();
    const before = it.wakes;
    await it.clock.set(new Date(start));
    await until("a wake", () => it.wakes > before);
  });
});

Deno.test("scheduler starts all that is due at one instant, more than a batch", () =>
  stage(async (store) => {
    for (let i = 0; i < 130; i++) {
      await store.createJob(sampleJob({ id: `job-${i}`, name: `job ${i}`, nextRun: at("12:00:10.000") }));
    }
  }, async (it) => {
    await it.clock.set(at("12:00:10.000"));
    await it.executions(130);
    await it.idle();
    strictEqual((await it.store.dueJobs(it.clock.now())).length, 0);
  }));

Deno.test("scheduler catches up with a few hundred at a time, and goes on as the queue empties", () => {
  const job = sampleJob({
    schedules: ["@every 1m"],
    nextRun: "2026-03-01T12:00:00.000Z",
    catchUp: { policy: "all" },
    overlapPolicy: "queue-all",
  });
  return stage((store) => store.createJob(job), async (it) => {
    const pending = async () => (await it.store.listExecutions({ jobId: job.id, status: "pending" })).length;
    strictEqual(await pending(), 300);
    await it.clock.advance(1_000);
    await it.idle();
    strictEqual(await pending(), 500);
    await it.clock.advance(1_000);
    await it.idle();
    strictEqual(await pending(), 500);
    const [first] = (await it.store.activeExecutions()).slice(0, 1);
    strictEqual(first!.scheduledAt, "2026-03-01T12:00:00.000Z"); // the oldest that the window had
    await it.store.updateExecution(first!.id, (execution) => ({ ...execution, status: "completed" }));
    await it.clock.advance(1_000);
    await it.idle();
    strictEqual(await pending(), 500);
  });
});

Deno.test("scheduler notices within a second what another process wrote, without a nudge", () =>
  stage(() => Promise.resolve(), async (it) => {
    await it.clock.advance(1_000);
    await it.idle();
    await it.other.createJob(sampleJob({ nextRun: it.clock.now().toISOString() }));
    await it.clock.advance(1_000);
    await it.executions(1);
  }));

Deno.test("scheduler looks at once when it is nudged", () =>
  stage(() => Promise.resolve(), async (it) => {
    await it.other.createJob(sampleJob({ nextRun: it.clock.now().toISOString() }));
    it.scheduler.nudge();
    await it.executions(1); // the clock stands still
  }));

Deno.test("scheduler tells the executor of an execution that another process recorded", () =>
  stage((store) => store.createJob(sampleJob()), async (it) => {
    const before = it.wakes;
    await it.other.fire(sampleJob().id, sampleExecution({ trigger: "manual" }), (job) => job);
    it.scheduler.nudge();
    await until("a wake", () => it.wakes > before);
  }));

Deno.test("scheduler wakes the executor when a retry is due", () =>
  stage(async (store) => {
    await store.createJob(sampleJob());
    const execution = sampleExecution({ status: "retrying", retryAt: at("12:00:20.500") });
    await store.fire(sampleJob().id, execution, (job) => job);
  }, async (it) => {
    await it.clock.set(at("12:00:20.499"));
    await it.idle();
    const before = it.wakes;
    await it.clock.set(at("12:00:20.500"));
    await until("a wake", () => it.wakes > before);
  }));

Deno.test("two schedulers run a slot once", () =>
  stage((store) => store.createJob(sampleJob({ nextRun: at("12:00:10.000") })), async (it) => {
    const { log } = recordingLog();
    const second = new Scheduler({
      store: it.other,
      clock: it.clock,
      log,
      metrics: noMetrics,
      executor: { wake() {} },
      checkIntervalMs: 60_000,
    });
    second.start();
    try {
      await it.clock.untilSleeping(4);
      await it.clock.set(at("12:00:10.000"));
      await it.executions(1);
      await it.clock.untilSleeping(4);
      const executions = await it.store.listExecutions();
      strictEqual(executions.length, 1);
      const job = (await it.store.getJob(sampleJob().id))!;
      deepStrictEqual([job.runCount, job.nextRun], [1, at("12:01:00.000")]);
    } finally {
      await second.stop();
    }
  }));

Deno.test("scheduler decides anew when a run is added between its look and its write", () => {
  let added = false;
  const job = sampleJob({ nextRun: at("12:00:10.000") });
  return stage(
    (store) => store.createJob(job),
    async ({ clock, store, executions, idle }) => {
      await clock.set(at("12:00:10.000"));
      const [scheduled] = await executions(2);
      await idle();
      deepStrictEqual([scheduled!.status, scheduled!.errorCode], ["skipped", "SKIPPED_OVERLAP"]);
      strictEqual((await store.getJob(job.id))!.runCount, 1);
    },
    (store) =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target);
          if (name !== "fire") return typeof value === "function" ? value.bind(target) : value;
          return async (...args: Parameters<JobStore["fire"]>) => {
            if (!added) {
              added = true;
              await target.fire(job.id, newExecution(job, new Date(at("12:00:09.000")), "manual"), applyRun);
            }
            return await target.fire(...args);
          };
        },
      }),
  );
});

Deno.test("scheduler sets a job aside whose schedule cannot be read, and serves the others", () =>
  stage(async (store) => {
    const broken = { ...sampleJob({ id: "a", name: "a", nextRun: at("12:00:00.000") }), schedules: ["not a cron"] };
    await store.createJob(broken as Job);
    await store.createJob(sampleJob({ id: "b", name: "b", nextRun: at("12:00:00.000") }));
  }, async ({ store, executions, scheduler }) => {
    strictEqual((await executions(1))[0]!.jobName, "b");
    const broken = (await store.getJob("a"))!;
    deepStrictEqual([broken.nextRun, broken.status], [null, "failed"]);
    match(broken.lastError, /its schedule cannot be read/);
    strictEqual(scheduler.problem(), "");
  }));

Deno.test("scheduler says that the store is away, and goes on when it is back", () => {
  let away = false;
  return stage(
    (store) => store.createJob(sampleJob({ nextRun: at("12:00:10.000") })),
    async ({ clock, executions, scheduler, idle, lines }) => {
      away = true;
      await clock.set(at("12:00:10.000"));
      await until("an error", () => lines.some((line) => line.level === "error"));
      await idle();
      match(scheduler.problem(), /the store failed: gone/);
      away = false;
      await clock.advance(1_000);
      await executions(1);
      await idle();
      strictEqual(scheduler.problem(), "");
    },
    (store) =>
      new Proxy(store, {
        get(target, name) {
          if (name === "dueJobs" && away) return () => Promise.reject(new Error("gone"));
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  );
});

Deno.test("scheduler.problem() tells of a loop that does not turn any more", async () => {
  const clock = new ManualClock(START);
  const never = new Promise<never>(() => {});
  let hang = false;
  const store = {
    dueJobs: () => hang ? never : Promise.resolve([]),
    nextDueAt: () => Promise.resolve(undefined),
    revision: () => Promise.resolve("1"),
    activeExecutions: () => Promise.resolve([]),
    endedExecutions: () => Promise.resolve([]),
  } as unknown as JobStore;
  const scheduler = new Scheduler({
    store,
    clock,
    log: recordingLog().log,
    metrics: noMetrics,
    executor: { wake() {} },
    checkIntervalMs: 60_000,
  });
  scheduler.start();
  await clock.untilSleeping(2);
  strictEqual(scheduler.problem(), "");
  hang = true;
  await clock.advance(100_000);
  match(scheduler.problem(), /has not ticked for/);
});
