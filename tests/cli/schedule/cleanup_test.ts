import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import type { Job } from "../../../src/schedule/job.ts";
import { key } from "../../../src/store/keys.ts";
import { CliHarness } from "./cli_harness.ts";

const OLD = "2026-01-01T02:00:00.000Z"; // 60 days before NOW
const RECENT = "2026-03-01T02:00:00.000Z";

/** An execution that has ended, with a bundle of 1,000 bytes. */
async function addBundle(harness: CliHarness, job: Job, at: string, fields: Partial<Execution> = {}) {
  const folder = join(harness.state.bundles, job.name);
  await Deno.mkdir(folder, { recursive: true });
  const bundlePath = join(folder, `${job.id}-${at.replace(/[-:]|\.000/g, "")}.tar.gz`);
  await Deno.writeFile(bundlePath, new Uint8Array(1_000));
  const ended = { status: "completed", endTime: at, bundlePath, bundleSize: 1_000 } as const;
  return await harness.addExecution(job, at, { ...ended, ...fields });
}

const failedUpload = { stages: [{ stage: "upload", status: "failed" as const, durationMs: 1 }] };

const behaviour: [
  name: string,
  flags: string[],
  job: Partial<Job>,
  old: Partial<Execution>,
  expect: { removed: string[]; undelivered?: number; left: number },
][] = [
  ["applies the retention of the settings", [], {}, {}, { removed: ["bundle age"], left: 1 }],
  ["applies the job's own", [], { retention: { maxAge: "90d", maxCount: 1, maxBytes: "" } }, {}, {
    removed: ["bundle count"],
    left: 1,
  }],
  ["keeps what the job wants kept", [], { retention: { maxAge: "0", maxCount: null, maxBytes: "" } }, {}, {
    removed: [],
    left: 2,
  }],
  ["keeps what is pinned", [], {}, { pinned: true }, { removed: [], left: 2 }],
  ["keeps what is pinned, however old", ["--older-than", "1d"], {}, { pinned: true }, {
    removed: ["bundle cleanup", "history age"],
    left: 1,
  }],
  ["removes bundles and records by age", ["--older-than", "30d"], {}, {}, {
    removed: ["bundle cleanup", "history age"],
    left: 1,
  }],
  ["keeps what was not delivered, and says so", ["--older-than", "30d"], {}, failedUpload, {
    removed: [],
    undelivered: 1,
    left: 2,
  }],
  ["removes what was not delivered where that is wanted", ["--older-than", "30d", "--undelivered"], {}, failedUpload, {
    removed: ["bundle cleanup", "history age"],
    left: 1,
  }],
  ["changes nothing in a dry run", ["--older-than", "30d", "--dry-run"], {}, {}, {
    removed: ["bundle cleanup", "history age"],
    left: 2,
  }],
  ["leaves retention alone when it repairs", ["--repair"], {}, {}, { removed: [], left: 2 }],
];

for (const [name, flags, jobFields, old, expect] of behaviour) {
  Deno.test(`schedule cleanup ${name}`, async () => {
    await using harness = await CliHarness.create();
    const job = await harness.addJob({ name: "nightly", ...jobFields });
    await addBundle(harness, job, OLD, old);
    await addBundle(harness, job, RECENT);
    const report = await harness.json(["cleanup", "--yes", ...flags]);
    deepStrictEqual(
      {
        removed: report.removed.map((it: { what: string; why: string }) => `${it.what} ${it.why}`),
        undelivered: report.undelivered.length || undefined,
        left: [...Deno.readDirSync(join(harness.state.bundles, "nightly"))].length,
      },
      { undelivered: undefined, ...expect },
    );
  });
}

Deno.test("schedule cleanup asks, shows what it removed, and is taken down", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const old = await addBundle(harness, job, OLD);
  const before = await harness.snapshot();
  const unasked = await harness.run(["cleanup"]);
  match(unasked.message, /Nobody can be asked/);
  const no = await harness.run(["cleanup"], { answer: "n" });
  match(no.stderr, /Remove 1 bundle \(1\.0 kB\)\? \[y\/N\] Nothing was removed\n$/);
  strictEqual(no.code, EXIT.failure);
  deepStrictEqual(await harness.snapshot(), before);
  const yes = await harness.run(["cleanup"], { answer: "y" });
  match(yes.stdout, /^REMOVED +SIZE +JOB +EXECUTION OR PATH +WHY\nbundle +1\.0 kB +nightly +job-\S+ +it was older/);
  match(yes.stderr, /Removed 1 bundle \(1\.0 kB\)\n$/);
  match((await harness.run(["history"])).stdout, /1\.0 kB removed/);
  match(
    (await harness.run(["history", "--execution-id", old.id])).stdout,
    /Bundle: +removed at 2026-03-02T10:00:00Z: it was older than is kept\n/,
  );
  const [last] = await harness.json(["audit"]);
  deepStrictEqual([last.action, last.detail], ["cleanup", "1 bundle (1.0 kB)"]);
  match((await harness.run(["cleanup"])).stderr, /There was nothing to remove\n/); // and nobody is asked
});

const refused: [flags: string[], message: RegExp][] = [
  [["--older-than", "soon"], /--older-than: "soon" is not a duration/],
  [["--older-than", "-1d"], /--older-than: -1d lies in the future/],
  [["--undelivered"], /--undelivered means nothing without --older-than/],
];

for (const [flags, message] of refused) {
  Deno.test(`schedule cleanup refuses ${flags.join(" ")}`, async () => {
    await using harness = await CliHarness.create();
    match((await harness.run(["cleanup", ...flags])).message, message);
  });
}

Deno.test("schedule cleanup --repair mends indexes, and lists records that cannot be read", async () => {
  await using harness = await CliHarness.create();
  const [broken, whole] = [await harness.addJob({ name: "broken" }), await harness.addJob({ name: "whole" })];
  const kv = await Deno.openKv(harness.state.store);
  await kv.set(key.job(broken.id), new TextEncoder().encode("{"));
  await kv.delete(key.jobByName("whole"));
  kv.close();
  const report = await harness.json(["cleanup", "--repair", "--yes"]);
  ok(report.mended.includes('indexed the job "whole" again'), String(report.mended));
  match(report.setAside.join(), new RegExp(`^job/${broken.id}: `));
  strictEqual((await harness.json(["describe", "whole"])).id, whole.id);
  const again = await harness.run(["cleanup", "--repair"]);
  match(again.stdout, /^Set aside: job\/job-\S+: .*\n$/); // it stays listed
});

Deno.test("schedule cleanup warns of bundles that no execution names", async () => {
  await using harness = await CliHarness.create();
  const stray = join(harness.state.bundles, "gone", "job-1-20260101T020000Z.tar.gz");
  await Deno.mkdir(join(harness.state.bundles, "gone"), { recursive: true });
  await Deno.writeFile(stray, new Uint8Array(1_000));
  await Deno.utime(stray, new Date(OLD), new Date(OLD));
  const { stderr } = await harness.run(["cleanup"]);
  match(stderr, /no execution names 1 file \(1\.0 kB\), such as .*job-1-20260101T020000Z\.tar\.gz\. --repair removes/);
  await harness.run(["cleanup", "--repair", "--yes"]);
  strictEqual(await Deno.stat(stray).catch(() => "gone"), "gone");
});

Deno.test("schedule pin keeps a bundle, unpin lets it go, and both are taken down once", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const { id } = await addBundle(harness, job, OLD);
  match((await harness.run(["pin", id])).stdout, new RegExp(`^Pinned ${id}: .*tar\\.gz stays\n$`));
  await harness.run(["pin", id]); // twice is harmless
  match((await harness.run(["history"])).stdout, /1\.0 kB pinned/);
  deepStrictEqual((await harness.json(["cleanup", "--yes"])).removed, []);
  await harness.run(["unpin", id]);
  strictEqual((await harness.json(["cleanup", "--yes"])).removed.length, 1);
  const actions = (await harness.json(["audit"])).map(({ action }: { action: string }) => action);
  deepStrictEqual(actions.filter((it: string) => it.endsWith("pin")), ["unpin", "pin"]);
});

const unpinnable: [name: string, fields: Partial<Execution>, message: RegExp][] = [
  ["what runs", { status: "running", endTime: null }, /Cannot pin .*: it is running$/],
  ["what gave no bundle", { bundlePath: "" }, /its bundle is not here; it gave no bundle$/],
  [
    "what was removed",
    { bundlePath: "", bundleRemoved: { at: RECENT, why: "age" } },
    /not here; removed at 2026-03-01/,
  ],
];

for (const [name, fields, message] of unpinnable) {
  Deno.test(`schedule pin refuses ${name}`, async () => {
    await using harness = await CliHarness.create();
    const job = await harness.addJob({ name: "nightly" });
    const { id } = await addBundle(harness, job, OLD, fields);
    match((await harness.run(["pin", id])).message, message);
    strictEqual((await harness.run(["unpin", id])).code, EXIT.ok);
  });
}

Deno.test("schedule pin knows no execution that is not there", async () => {
  await using harness = await CliHarness.create();
  const { code, message } = await harness.run(["pin", "job-1"]);
  deepStrictEqual([code, message], [EXIT.notFound, 'There is no execution "job-1"']);
});
