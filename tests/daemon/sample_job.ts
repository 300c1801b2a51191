import { newExecution } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import { type Job, jobSchema } from "../../src/schedule/job.ts";
import type * as z from "zod";

/** A job as the store has it; every minute unless told otherwise. */
export function sampleJob(fields: Partial<z.input<typeof jobSchema>> = {}): Job {
  const schedules = fields.schedules ?? ["* * * * *"];
  return jobSchema.parse({
    id: "job-0000000001",
    name: "nightly",
    cronSchedule: schedules[0],
    schedules,
    specFiles: ["fake:ok"],
    createdAt: "2026-03-01T00:00:00.000Z",
    ...fields,
  });
}

export function sampleExecution(fields: Partial<Execution> = {}, job: Job = sampleJob()): Execution {
  return { ...newExecution(job, new Date("2026-03-02T00:00:00Z"), "schedule"), ...fields };
}
