import { deepStrictEqual } from "node:assert/strict";
import { beginAttempt, isRunnable } from "../../src/daemon/begin_attempt.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";

const now = new Date("2026-03-02T00:00:10Z");

const blackout = { blackout: ["00:00-06:00"] };
const behaviour: [name: string, execution: Partial<Execution>, job: Partial<Job> | undefined, expect: string][] = [
  ["begins", {}, {}, "running"],
  ["begins a retry", { status: "retrying", retryCount: 1 }, {}, "running"],
  ["cancels what has no job", {}, undefined, "cancelled JOB_GONE"],
  ["skips what waited while its job was disabled", {}, { enabled: false }, "skipped SKIPPED_DISABLED"],
  ["skips such a catch-up, too", { trigger: "catch-up" }, { enabled: false }, "skipped SKIPPED_DISABLED"],
  ["runs a disabled job by hand", { trigger: "manual" }, { enabled: false }, "running"],
  ["goes on with what had begun before the job was disabled", { status: "retrying" }, { enabled: false }, "running"],
  ["puts off what waited until blackout hours began", {}, blackout, "pending until 2026-03-02T06:00:00.000Z"],
  ["puts off a backfill, too", { trigger: "backfill" }, blackout, "pending until 2026-03-02T06:00:00.000Z"],
  ["backfills a disabled job", { trigger: "backfill" }, { enabled: false }, "running"],
  ["runs by hand in blackout hours", { trigger: "manual" }, blackout, "running"],
  ["goes on with its attempts in blackout hours", { status: "retrying" }, blackout, "running"],
];
for (const [name, execution, job, expect] of behaviour) {
  Deno.test(`beginAttempt() ${name}`, () => {
    const begun = beginAttempt(sampleExecution(execution), job && { ...sampleJob(), ...job }, now);
    const until = begun.notBefore === null ? "" : `until ${begun.notBefore}`;
    deepStrictEqual(`${begun.status} ${begun.errorCode || until}`.trim(), expect);
    deepStrictEqual(begun.startTime, begun.status === "running" ? now.toISOString() : null);
    deepStrictEqual(begun.endTime, begun.status === "running" || begun.status === "pending" ? null : now.toISOString());
  });
}

const runnable: [execution: Partial<Execution>, expect: boolean][] = [
  [{ status: "pending" }, true],
  [{ status: "pending", notBefore: "2026-03-02T00:00:10.000Z" }, true],
  [{ status: "pending", notBefore: "2026-03-02T00:00:10.001Z" }, false],
  [{ status: "retrying", notBefore: "2026-03-02T01:00:00.000Z" }, true],
  [{ status: "running" }, false],
  [{ status: "completed" }, false],
  [{ status: "retrying", retryAt: null }, true],
  [{ status: "retrying", retryAt: "2026-03-02T00:00:10.000Z" }, true],
  [{ status: "retrying", retryAt: "2026-03-02T00:00:10.001Z" }, false],
];
for (const [execution, expect] of runnable) {
  Deno.test(`isRunnable() of ${JSON.stringify(execution)}: ${expect}`, () =>
    deepStrictEqual(isRunnable(sampleExecution(execution), now), expect));
}
