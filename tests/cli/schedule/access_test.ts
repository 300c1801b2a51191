import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Account } from "../../../src/core/account.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

const ann: Account = { uid: 1001, name: "ann", groups: [] };
const bob: Account = { uid: 1002, name: "bob", groups: ["ops"] };
const CREATE = ["create", "extra", "--auto", "--every", "1h"];
const ONLY_BOB = "allowedUsers: [bob]\n";
const EACH_OWN = "requireAuth: true\nallowedUsers: [ann]\nallowedGroups: [ops]\n";

const refused: [name: string, settings: string, args: string[], account: Account, message: RegExp][] = [
  ["create", ONLY_BOB, CREATE, ann, /^Cannot make a job as ann: it is not in `allowedUsers`/],
  ["modify", ONLY_BOB, ["modify", "nightly", "--description", "x"], ann, /^Cannot change a job as ann/],
  ["delete", ONLY_BOB, ["delete", "nightly", "--yes"], ann, /^Cannot delete a job as ann/],
  ["enable", ONLY_BOB, ["enable", "off"], ann, /^Cannot change a job as ann/],
  ["disable", ONLY_BOB, ["disable", "nightly"], ann, /^Cannot change a job as ann/],
  ["daemon start", ONLY_BOB, ["daemon", "start"], ann, /^Cannot start the daemon as ann/],
  ["daemon start --foreground", ONLY_BOB, ["daemon", "start", "--foreground"], ann, /^Cannot start the daemon as ann/],
  ["daemon stop", ONLY_BOB, ["daemon", "stop"], ann, /^Cannot stop the daemon as ann/],
  ["daemon restart", ONLY_BOB, ["daemon", "restart"], ann, /^Cannot restart the daemon as ann/],
  ["daemon reload", ONLY_BOB, ["daemon", "reload"], ann, /^Cannot reload the daemon's settings as ann/],
  ["modify of another's job", EACH_OWN, ["modify", "nightly", "--description", "x"], ann, /"nightly" belongs to bob/],
  ["a second job", "maxJobsPerUser: 1\n", CREATE, bob, /bob has 1 already.*`maxJobsPerUser`/],
];
for (const [name, settings, args, account, message] of refused) {
  Deno.test(`schedule refuses ${name} to who may not, changes nothing, and takes it down`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly", createdBy: "bob" });
    await harness.addJob({ name: "off", enabled: false });
    await Deno.writeTextFile(harness.state.configFile, settings);
    const before = await harness.snapshot();
    const result = await harness.run(args, { account });
    match(result.message, message);
    ok(result.hint !== "");
    strictEqual(result.code, EXIT.refused);
    deepStrictEqual(await harness.snapshot(), before);
    const [record] = await harness.json(["audit", "--limit", "1"]);
    strictEqual(record.action, "refused");
    match(record.detail, /: (allowedUsers|requireAuth|maxJobsPerUser)$/);
  });
}

const allowed: [name: string, settings: string, args: string[], account: Account][] = [
  ["create to who is listed", ONLY_BOB, CREATE, bob],
  ["list to who is not", ONLY_BOB, ["list"], ann],
  ["describe to who is not", ONLY_BOB, ["describe", "nightly"], ann],
  ["daemon status to who is not", ONLY_BOB, ["daemon", "status"], ann],
  ["modify of another's job to a member of allowedGroups", EACH_OWN, ["modify", "mine", "--description", "x"], bob],
  ["modify of its own job to each", EACH_OWN, ["modify", "mine", "--description", "x"], ann],
];
for (const [name, settings, args, account] of allowed) {
  Deno.test(`schedule allows ${name}`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly", createdBy: "bob" });
    await harness.addJob({ name: "mine", createdBy: "ann" });
    await Deno.writeTextFile(harness.state.configFile, settings);
    const result = await harness.run(args, { account });
    deepStrictEqual([result.code, result.message], [EXIT.ok, ""]);
  });
}

Deno.test("schedule create notes down who made the job, and describe and list tell", async () => {
  await using harness = await CliHarness.create();
  const { createdBy } = JSON.parse((await harness.run([...CREATE, "-o", "json"], { account: ann })).stdout);
  strictEqual(createdBy, "ann");
  match((await harness.run(["describe", "extra"])).stdout, /Created: .* by ann\n/);
  strictEqual((await harness.json(["list"]))[0].createdBy, "ann");
});
