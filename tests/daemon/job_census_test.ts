import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { JobCensus } from "../../src/daemon/job_census.ts";
import type { Job } from "../../src/schedule/job.ts";
import { ManualClock } from "../manual_clock.ts";
import { sampleJob } from "./sample_job.ts";

/** A store that counts how often it is asked for everything. */
function stage(tookMs = 0) {
  const clock = new ManualClock();
  const jobs: Job[] = [
    sampleJob({ id: "b", name: "b" }),
    sampleJob({ id: "a", name: "a", nextRun: "2026-03-02T00:00:00Z" }),
  ];
  const seen = { reads: 0 };
  let revision = 1;
  const census = new JobCensus({
    revision: () => Promise.resolve(String(revision)),
    async eachJob(visit) {
      seen.reads++;
      await clock.advance(tookMs);
      jobs.forEach(visit);
    },
  }, clock);
  const add = (job: Job) => {
    jobs.push(job);
    revision++;
  };
  return { census, clock, add, seen };
}

Deno.test("JobCensus.read() lists jobs by name, with what status and metrics tell", async () => {
  const facts = await stage().census.read();
  deepStrictEqual(facts.map(({ name }) => name), ["a", "b"]);
  deepStrictEqual(facts[0], {
    id: "a",
    name: "a",
    enabled: true,
    status: "pending",
    nextRun: Date.parse("2026-03-02T00:00:00Z"),
    lastRun: NaN,
    failuresInRow: 0,
    timing: { schedules: ["* * * * *"], timezone: "UTC", blackout: [] },
  });
});

Deno.test("JobCensus.read() keeps one object for all jobs with the same schedule, and the same one later", async () => {
  const { census, add } = stage();
  const [a, b] = await census.read();
  add(sampleJob({ id: "c", name: "c" }));
  const later = await census.read();
  strictEqual(a!.timing, b!.timing);
  strictEqual(later[2]!.timing, a!.timing);
});

Deno.test("JobCensus.read() reads again when something changed, and only then", async () => {
  const { census, add, seen } = stage();
  await Promise.all([census.read(), census.read()]);
  await census.read();
  strictEqual(seen.reads, 1);
  add(sampleJob({ id: "c", name: "c" }));
  strictEqual((await census.read()).length, 3);
  strictEqual(seen.reads, 2);
});

Deno.test("JobCensus.read() of very many jobs takes no more than a twentieth of the time", async () => {
  const { census, add, clock, seen } = stage(1_000);
  await census.read();
  add(sampleJob({ id: "c", name: "c" }));
  await clock.advance(19_000);
  strictEqual((await census.read()).length, 2);
  await clock.advance(1_000);
  strictEqual((await census.read()).length, 3);
  strictEqual(seen.reads, 2);
});
