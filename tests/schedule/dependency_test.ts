import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { decideFollow, findCycle } from "../../src/schedule/dependency.ts";
import { type Execution, executionSchema, type ExecutionStatus } from "../../src/schedule/execution.ts";
import { type Job, jobSchema } from "../../src/schedule/job.ts";
import type { ActiveExecution } from "../../src/schedule/overlap.ts";

const end = "2026-03-02T02:07:00.250Z";
const now = new Date("2026-03-02T02:07:01Z");

function follower(fields: Record<string, unknown> = {}): Job {
  return jobSchema.parse({
    id: "job-b",
    name: "b",
    cronSchedule: "",
    schedules: [],
    dependsOn: [{ job: "job-a" }],
    createdAt: "2026-03-01T00:00:00Z",
    ...fields,
  });
}

const ended = (status: ExecutionStatus, fields: Partial<Execution> = {}): Execution =>
  executionSchema.parse({
    id: "job-a-1",
    jobId: "job-a",
    jobName: "a",
    scheduledAt: "2026-03-02T02:00:00.000Z",
    endTime: end,
    status,
    ...fields,
  });

const ends: [status: ExecutionStatus, followed: string[]][] = [
  ["completed", ["succeeded", "finished"]],
  ["partial", ["succeeded", "finished"]],
  ["failed", ["failed", "finished"]],
  ["quarantined", ["failed", "finished"]],
  ["cancelled", ["finished"]],
  ["skipped", []],
  ["retrying", []],
];
for (const [status, followed] of ends) {
  Deno.test(`decideFollow() after ${status} follows ${followed.join(", ") || "nothing"}`, () => {
    const follows = (["succeeded", "failed", "finished"] as const).filter((on) =>
      decideFollow(follower({ dependsOn: [{ job: "job-a", on }] }), ended(status), now, []) !== undefined
    );
    deepStrictEqual(follows, followed);
  });
}

const running: ActiveExecution[] = [{ jobId: "job-b", status: "running" }];
const decisions: [name: string, job: Record<string, unknown>, active: ActiveExecution[], expect: string][] = [
  ["makes an execution", {}, [], "pending"],
  ["is bound by the overlap policy", {}, running, "skipped SKIPPED_OVERLAP"],
  ["waits where that is the policy", { overlapPolicy: "queue-all" }, running, "pending"],
  ["skips a disabled job", { enabled: false }, [], "skipped SKIPPED_DISABLED"],
  ["leaves alone what has not started yet", { startAt: "2026-03-03T00:00:00.000Z" }, [], "nothing"],
  ["leaves alone what has come to its end", { endAt: "2026-03-02T00:00:00.000Z" }, [], "nothing"],
  ["leaves alone what depends on others", { dependsOn: [{ job: "job-c", on: "finished" }] }, [], "nothing"],
  ["asks for one of several", { dependsOn: [{ job: "job-c" }, { job: "job-a" }] }, [], "pending"],
];
for (const [name, fields, active, expect] of decisions) {
  Deno.test(`decideFollow() ${name}`, () => {
    const decision = decideFollow(follower(fields), ended("completed"), now, active);
    strictEqual(
      decision === undefined ? "nothing" : `${decision.execution.status} ${decision.execution.errorCode}`.trim(),
      expect,
    );
    strictEqual(decision?.skipped === undefined, !expect.startsWith("skipped"));
  });
}

Deno.test("decideFollow() makes an execution that is due at the other's end, and the same whoever decides", () => {
  const { execution } = decideFollow(follower({ runCount: 4 }), ended("completed"), now, [])!;
  deepStrictEqual(
    [execution.id, execution.scheduledAt, execution.trigger, execution.causedBy, execution.runNumber],
    ["job-b-20260302T020700_250Z", end, "dependency", "job-a-1", 5],
  );
});

const on = (...jobs: string[]) => jobs.map((job) => ({ job, on: "succeeded" as const }));
const graphs: [name: string, jobs: Record<string, string[]>, expect: string | undefined][] = [
  ["no dependencies", { a: [] }, undefined],
  ["a chain", { a: ["b"], b: ["c"], c: [] }, undefined],
  ["two ways to one job", { a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, undefined],
  ["a job that is gone", { a: ["x"] }, undefined],
  ["itself", { a: ["a"] }, "a a"],
  ["each other", { a: ["b"], b: ["a"] }, "a b a"],
  ["a long circle beside a dead end", { a: ["e", "b"], b: ["c"], c: ["d"], d: ["a"], e: ["c2"], c2: [] }, "a b c d a"],
  ["a circle of others", { a: ["b"], b: ["c"], c: ["b"] }, undefined],
];
for (const [name, jobs, expect] of graphs) {
  Deno.test(`findCycle() of ${name}: ${expect ?? "none"}`, () => {
    const all = Object.entries(jobs).map(([id, others]) => ({ id, dependsOn: on(...others) }));
    strictEqual(findCycle(all[0]!, all.slice(1))?.join(" "), expect);
  });
}
