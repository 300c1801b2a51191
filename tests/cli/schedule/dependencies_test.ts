import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

const CREATE = ["create", "report", "--auto"];

/** Three jobs: `c` runs after `b`, `b` after `a`. */
async function chain(harness: CliHarness): Promise<void> {
  await harness.addJob({ name: "a" });
  await harness.addJob({ name: "b", dependsOn: [{ job: "job-0000000001", on: "succeeded" }] });
  await harness.addJob({ name: "c", dependsOn: [{ job: "job-0000000002", on: "finished" }] });
}

Deno.test("schedule create makes a job that follows others, with a schedule of its own or without one", async () => {
  await using harness = await CliHarness.create();
  await chain(harness);
  const job = await harness.json([...CREATE, "--depends-on", "a:failed", "--depends-on", "job-0000000003"]);
  deepStrictEqual(job.dependsOn, [{ job: "job-0000000001", on: "failed" }, { job: "job-0000000003", on: "succeeded" }]);
  deepStrictEqual([job.schedules, job.cronSchedule, job.nextRun, job.enabled], [[], "", null, true]);
  const { stdout } = await harness.run(["describe", "report"]);
  for (
    const expect of [
      /^Schedule: +none: it follows other jobs$/m,
      /^Runs after: +a \(failed\)\n +c \(succeeded\)$/m,
      /^Next runs: +none: it has no schedule, it follows other jobs$/m,
    ]
  ) match(stdout, expect);
  match((await harness.run(["describe", "a"])).stdout, /^Followed by: +b \(succeeded\)\n +report \(failed\)$/m);
  match((await harness.run(["list"])).stdout, /^report .*\(after other jobs\)/m);
  const both = await harness.json(["create", "both", "--auto", "--every", "1h", "--depends-on", "a"]);
  deepStrictEqual([both.schedules, both.dependsOn.length], [["@every 1h"], 1]);
});

Deno.test("schedule modify changes what a job follows, and takes it away", async () => {
  await using harness = await CliHarness.create();
  await chain(harness);
  const changed = await harness.json(["modify", "c", "--depends-on", "a:FINISHED"]);
  deepStrictEqual(changed.dependsOn, [{ job: "job-0000000001", on: "finished" }]);
  deepStrictEqual((await harness.json(["modify", "c", "--depends-on", ""])).dependsOn, []);
});

const refused: [args: string[], code: number, message: RegExp, hint: RegExp][] = [
  [[...CREATE, "--depends-on", "nobody"], EXIT.notFound, /There is no job "nobody"/, /./],
  [[...CREATE, "--depends-on", "a:succeded"], EXIT.failure, /--depends-on: "a:succeded"/, /Did you mean succeeded/],
  [[...CREATE, "--depends-on", "a", "--depends-on", "a:failed"], EXIT.failure, /"a" is named twice/, /finished/],
  [[...CREATE, "--depends-on", "report"], EXIT.failure, /circle: report after report$/, /Leave one/],
  [["modify", "a", "--depends-on", "a"], EXIT.failure, /circle: a after a$/, /Leave one/],
  [["modify", "a", "--depends-on", "c:failed"], EXIT.failure, /circle: a after c after b after a$/, /Leave one/],
  [[...CREATE, "--depends-on", "a", "--max-runs", "3"], EXIT.failure, /--max-runs: the job has no schedule/, /--every/],
  [["modify", "b", "--cron", "", "--max-runs", "3"], EXIT.failure, /--max-runs: the job has no schedule/, /--every/],
  [["modify", "a", "--cron", ""], EXIT.failure, /A job needs a schedule/, /--depends-on/],
];
for (const [args, code, message, hint] of refused) {
  Deno.test(`schedule ${args.join(" ")} is refused, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await chain(harness);
    const before = await harness.snapshot();
    const result = await harness.run(args);
    match(result.message, message);
    match(result.hint, hint);
    strictEqual(result.code, code);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

Deno.test("schedule modify does not leave a job without schedule and without others to follow", async () => {
  await using harness = await CliHarness.create();
  await chain(harness);
  await harness.run([...CREATE, "--depends-on", "a"]);
  match((await harness.run(["modify", "report", "--depends-on", ""])).message, /A job needs a schedule/);
});

Deno.test("schedule delete warns of the jobs that followed, and describe says that it was deleted", async () => {
  await using harness = await CliHarness.create();
  await chain(harness);
  match((await harness.run(["delete", "a", "--yes"])).stderr, /Warning: the job "b" ran after it, and will not do so/);
  match(
    (await harness.run(["describe", "b"])).stdout,
    /^Runs after: +job-0000000001, which was deleted \(succeeded\)$/m,
  );
});
