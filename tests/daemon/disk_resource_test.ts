import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { Admission } from "../../src/daemon/admission.ts";
import {
  decideDisk,
  type DiskFacts,
  type DiskLimits,
  DiskResource,
  expectedBytes,
} from "../../src/daemon/disk_resource.ts";
import { folderBytes, freeBytes } from "../../src/daemon/disk_space.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";

const MB = 1e6;
const nothing: DiskFacts = { freeBytes: 10_000 * MB, usedBytes: 0, reservedBytes: 0 };
const limits: DiskLimits = { minFreeBytes: 256 * MB };

const behaviour: [
  name: string,
  facts: Partial<DiskFacts>,
  limits: Partial<DiskLimits>,
  need: number,
  lacks: number | undefined,
  reason?: RegExp,
][] = [
  ["lets in while there is room", {}, {}, 100 * MB, undefined],
  ["wants the floor free", { freeBytes: 255 * MB }, {}, 0, MB, /^disk space: 255 MB free, 256 MB needed$/],
  ["wants what is expected free", { freeBytes: 300 * MB }, {}, 400 * MB, 100 * MB],
  ["counts what running attempts need", { freeBytes: 300 * MB, reservedBytes: 100 * MB }, {}, 0, 56 * MB],
  ["lets in where the system does not say", { freeBytes: undefined }, {}, 400 * MB, undefined],
  ["keeps the quota", { usedBytes: 900 * MB }, { quotaBytes: 1000 * MB }, 150 * MB, 50 * MB, /^disk quota: 900 MB of/],
  ["lets in up to the quota", { usedBytes: 900 * MB }, { quotaBytes: 1000 * MB }, 100 * MB, undefined],
  [
    "counts what running attempts need against the quota",
    { usedBytes: 900 * MB, reservedBytes: 90 * MB },
    {
      quotaBytes: 1000 * MB,
    },
    20 * MB,
    10 * MB,
  ],
  ["stops at a quota that is used up, whatever is needed", { usedBytes: 1000 * MB }, { quotaBytes: 1000 * MB }, 0, 1],
];

for (const [name, facts, some, need, lacks, reason] of behaviour) {
  Deno.test(`decideDisk() ${name}`, () => {
    const shortage = decideDisk({ ...nothing, ...facts }, { ...limits, ...some }, need);
    strictEqual(shortage?.bytes, lacks);
    if (reason !== undefined) match(shortage!.reason, reason);
  });
}

const expected: [name: string, bundles: number[], limit: number, expect: number][] = [
  ["knows nothing of a first run", [], 2000, 0],
  ["takes the largest of the last ones, and its files", [10, 30, 0], 2000, 330],
  ["knows that no more is collected than may be", [300], 2000, 2300],
  ["knows that any amount may be collected", [300], 0, 3300],
];

for (const [name, bundles, limit, expect] of expected) {
  Deno.test(`expectedBytes() ${name}`, () => strictEqual(expectedBytes(bundles, limit), expect));
}

Deno.test("disk space is that of the system, and folders count with all that is in them", async () => {
  await using state = await temporaryState();
  await Deno.mkdir(join(state.bundles, "a", "b"), { recursive: true });
  await Deno.writeFile(join(state.bundles, "a", "one"), new Uint8Array(1000));
  await Deno.writeFile(join(state.bundles, "a", "b", "two"), new Uint8Array(500));
  strictEqual(await folderBytes(state.bundles), 1500);
  strictEqual(await folderBytes(join(state.root, "absent")), 0);
  strictEqual(await freeBytes(join(state.root, "absent")), undefined);
  strictEqual((await freeBytes(state.root))! > 0, true);
});

Deno.test("disk resource counts bundles and work folders against the quota, as the settings are now", async () => {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const quota: DiskLimits = { minFreeBytes: 1, quotaBytes: 2_000 };
  const makeRoom = () => Promise.resolve(0);
  const resource = new DiskResource({ store, state, limits: () => quota, makeRoom });
  const ask = async () => (await resource.look([])).ask(sampleExecution());
  try {
    await Deno.writeFile(join(state.bundles, "one"), new Uint8Array(1_500));
    strictEqual(await ask(), undefined);
    await Deno.writeFile(join(state.work, "two"), new Uint8Array(500));
    strictEqual(await ask(), "disk quota: 2.0 kB of 2.0 kB in use");
    quota.quotaBytes = 3_000;
    strictEqual(await ask(), undefined);
  } finally {
    store.close();
  }
});

interface Stage {
  resource: DiskResource;
  admission: Admission;
  free: { bytes: number };
  /** What was asked of `makeRoom`. */
  wanted: number[];
  reached: string[];
  lines: ReturnType<typeof recordingLog>["lines"];
  small: ReturnType<typeof sampleExecution>;
  large: ReturnType<typeof sampleExecution>;
}

/** Two executions that wait: `large` is of a job whose last bundle had 100 MB. */
async function stage(body: (stage: Stage) => Promise<void>, room = 0): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const free = { bytes: 0 };
  const wanted: number[] = [];
  const reached: string[] = [];
  const { log, lines } = recordingLog();
  try {
    const jobs = [sampleJob({ id: "job-s", name: "small" }), sampleJob({ id: "job-l", name: "large" })];
    for (const job of jobs) await store.createJob(job);
    const past = sampleExecution({ id: "job-l-past", status: "completed", bundleSize: 100 * MB }, jobs[1]);
    await store.fire("job-l", past, applyRun);
    const resource = new DiskResource({
      store,
      state,
      limits: () => limits,
      freeBytes: () => Promise.resolve(free.bytes),
      makeRoom: (bytes) => {
        wanted.push(bytes);
        free.bytes += room;
        return Promise.resolve(room);
      },
    });
    const admission = new Admission({ resources: [resource], log, onHeld: (name) => reached.push(name) });
    const [small, large] = jobs.map((job) => sampleExecution({ id: `${job.id}-now` }, job));
    await body({ resource, admission, free, wanted, reached, lines, small: small!, large: large! });
  } finally {
    store.close();
  }
}

Deno.test("admission holds what needs too much, and lets in what needs less", () =>
  stage(async ({ admission, free, small, large, reached, lines }) => {
    free.bytes = 500 * MB;
    const mayStart = admission.round([]);
    deepStrictEqual([await mayStart(large), await mayStart(small)], [false, true]);
    deepStrictEqual(admission.held(), [{
      id: large.id,
      job: "large",
      resource: "disk",
      reason: "disk space: 500 MB free, 1.1 GB needed",
    }]);
    deepStrictEqual(reached, ["disk"]);
    deepStrictEqual(lines.map(({ level, message, limit, job }) => [level, message, limit, job]), [
      ["warn", "resource limit reached", "disk", "large"],
    ]);
  }));

Deno.test("admission says once that an execution waits, and forgets it when there is room", () =>
  stage(async ({ admission, free, small, lines, reached }) => {
    for (let i = 0; i < 3; i++) strictEqual(await admission.round([])(small), false);
    deepStrictEqual([lines.length, reached.length, admission.held().length], [1, 1, 1]);
    free.bytes = 300 * MB;
    strictEqual(await admission.round([])(small), true);
    deepStrictEqual(admission.held(), []);
    free.bytes = 0;
    strictEqual(await admission.round([])(small), false);
    strictEqual(lines.length, 2);
  }));

Deno.test("admission counts what it let in until that has ended", () =>
  stage(async ({ admission, free, large, small }) => {
    free.bytes = 1_200 * MB;
    const mayStart = admission.round([]);
    deepStrictEqual([await mayStart(large), await mayStart(small)], [true, false]);
    strictEqual(await admission.round([large.id])(small), false);
    strictEqual(await admission.round([])(small), true);
  }));

Deno.test("admission makes room before it has something wait", () =>
  stage(async ({ admission, free, small, wanted, reached }) => {
    free.bytes = 200 * MB;
    strictEqual(await admission.round([])(small), true);
    deepStrictEqual([wanted, reached], [[56 * MB], []]);
  }, 100 * MB));
