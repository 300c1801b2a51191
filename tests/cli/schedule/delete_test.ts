import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import type { Job } from "../../../src/schedule/job.ts";
import { CliHarness } from "./cli_harness.ts";

async function withHistory(status: Execution["status"] = "completed") {
  const harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const other = await harness.addJob({ name: "other" });
  const folder = join(harness.state.bundles, "nightly");
  await Deno.mkdir(folder, { recursive: true });
  const bundle = join(folder, "one.tar.gz");
  const analysis = join(folder, "one.analysis.json");
  await Deno.writeTextFile(bundle, "x".repeat(1500));
  await Deno.writeTextFile(analysis, "[]");
  await harness.addExecution(job, "2026-03-01T02:00:00.000Z", {
    status,
    bundlePath: bundle,
    analysisPath: analysis,
    bundleSize: 1500,
  });
  await harness.addExecution(other, "2026-03-01T02:00:00.000Z", { status: "completed" });
  return { harness, job, folder };
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);
const left = async (harness: CliHarness) => {
  const { jobs, executions } = await harness.snapshot() as { jobs: Job[]; executions: Execution[] };
  return { jobs: jobs.map((j) => j.name), executions: executions.map((e) => e.jobName).sort() };
};

const behaviour = [
  // name, flags, answer, code, jobs left, executions left, bundles left
  ["asks, and yes deletes the job only", [], "y", EXIT.ok, ["other"], ["nightly", "other"], true],
  ["asks, and Yes counts too", [], "Yes", EXIT.ok, ["other"], ["nightly", "other"], true],
  ["asks, and an empty answer changes nothing", [], "", EXIT.failure, ["nightly", "other"], ["nightly", "other"], true],
  ["asks, and anything else changes nothing", ["--purge"], "yup", EXIT.failure, ["nightly", "other"], [
    "nightly",
    "other",
  ], true],
  ["refuses without a terminal and without --yes", [], undefined, EXIT.failure, ["nightly", "other"], [
    "nightly",
    "other",
  ], true],
  ["does not ask with --yes", ["--yes"], undefined, EXIT.ok, ["other"], ["nightly", "other"], true],
  [
    "purges history and bundles of that job alone",
    ["--yes", "--purge"],
    undefined,
    EXIT.ok,
    ["other"],
    ["other"],
    false,
  ],
] as const;

for (const [name, flags, answer, code, jobs, executions, bundles] of behaviour) {
  Deno.test(`schedule delete ${name}`, async () => {
    const { harness, folder } = await withHistory();
    await using _ = harness;
    const result = await harness.run(["delete", "nightly", ...flags], { answer });
    strictEqual(result.code, code);
    deepStrictEqual(await left(harness), { jobs: [...jobs], executions: [...executions] });
    strictEqual(await exists(folder), bundles);
  });
}

Deno.test("schedule delete --purge removes what is held back, and the places that were found in it", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const folder = join(harness.state.bundles, "nightly");
  await Deno.mkdir(folder, { recursive: true });
  const files = ["one.tar.gz.quarantined", "one.tar.gz.leaks.json"].map((name) => join(folder, name));
  for (const file of files) await Deno.writeTextFile(file, "x");
  await harness.addExecution(job, "2026-03-01T02:00:00.000Z", { status: "quarantined", bundlePath: files[0]! });
  strictEqual((await harness.run(["delete", "nightly", "--purge", "--yes"])).code, EXIT.ok);
  strictEqual(await exists(folder), false);
});

Deno.test("schedule delete names in its question what will be lost", async () => {
  const { harness } = await withHistory();
  await using _ = harness;
  const { stderr } = await harness.run(["delete", "nightly", "--purge"], { answer: "" });
  match(
    stderr,
    /Delete job "nightly" \(job-0000000001\)\? Its 1 execution and their bundles are deleted too\. \[y\/N\] /,
  );
});

Deno.test("schedule delete --purge refuses while an execution runs", async () => {
  const { harness, folder } = await withHistory("running");
  await using _ = harness;
  const result = await harness.run(["delete", "nightly", "--purge", "--yes"]);
  strictEqual(result.code, EXIT.failure);
  match(result.message, /is running; nothing was deleted/);
  deepStrictEqual((await left(harness)).jobs, ["nightly", "other"]);
  strictEqual(await exists(folder), true);
});

for (const status of ["pending", "retrying"] as const) {
  Deno.test(`schedule delete --purge takes an execution along that is ${status}`, async () => {
    const { harness, folder } = await withHistory(status);
    await using _ = harness;
    strictEqual((await harness.run(["delete", "nightly", "--purge", "--yes"])).code, EXIT.ok);
    deepStrictEqual(await left(harness), { jobs: ["other"], executions: ["other"] });
    strictEqual(await exists(folder), false);
  });
}

Deno.test("schedule delete tells what becomes of an execution that runs", async () => {
  const { harness } = await withHistory("running");
  await using _ = harness;
  const result = await harness.run(["delete", "nightly", "--yes"]);
  strictEqual(result.code, EXIT.ok);
  match(result.stderr, /Still running, to its end: job-0000000001-20260301T020000Z/);
});

Deno.test("schedule delete --purge touches nothing outside the folder of bundles", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const outside = await harness.file("keep.txt", "keep");
  await harness.addExecution(job, "2026-03-01T02:00:00.000Z", {
    status: "completed",
    bundlePath: join(harness.state.bundles, "..", "..", "keep.txt"),
    analysisPath: outside,
  });
  strictEqual((await harness.run(["delete", "nightly", "--purge", "--yes"])).code, EXIT.ok);
  strictEqual(await Deno.readTextFile(outside), "keep");
});

Deno.test("schedule delete --purge keeps the record of what it could not remove, and fails", async () => {
  const { harness, folder } = await withHistory();
  await using _ = harness;
  await Deno.remove(join(folder, "one.tar.gz"));
  await Deno.mkdir(join(folder, "one.tar.gz", "in-the-way"), { recursive: true });
  const result = await harness.run(["delete", "nightly", "--purge", "--yes"]);
  strictEqual(result.code, EXIT.failure);
  match(result.stderr, /Warning: job-0000000001-20260301T020000Z is not purged/);
  deepStrictEqual(await left(harness), { jobs: ["other"], executions: ["nightly", "other"] });
});
