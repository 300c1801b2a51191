import { deepStrictEqual } from "node:assert/strict";
import { backfillExecution, backfillSlots } from "../../src/schedule/backfill.ts";
import { type Job, jobSchema } from "../../src/schedule/job.ts";

const at = (time: string) => new Date(`2026-03-02T${time}:00.000Z`);

function hourly(fields: Record<string, unknown> = {}): Job {
  return jobSchema.parse({
    id: "job-1",
    name: "hourly",
    cronSchedule: "0 * * * *",
    schedules: ["0 * * * *"],
    createdAt: "2026-03-01T00:00:00.000Z",
    runCount: 4,
    ...fields,
  });
}

const slots: [name: string, job: Record<string, unknown>, from: string, to: string, expect: string[]][] = [
  ["both ends", {}, "01:00", "03:00", ["01:00", "02:00", "03:00"]],
  ["nothing between two due times", {}, "01:01", "01:59", []],
  ["nothing in blackout hours", { blackout: ["02:00-04:30"] }, "01:00", "06:00", ["01:00", "05:00", "06:00"]],
  [
    "nothing beyond start and end",
    { startAt: at("02:00").toISOString(), endAt: at("03:30").toISOString() },
    "01:00",
    "06:00",
    [
      "02:00",
      "03:00",
    ],
  ],
  [
    "a disabled job, and one that has made its runs",
    { enabled: false, maxRuns: 1, scheduledRuns: 1 },
    "01:00",
    "01:00",
    [
      "01:00",
    ],
  ],
];
for (const [name, fields, from, to, expect] of slots) {
  Deno.test(`backfillSlots() takes ${name}`, () =>
    deepStrictEqual([...backfillSlots(hourly(fields), at(from), at(to))], expect.map(at)));
}

Deno.test("backfillExecution() waits for those before it, unless runs may overlap", () => {
  const made = (["skip", "cancel-running", "allow"] as const).map((overlapPolicy) => {
    const { id, trigger, overlap, runNumber, status } = backfillExecution(hourly({ overlapPolicy }), at("01:00"));
    return [id, trigger, overlap, runNumber, status];
  });
  const expect = (overlap: string) => ["job-1-20260302T010000Z", "backfill", overlap, 5, "pending"];
  deepStrictEqual(made, [expect("wait"), expect("wait"), expect("allow")]);
});
