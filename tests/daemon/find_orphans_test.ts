import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { cleanUp } from "../../src/daemon/clean_up.ts";
import { findOrphans, judgeBundleFile } from "../../src/daemon/find_orphans.ts";
import type { Execution, ExecutionStatus } from "../../src/schedule/execution.ts";
import { NO_UPLOAD } from "../../src/schedule/upload_state.ts";
import { type RetentionStage, retentionStage } from "./retention_stage.ts";

const ID = "job-1-20260301T000000Z";
const record = (
  status: ExecutionStatus,
  bundle = `/elsewhere/${ID}.tar.gz`,
  upload: Partial<Execution["upload"]> = {},
) => ({
  status,
  upload: { ...NO_UPLOAD, ...upload },
  bundlePath: bundle,
  analysisPath: `/elsewhere/${ID}.analysis.json`,
  companions: [] as string[],
});
const signed = {
  ...record("completed", `/elsewhere/${ID}.tar.gz.age`),
  companions: [`/elsewhere/${ID}.tar.gz.age.minisig`],
};
const quarantined = record("quarantined", `/elsewhere/${ID}.tar.gz.quarantined`);

const behaviour: [
  name: string,
  suffix: string,
  execution: ReturnType<typeof record> | undefined,
  expect: "part" | "unknown" | undefined,
][] = [
  ["keeps a bundle that is named, wherever its folder was", "tar.gz", record("completed"), undefined],
  ["keeps its analysis", "analysis.json", record("completed"), undefined],
  ["keeps a bundle that is held back", "tar.gz.quarantined", quarantined, undefined],
  ["keeps the places in it", "tar.gz.leaks.json", quarantined, undefined],
  ["keeps an encrypted bundle", "tar.gz.age", record("completed", `/elsewhere/${ID}.tar.gz.age`), undefined],
  ["keeps its signature", "tar.gz.age.minisig", signed, undefined],
  ["reports the signature of no bundle", "tar.gz.sig", record("failed", ""), "unknown"],
  ["keeps all of an active execution", "tar.gz.part", record("running"), undefined],
  ["keeps what an attempt left for the next", "tar.gz", record("retrying", ""), undefined],
  ["removes what was cut off", "tar.gz.part", record("failed", ""), "part"],
  ["removes what was not checked", "tar.gz.unchecked", record("failed", ""), "part"],
  ["removes what was cut off of nobody", "tar.gz.unchecked.part", undefined, "part"],
  ["reports a bundle of no execution", "tar.gz", undefined, "unknown"],
  ["reports a bundle that its execution does not name", "tar.gz", record("failed", ""), "unknown"],
];

for (const [name, suffix, execution, expect] of behaviour) {
  Deno.test(`judgeBundleFile() ${name}`, () =>
    strictEqual(judgeBundleFile(`${ID}.${suffix}`, execution)?.what, expect));
}

const uploads = [ // name, execution, what it is
  [
    "keeps how far the upload of a bundle that waits has come",
    record("partial", undefined, { state: "waiting" }),
    undefined,
  ],
  ["removes it when the bundle was delivered", record("completed", undefined, { state: "delivered" }), "part"],
  ["removes it when the execution is gone", undefined, "part"],
] as const;
for (const [name, execution, expect] of uploads) {
  Deno.test(`judgeBundleFile() ${name}`, () =>
    strictEqual(judgeBundleFile(`.${ID}.tar.gz.upload.json`, execution)?.what, expect));
}

/** Files by their path in the state folder, two hours old unless told otherwise. */
async function write({ context: { state, now } }: RetentionStage, paths: string[], hours = 2): Promise<void> {
  const at = new Date(now().getTime() - hours * 3_600_000);
  for (const path of paths.map((it) => join(state.root, it))) {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, new Uint8Array(100));
    await Deno.utime(path, at, at);
    if (path.includes("work")) await Deno.utime(dirname(path), at, at);
  }
}

const litter = [
  `bundles/gone/${ID}.tar.gz`,
  `bundles/gone/${ID}.tar.gz.part`,
  "tokens/job-gone.key",
  "tokens/job-gone.types.json",
  `work/${ID}/entry`,
];

Deno.test("findOrphans() finds what nothing needs, and not what is young, of a job, or not ours", () =>
  retentionStage(async (stage) => {
    const { store, context, addJob, addEnded } = stage;
    const job = await addJob({ id: "job-kept" });
    await addEnded(job, 40);
    const active = await addEnded(job, 41, { status: "running", bundlePath: "", analysisPath: "" });
    await write(stage, [...litter, "tokens/job-kept.key", "bundles/gone/notes.txt", `work/${active.id}/entry`]);
    await write(stage, ["bundles/gone/job-1-20260301T000001Z.tar.gz"], 0.5);
    const found = await Array.fromAsync(findOrphans(store, context.state, context.now()));
    deepStrictEqual(found.map(({ what, path, bytes }) => [what, relative(context.state.root, path), bytes]), [
      ["work", `work/${ID}`, 100],
      ["unknown", litter[0], 100],
      ["part", litter[1], 100],
      ["tokens", litter[2], 100],
      ["tokens", litter[3], 100],
    ]);
  }));

Deno.test("cleanUp() removes orphans with repair only, and in a dry run nothing", () =>
  retentionStage(async (stage) => {
    const { context } = stage;
    await write(stage, litter);
    const left = async () => {
      const there = await Promise.all(
        litter.map((it) => Deno.lstat(join(context.state.root, it)).catch(() => undefined)),
      );
      return there.filter((it) => it !== undefined).length;
    };
    const plain = await cleanUp({}, context);
    deepStrictEqual([plain.removed, plain.unknown.length, await left()], [[], 1, 5]);
    const dry = await cleanUp({ repair: true }, { ...context, dryRun: true });
    deepStrictEqual([dry.dryRun, dry.removed.length, dry.bytes, await left()], [true, 5, 500, 5]);
    const wet = await cleanUp({ repair: true }, context);
    deepStrictEqual([wet.removed, wet.bytes, await left()], [dry.removed, 500, 0]);
    strictEqual(await Deno.stat(join(context.state.bundles, "gone")).catch(() => "gone"), "gone");
  }));
