import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { applyPlan, withNextRun } from "../../src/schedule/apply_firing.ts";
import { planDue } from "../../src/schedule/firing.ts";
import { type Job, jobSchema } from "../../src/schedule/job.ts";
import { countDueOf, latestDueOf, nextDueOf, nextRunsOf } from "../../src/schedule/job_due.ts";

const at = (time: string) => new Date(`2026-03-02T${time}:00.000Z`);

function hourly(changes: Record<string, unknown> = {}): Job {
  return jobSchema.parse({
    id: "job-1",
    name: "hourly",
    cronSchedule: "0 * * * *",
    schedules: ["0 * * * *"],
    createdAt: "2026-03-01T00:00:00.000Z",
    ...changes,
  });
}

const bounded = hourly({ startAt: at("08:00").toISOString(), endAt: at("11:00").toISOString() });
const next: [job: Job, after: string, expect: string | undefined][] = [
  [hourly(), "06:30", "07:00"],
  [bounded, "06:30", "08:00"], // the start itself counts
  [bounded, "08:00", "09:00"],
  [bounded, "10:59", "11:00"], // and so does the end
  [bounded, "11:00", undefined],
];
for (const [job, after, expect] of next) {
  Deno.test(`nextDueOf() after ${after} from ${job.startAt} to ${job.endAt}: ${expect}`, () =>
    deepStrictEqual(nextDueOf(job, at(after)), expect && at(expect)));
}

Deno.test("latestDueOf() and countDueOf() stay between start and end", () => {
  deepStrictEqual(latestDueOf(bounded, at("05:00"), at("20:00")), at("11:00"));
  strictEqual(countDueOf(bounded, at("05:00"), at("20:00")), 4);
});

const previews: [changes: Record<string, unknown>, expect: string[]][] = [
  [{}, ["07:00", "08:00", "09:00"]],
  [{ maxRuns: 5, scheduledRuns: 3 }, ["07:00", "08:00"]],
  [{ maxRuns: 5, scheduledRuns: 5 }, []],
  [{ endAt: at("07:30").toISOString() }, ["07:00"]],
  [{ blackout: ["07:30-08:30", "09:30-10:30"] }, ["07:00", "09:00", "11:00"]],
  [{ blackout: ["00:00-23:59"] }, []], // bounded, though nothing is ever due
  [{ startAt: at("22:00").toISOString() }, ["22:00", "23:00"]],
];
for (const [changes, expect] of previews) {
  Deno.test(`nextRunsOf() of ${JSON.stringify(changes)}`, () =>
    deepStrictEqual(nextRunsOf(hourly(changes), at("06:00"), 3).slice(0, expect.length || 3), expect.map(at)));
}

Deno.test("withNextRun() of a job that has made all of its runs is null", () => {
  strictEqual(withNextRun(hourly({ maxRuns: 2, scheduledRuns: 2 }), at("06:00")).nextRun, null);
});

Deno.test("a schedule makes no more runs than it may, and skipped ones do not count", () => {
  let job = withNextRun(hourly({ maxRuns: 2 }), at("06:30"));
  const steps: string[] = [];
  for (let hour = 7; hour < 12; hour++) {
    const now = at(`${String(hour).padStart(2, "0")}:00`);
    const plan = planDue(job, now, hour === 8 ? [{ jobId: job.id, status: "running" }] : []);
    steps.push(plan?.firing.do ?? "nothing");
    if (plan !== undefined) job = applyPlan(job, plan);
  }
  deepStrictEqual(steps, ["start", "skip", "start", "nothing", "nothing"]);
  deepStrictEqual([job.scheduledRuns, job.runCount, job.nextRun], [2, 2, null]);
});

Deno.test("what passed after the end is neither run nor counted", () => {
  const job = withNextRun(hourly({ endAt: at("08:30").toISOString() }), at("06:30"));
  const plan = planDue(job, at("12:00"), [])!;
  deepStrictEqual([plan.dueAt, plan.missed, plan.nextRun], [at("08:00"), { superseded: 1 }, undefined]);
});
