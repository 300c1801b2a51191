import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

/** Every command that takes a JOB finds it in the same way. */
const COMMANDS = [
  ["describe"],
  ["modify", "--description", "new"],
  ["delete", "--yes"],
  ["enable"],
  ["disable"],
  ["run"],
  ["history"],
  ["next"],
];

for (const [command, ...flags] of COMMANDS) {
  Deno.test(`schedule ${command} refuses an ambiguous start of an id, lists the candidates, changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "one", id: "job-ab00000001" });
    await harness.addJob({ name: "two", id: "job-ab00000002" });
    const before = await harness.snapshot();
    const result = await harness.run([command!, "job-ab", ...flags]);
    strictEqual(result.code, EXIT.notFound);
    match(result.message, /2 jobs: job-ab00000001 \(one\), job-ab00000002 \(two\)/);
    deepStrictEqual(await harness.snapshot(), before);
  });

  Deno.test(`schedule ${command} names the nearest job for an unknown one`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly" });
    const before = await harness.snapshot();
    const result = await harness.run([command!, "nigthly", ...flags]);
    deepStrictEqual([result.code, result.message, result.hint], [
      EXIT.notFound,
      'There is no job "nigthly"',
      'Did you mean "nightly"?',
    ]);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

const found = [
  ["its name", "one"],
  ["its id", "job-ab00000001"],
  ["the unique start of its id", "job-ab0000000"],
] as const;
for (const [how, reference] of found) {
  Deno.test(`schedule describe finds a job by ${how}`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "one", id: "job-ab00000001" });
    await harness.addJob({ name: "two", id: "job-cd00000001" });
    strictEqual((await harness.json(["describe", reference])).name, "one");
  });
}

Deno.test("schedule describe takes an exact name for that job, though it is the start of another's id", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "job-cd", id: "job-ab00000001" });
  await harness.addJob({ name: "two", id: "job-cd00000001" });
  strictEqual((await harness.json(["describe", "job-cd"])).id, "job-ab00000001");
});

Deno.test("schedule describe tells that there are no jobs at all", async () => {
  await using harness = await CliHarness.create();
  const result = await harness.run(["describe", "x"]);
  deepStrictEqual([result.code, result.hint.includes("schedule create")], [EXIT.notFound, true]);
});
