import { deepStrictEqual } from "node:assert/strict";
import { type JobSurroundings, stateReasons } from "../../../src/cli/schedule/job_state.ts";
import type { DaemonStatus } from "../../../src/daemon/control_protocol.ts";
import { type Execution, executionSchema } from "../../../src/schedule/execution.ts";
import { type Job, jobSchema } from "../../../src/schedule/job.ts";

const now = new Date("2026-03-02T10:00:00Z");
const job: Job = jobSchema.parse({
  id: "job-1",
  name: "nightly",
  cronSchedule: "@daily",
  schedules: ["@daily"],
  createdAt: "2026-03-01T00:00:00Z",
  nextRun: "2026-03-02T13:00:00Z",
});
const daemon = { pid: 7, draining: false, executions: [], maxConcurrent: 3 } as unknown as DaemonStatus;
const execution = (fields: Partial<Execution>): Execution =>
  executionSchema.parse({
    id: "ex-1",
    jobId: "job-1",
    jobName: "nightly",
    scheduledAt: "2026-03-02T09:00:00Z",
    ...fields,
  });
const waiting = "waiting for its next due time, in 3 h";

const behaviour: [name: string, job: Partial<Job>, surroundings: Partial<JobSurroundings>, expect: string[]][] = [
  ["waits for its next due time", {}, {}, [waiting]],
  ["says first that no daemon runs", {}, { daemon: undefined }, [
    "no daemon is running, so nothing starts: `support-bundle schedule daemon start`",
    waiting,
  ]],
  ["says that the daemon is stopping", {}, { daemon: { ...daemon, draining: true } }, [
    "the daemon (pid 7) is stopping, so nothing starts",
    waiting,
  ]],
  ["waits for space on the disk", {}, {
    active: [execution({})],
    daemon: { ...daemon, held: [{ id: "ex-1", job: "nightly", resource: "disk", reason: "disk space: 1 MB free" }] },
  }, ["ex-1 waits for disk space: 1 MB free", waiting]],
  ["is disabled", { enabled: false, nextRun: null }, {}, [
    "disabled: it runs with `schedule run` only, until `schedule enable`",
  ]],
  [
    "is disabled, by whom and why",
    {
      enabled: false,
      nextRun: null,
      paused: { by: "alice@host", note: "upgrade", since: "2026-03-02T09:00:00Z" },
    },
    {},
    [
      "disabled by alice@host at 2026-03-02T09:00:00Z (1 h ago): it runs with `schedule run` only, until `schedule enable`",
      "why it is disabled: upgrade",
    ],
  ],
  ["has made all of its runs", { nextRun: null, maxRuns: 3, scheduledRuns: 3 }, {}, [
    "its schedule has made all of its 3 runs",
  ]],
  ["has come to its end", { nextRun: null, endAt: "2026-03-01T00:00:00Z" }, {}, [
    "its end was at 2026-03-01T00:00:00Z",
  ]],
  ["is put off", {}, { active: [execution({ status: "pending", notBefore: "2026-03-02T18:00:00Z" })] }, [
    "ex-1 is put off until 2026-03-02T18:00:00Z",
    waiting,
  ]],
  ["waits for the run before", {}, {
    active: [
      execution({ id: "ex-2", status: "pending", overlap: "wait", runNumber: 2 }),
      execution({ status: "running", startTime: "2026-03-02T09:59:30Z", runNumber: 1 }),
    ],
  }, ["ex-2 waits for the end of ex-1", "running since 2026-03-02T09:59:30Z (30 s) (ex-1)", waiting]],
  ["has nothing due any more", { nextRun: null }, {}, ["its schedule has no due time any more"]],
  ["is overdue", { nextRun: "2026-03-02T09:55:00Z" }, {}, ["due since 2026-03-02T09:55:00Z (5 min)"]],
  ["runs, and what it does", {}, {
    active: [execution({ status: "running", startTime: "2026-03-02T09:59:30Z" })],
    daemon: {
      ...daemon,
      executions: [{ id: "ex-1", job: "nightly", pid: 9, startTime: "", attempt: 1, progress: "collect: pods" }],
    },
  }, ["running since 2026-03-02T09:59:30Z (30 s): collect: pods (ex-1)", waiting]],
  ["waits for a slot", {}, { active: [execution({ status: "pending" })] }, [
    "ex-1 waits for a free slot (0 of 3 in use)",
    waiting,
  ]],
  ["waits for its next attempt", {}, {
    active: [execution({ status: "retrying", retryAt: "2026-03-02T10:01:00Z", error: "no route" })],
  }, ["waiting for its next attempt at 2026-03-02T10:01:00Z, after: no route (ex-1)", waiting]],
  ["failed the last time, whatever runs now", {}, {
    recent: [
      execution({ id: "ex-2", status: "pending" }),
      execution({ status: "failed", errorCode: "X", error: "no" }),
    ],
  }, [
    "the last execution was failed: X: no (ex-1)",
    "once its cause is gone: `support-bundle schedule recover --execution-id ex-1` runs it again",
    waiting,
  ]],
  ["was cut off the last time", {}, { recent: [execution({ status: "cancelled", errorCode: "INTERRUPTED" })] }, [
    "the last execution was cancelled (ex-1)",
    "once its cause is gone: `support-bundle schedule recover --execution-id ex-1` runs it again",
    waiting,
  ]],
  ["failed, and that it is being recovered", {}, {
    active: [execution({ id: "ex-2", status: "pending" })],
    recent: [
      execution({ id: "ex-2", status: "pending" }),
      execution({ status: "failed", error: "no", recoveredBy: "ex-2" }),
    ],
  }, ["ex-2 waits for a free slot (0 of 3 in use)", "the last execution was failed: no (ex-1)", waiting]],
  ["has a bundle that is held back, which is not recovered", {}, {
    recent: [execution({ status: "quarantined", error: "secret" })],
  }, ["the last execution was quarantined: secret (ex-1)", waiting]],
  ["failed before the last time, which is over", {}, {
    recent: [execution({ id: "ex-2", status: "completed" }), execution({ status: "failed" })],
  }, [waiting]],
];

for (const [name, fields, surroundings, expect] of behaviour) {
  Deno.test(`stateReasons() tells that a job ${name}`, () => {
    deepStrictEqual(
      stateReasons({ ...job, ...fields }, { now, daemon, active: [], recent: [], ...surroundings }),
      expect,
    );
  });
}
