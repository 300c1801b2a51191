import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { pullForward } from "../../src/daemon/pull_forward.ts";
import { newExecution, plannedExecution, withNextRun } from "../../src/schedule/apply_firing.ts";
import { planDue } from "../../src/schedule/firing.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { stage, START } from "./scheduler_stage.ts";
import { until } from "./until.ts";

const day = (time: string) => (time.includes("T") ? new Date(time) : new Date(`2026-03-02T${time}Z`)).toISOString();
const hourly = { schedules: ["0 * * * *"], nextRun: day("13:00:00") };

const HOURS_TO_2035 = (Date.parse("2035-01-01T00:00:00Z") - Date.parse(day("13:00:00"))) / 3_600_000;

/** A clock that shows 12:00 and is set while the daemon runs. All jobs are due each hour, unless told otherwise. */
const behaviour: [
  name: string,
  job: Parameters<typeof sampleJob>[0],
  jumps: string[],
  expect: { decided: [scheduledAt: string, status: string, trigger: string][]; nextRun: string; skipped: number },
][] = [
  ["asleep over a due time: it is caught up with", hourly, ["13:20:00"], {
    decided: [["13:00", "pending", "catch-up"]],
    nextRun: day("14:00:00"),
    skipped: 0,
  }],
  ["asleep over three: the latest is, the others are counted", hourly, ["15:20:00"], {
    decided: [["15:00", "pending", "catch-up"]],
    nextRun: day("16:00:00"),
    skipped: 2,
  }],
  ["asleep, and no catch-up wanted: nothing is started", { ...hourly, catchUp: { policy: "none" } }, ["15:20:00"], {
    decided: [["15:00", "skipped", "schedule"]],
    nextRun: day("16:00:00"),
    skipped: 3,
  }],
  ["asleep longer than the catch-up window", { ...hourly, schedules: ["0 13 * * *"] }, ["2026-03-04T12:59:00Z"], {
    decided: [["13:00", "pending", "catch-up"]],
    nextRun: day("2026-03-04T13:00:00Z"),
    skipped: 1,
  }],
  ["put forward to a due time: it is on time", hourly, ["13:00:01"], {
    decided: [["13:00", "pending", "schedule"]],
    nextRun: day("14:00:00"),
    skipped: 0,
  }],
  ["put back: what waits goes on waiting", hourly, ["11:59:30"], {
    decided: [],
    nextRun: day("12:00:00"), // its job was made before, and has no execution for that time
    skipped: 0,
  }],
  ["put back behind a slot that ran: it does not run again", hourly, ["13:00:00", "12:59:00", "13:00:05"], {
    decided: [["13:00", "pending", "schedule"]],
    nextRun: day("14:00:00"),
    skipped: 0,
  }],
  ["put back behind a period that ran", { schedules: ["@every 10m"], nextRun: day("12:10:00") }, [
    "12:10:00",
    "12:09:30",
    "12:10:10",
  ], { decided: [["12:10", "pending", "schedule"]], nextRun: day("12:20:00"), skipped: 0 }],
  ["years ahead, and put right: it waits for its next due time again", hourly, [
    "2035-01-01T00:30:00Z",
    "12:30:00",
  ], { decided: [["00:00", "pending", "catch-up"]], nextRun: day("13:00:00"), skipped: HOURS_TO_2035 }],
  ["years ahead, put right, and on: it runs", { ...hourly, overlapPolicy: "allow" }, [
    "2035-01-01T00:30:00Z",
    "12:30:00",
    "13:00:00",
  ], {
    decided: [["00:00", "pending", "catch-up"], ["13:00", "pending", "schedule"]],
    nextRun: day("14:00:00"),
    skipped: HOURS_TO_2035,
  }],
];

for (const [name, fields, jumps, expect] of behaviour) {
  Deno.test(`scheduler on a clock that jumps: ${name}`, () => {
    const job = sampleJob(fields);
    return stage((store) => store.createJob(job), async ({ clock, store, idle }) => {
      const settled = async () => {
        await clock.advance(1_000); // the poll notices
        await idle();
      };
      await settled();
      for (const to of jumps) {
        clock.jump(day(to));
        await settled();
        await settled();
      }
      const decided = (await store.listExecutions()).map((it) =>
        [it.scheduledAt.slice(11, 16), it.status, it.trigger] as const
      );
      deepStrictEqual(decided, expect.decided);
      const after = (await store.getJob(job.id))!;
      strictEqual(after.nextRun, expect.nextRun);
      strictEqual(after.runCount, decided.filter(([, status]) => status !== "skipped").length);
      strictEqual(Object.values(after.skipped).reduce((sum, count) => sum + count, 0), expect.skipped);
    });
  });
}

Deno.test("scheduler finds a job that waits for a time years away when it starts, too", () => {
  const job = sampleJob({ ...hourly, nextRun: "2035-01-01T00:00:00.000Z" });
  return stage((store) => store.createJob(job), async ({ store, lines }) => {
    await until("an earlier due time", async () => (await store.getJob(job.id))!.nextRun === day("13:00:00"));
    const line = await until("a line", () => lines.find(({ level }) => level === "warn"));
    match(line.message, /the clock was put back/);
    strictEqual(line.changed, 1);
  });
});

for (const [ahead, expect] of [[true, day("13:00:00")], [false, day("22:00:00")]] as const) {
  const what = ahead ? "where something ran in what is the future" : "only then";
  Deno.test(`scheduler finds a job that waits for hours too long when it starts, ${what}`, () => {
    const job = sampleJob({ ...hourly, nextRun: day("22:00:00") });
    const fill = async (store: JobStore) => {
      await store.createJob(job);
      const ran = newExecution(job, new Date(day(ahead ? "21:00:00" : "11:00:00")), "schedule");
      await store.fire(job.id, { ...ran, status: "completed" }, (it) => it);
    };
    return stage(fill, async ({ store, idle }) => {
      if (ahead) await until("the next due time", async () => (await store.getJob(job.id))!.nextRun === expect);
      else {
        await idle();
        await new Promise((resolve) => setTimeout(resolve, 50)); // it has looked by then, or never will
        strictEqual((await store.getJob(job.id))!.nextRun, expect);
      }
    });
  });
}

Deno.test("scheduler is not called stuck after the machine slept", () =>
  stage(() => Promise.resolve(), async ({ clock, scheduler, idle }) => {
    clock.jump(day("20:00:00"));
    await clock.advance(1_000);
    await idle();
    strictEqual(scheduler.problem(), "");
  }));

const untouched: [name: string, job: Partial<Job>][] = [
  ["its next due time", hourly],
  ["a due time that has come", { ...hourly, nextRun: day("11:00:00") }],
  ["nothing, as it is disabled", { ...hourly, enabled: false, nextRun: null }],
  ["a time of a schedule that cannot be read", { schedules: ["none"], nextRun: day("19:00:00") }],
];
for (const [name, fields] of untouched) {
  Deno.test(`pullForward() leaves a job alone that waits for ${name}`, () => {
    const job = { ...sampleJob(), ...fields };
    return stage(() => Promise.resolve(), async ({ store }) => {
      ok(await store.createJob(job));
      const before = await store.revision();
      strictEqual(await pullForward(store, new Date(START), new AbortController().signal), 0);
      strictEqual(await store.revision(), before);
    });
  });
}

Deno.test("pullForward() passes over every due time that has an execution", () =>
  stage(() => Promise.resolve(), async ({ store }) => {
    let job = withNextRun(sampleJob({ schedules: ["*/10 * * * *"] }), new Date(START));
    ok(await store.createJob(job));
    for (let i = 0; i < 3; i++) {
      const dueAt = new Date(job.nextRun!);
      await store.fire(job.id, plannedExecution(job, planDue(job, dueAt, [])!, dueAt), (it) => withNextRun(it, dueAt));
      job = (await store.getJob(job.id))!;
    }
    await store.updateJob(job.id, (it) => ({ ...it, nextRun: day("19:00:00") }));
    strictEqual(await pullForward(store, new Date(START), new AbortController().signal), 1);
    strictEqual((await store.getJob(job.id))!.nextRun, day("12:40:00"));
  }));

const retries: [name: string, retryAt: string, expect: string][] = [
  ["years away is due", "2035-01-01T00:00:30Z", START],
  ["farther away than the longest delay is due", "12:15:01", START],
  ["within the longest delay stays", "12:15:00", "12:15:00"],
  ["that is due stays", "11:59:00", "11:59:00"],
];
for (const [name, retryAt, expect] of retries) {
  Deno.test(`pullForward(): a retry ${name}`, () =>
    stage(() => Promise.resolve(), async ({ store }) => {
      const job = sampleJob({ retry: { maxDelay: "15m" }, nextRun: day("12:01:00") });
      ok(await store.createJob(job));
      const execution = sampleExecution({ status: "retrying", retryAt: day(retryAt) }, job);
      await store.fire(job.id, execution, (it) => it);
      await pullForward(store, new Date(START), new AbortController().signal);
      strictEqual((await store.getExecution(execution.id))!.retryAt, day(expect));
    }));
}
