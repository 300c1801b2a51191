import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import {
  boundsOf,
  HISTORY_COUNT,
  isUndelivered,
  planCleanup,
  planRetention,
  planRoom,
  type RetentionBounds,
} from "../../src/schedule/retention.ts";
import { NO_UPLOAD } from "../../src/schedule/upload_state.ts";
import { sampleExecution, sampleJob } from "../daemon/sample_job.ts";

const NOW = new Date("2026-03-31T00:00:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const local = sampleJob();
const uploading = sampleJob({ upload: { enabled: true, endpoint: "s3://bucket/" } });

/** An execution that ended so many days ago, with a bundle of 10 bytes. */
function ended(days: number, fields: Partial<Execution> = {}): Execution {
  const at = new Date(NOW.getTime() - days * DAY).toISOString();
  return sampleExecution({
    id: `e${days}`,
    status: "completed",
    scheduledAt: at,
    endTime: at,
    bundlePath: `/bundles/e${days}.tar.gz`,
    bundleSize: 10,
    ...fields,
  });
}

const uploadStage = (status: "ok" | "failed" | "skipped") => ({ stages: [{ stage: "upload", status, durationMs: 1 }] });
const lone = { uploadUrl: "", ...uploadStage("failed") };

const waiting: Partial<Execution> = { ...lone, upload: { ...NO_UPLOAD, state: "waiting" } };

const plans: [
  name: string,
  executions: Execution[],
  job: Job | undefined,
  bounds: RetentionBounds,
  expect: { bundles?: string[]; undelivered?: string[]; history?: string[] },
][] = [
  ["keeps all without bounds", [ended(1), ended(80)], local, {}, {}],
  ["removes what is older than the age, the oldest first", [ended(1), ended(40), ended(50)], local, {
    maxAgeMs: 30 * DAY,
  }, { bundles: ["e50 age", "e40 age"] }],
  ["counts the age from the end", [ended(31, { endTime: new Date(NOW.getTime() - 29 * DAY).toISOString() })], local, {
    maxAgeMs: 30 * DAY,
  }, {}],
  ["keeps the newest by number", [ended(3), ended(1), ended(2)], local, { maxCount: 2 }, { bundles: ["e3 count"] }],
  ["keeps the newest by size", [ended(3), ended(1), ended(2)], local, { maxBytes: 25 }, { bundles: ["e3 size"] }],
  ["keeps the newest although it is too large", [ended(1), ended(2)], local, { maxBytes: 5 }, { bundles: ["e2 size"] }],
  ["does not count what has no bundle", [ended(1, { bundlePath: "" }), ended(2)], local, { maxCount: 1 }, {}],
  ["never removes what is pinned, nor counts it", [ended(1, { pinned: true }), ended(2), ended(3)], local, {
    maxCount: 1,
  }, { bundles: ["e3 count"] }],
  ["never removes what is pinned for its age", [ended(50, { pinned: true })], local, { maxAgeMs: DAY }, {}],
  ["reports what was not delivered, and keeps it", [ended(50, lone), ended(40)], local, { maxAgeMs: 30 * DAY }, {
    bundles: ["e40 age"],
    undelivered: ["e50"],
  }],
  ["does not count what was not delivered", [ended(1, lone), ended(2)], local, { maxCount: 1 }, {}],
  [
    "removes what waits for its destination when its age is over, whatever its count",
    [ended(1, waiting), ended(2, waiting), ended(50, waiting)],
    uploading,
    { maxAgeMs: 30 * DAY, maxCount: 1 },
    { bundles: ["e50 age"] },
  ],
  ["removes what was delivered", [ended(50, { uploadUrl: "s3://b/k", ...uploadStage("ok") })], uploading, {
    maxAgeMs: 30 * DAY,
  }, { bundles: ["e50 age"] }],
  ["removes a quarantined one by the same bounds", [ended(50, { status: "quarantined", ...lone })], uploading, {
    maxAgeMs: 30 * DAY,
  }, { bundles: ["e50 age"] }],
  ["lets active executions alone", [ended(50, { status: "retrying" }), ended(51, { status: "running" })], local, {
    maxAgeMs: DAY,
    maxCount: 1,
  }, {}],
  ["applies to executions of a deleted job", [ended(50)], undefined, { maxAgeMs: 30 * DAY }, { bundles: ["e50 age"] }],
  ["keeps history for 90 days", [ended(89, { bundlePath: "" }), ended(91, { bundlePath: "" })], local, {
    maxAgeMs: DAY,
  }, { history: ["e91"] }],
  ["keeps history as long as bundles", [ended(91, { bundlePath: "" }), ended(366, { bundlePath: "" })], local, {
    maxAgeMs: 365 * DAY,
  }, { history: ["e366"] }],
  ["keeps the history of a bundle that is there", [ended(100)], local, {}, {}],
  ["keeps the history of what is pinned", [ended(100, { bundlePath: "", pinned: true })], local, {}, {}],
  [
    "prunes skipped runs by their due time",
    [ended(91, { bundlePath: "", status: "skipped", endTime: null })],
    local,
    {},
    {
      history: ["e91"],
    },
  ],
];

for (const [name, executions, job, bounds, expect] of plans) {
  Deno.test(`planRetention() ${name}`, () => {
    const plan = planRetention(executions, job, bounds, NOW);
    deepStrictEqual({
      bundles: plan.bundles.map(({ execution, why }) => `${execution.id} ${why}`),
      undelivered: plan.undelivered.map(({ id }) => id),
      history: plan.history.map(({ id }) => id),
    }, { bundles: [], undelivered: [], history: [], ...expect });
  });
}

Deno.test("planRetention() keeps 1,000 records of a job, and all of the last hour", () => {
  const old = Array.from({ length: HISTORY_COUNT + 5 }, (_, i) => ended(1 + i / 10_000, { bundlePath: "" }));
  const young = Array.from({ length: 10 }, (_, i) => ended(i / 10_000, { id: `y${i}`, bundlePath: "" }));
  const { history } = planRetention([...young, ...old], local, {}, NOW);
  strictEqual(history.length, 15);
  strictEqual(history[0]!.id, old.at(-1)!.id);
  const crowd = Array.from({ length: HISTORY_COUNT + 5 }, (_, i) => ended(i / 1e6, { id: `c${i}`, bundlePath: "" }));
  deepStrictEqual(planRetention(crowd, local, {}, NOW).history, []);
});

const undelivered: [name: string, fields: Partial<Execution>, job: Job | undefined, expect: boolean][] = [
  ["an upload that failed", lone, uploading, true],
  ["an upload that failed, of a job that does not upload any more", lone, local, true],
  ["an upload that failed, of a deleted job", lone, undefined, true],
  ["an upload that was not come to", { stages: [] }, uploading, true],
  ["an upload that waits", waiting, uploading, true],
  ["an upload that somebody gave up", { ...lone, upload: { ...NO_UPLOAD, state: "failed" } }, uploading, false],
  ["an upload that was confirmed", { uploadUrl: "s3://b/k", ...uploadStage("ok") }, uploading, false],
  ["no upload", { stages: [] }, local, false],
  ["no bundle", { bundlePath: "", ...lone }, uploading, false],
  ["a bundle that is held back", { status: "quarantined", ...uploadStage("skipped") }, uploading, false],
];

for (const [name, fields, job, expect] of undelivered) {
  Deno.test(`isUndelivered() judges ${name}`, () => strictEqual(isUndelivered(ended(1, fields), job), expect));
}

const bounds: [name: string, job: Job | undefined, days: number | undefined, expect: RetentionBounds][] = [
  ["takes the age of the settings where the job does not say", sampleJob(), 30, { maxAgeMs: 30 * DAY }],
  ["takes the job's own age", sampleJob({ retention: { maxAge: "7d" } }), 30, { maxAgeMs: 7 * DAY }],
  ["takes the age of a job that keeps them", sampleJob({ retention: { maxAge: "0" } }), 30, {}],
  ["has none where nobody says", sampleJob(), undefined, {}],
  ["takes the settings for a deleted job", undefined, 30, { maxAgeMs: 30 * DAY }],
  ["reads number and size", sampleJob({ retention: { maxCount: 5, maxBytes: "2GB" } }), undefined, {
    maxCount: 5,
    maxBytes: 2e9,
  }],
];

for (const [name, job, days, expect] of bounds) {
  Deno.test(`boundsOf() ${name}`, () => deepStrictEqual(boundsOf(job, days && days * DAY), expect));
}

const cleanups: [
  name: string,
  executions: Execution[],
  options: { undelivered?: boolean },
  expect: { bundles: string[]; undelivered: string[]; history: string[] },
][] = [
  ["removes bundles and records", [ended(5), ended(15), ended(20, { bundlePath: "" })], {}, {
    bundles: ["e15"],
    undelivered: [],
    history: ["e20", "e15"],
  }],
  ["keeps pinned and active ones", [ended(15, { pinned: true }), ended(16, { status: "retrying" })], {}, {
    bundles: [],
    undelivered: [],
    history: [],
  }],
  ["keeps what was not delivered", [ended(15, lone)], {}, { bundles: [], undelivered: ["e15"], history: [] }],
  ["removes what was not delivered where that is wanted", [ended(15, lone)], { undelivered: true }, {
    bundles: ["e15"],
    undelivered: [],
    history: ["e15"],
  }],
];

for (const [name, executions, options, expect] of cleanups) {
  Deno.test(`planCleanup() ${name}`, () => {
    const plan = planCleanup(executions, local, 10 * DAY, NOW, options);
    deepStrictEqual({
      bundles: plan.bundles.map(({ execution }) => execution.id),
      undelivered: plan.undelivered.map(({ id }) => id),
      history: plan.history.map(({ id }) => id),
    }, expect);
  });
}

const delivered = { uploadUrl: "s3://b/k" };
const rooms: [name: string, executions: Execution[], bytes: number, expect: string[]][] = [
  ["takes as many as it takes, the oldest first", [ended(1, delivered), ended(3, delivered), ended(2, delivered)], 15, [
    "e3",
    "e2",
  ]],
  ["takes none where none is needed", [ended(1, delivered)], 0, []],
  [
    "spares what is here alone, pinned or active",
    [
      ended(4),
      ended(3, { ...delivered, pinned: true }),
      ended(2, { ...delivered, status: "retrying" }),
    ],
    100,
    [],
  ],
];

for (const [name, executions, bytes, expect] of rooms) {
  Deno.test(`planRoom() ${name}`, () => deepStrictEqual(planRoom(executions, bytes).map(({ id }) => id), expect));
}
