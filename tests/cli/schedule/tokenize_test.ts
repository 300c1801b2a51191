import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ensureTokenKey } from "../../../src/daemon/job_tokens.ts";
import { CliHarness } from "./cli_harness.ts";

const keys = async (harness: CliHarness) => {
  try {
    return (await Array.fromAsync(Deno.readDir(harness.state.tokens))).map(({ name }) => name).sort();
  } catch {
    return [];
  }
};

Deno.test("schedule create --tokenize: the job says so, and holds no key", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.json(["create", "nightly", "--every", "1h", "--auto", "--tokenize"]);
  strictEqual(job.tokenize, true);
  ok(!/key/i.test(JSON.stringify(job)), JSON.stringify(job));
  match((await harness.run(["describe", "nightly"])).stdout, /Redaction: +on, with tokens/);
  strictEqual((await harness.json(["create", "other", "--every", "1h", "--auto"])).tokenize, false);
});

const refused = [ // name, arguments, job before
  ["create", ["create", "new", "--every", "1h", "--auto", "--tokenize", "--redact=false"], {}],
  ["modify --tokenize of a job without redaction", ["modify", "nightly", "--tokenize"], { redact: false }],
  ["modify --redact=false of a job with tokens", ["modify", "nightly", "--redact=false"], { tokenize: true }],
] as const;
for (const [name, args, fields] of refused) {
  Deno.test(`schedule ${name} is refused, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly", ...fields });
    const before = await harness.snapshot();
    const result = await harness.run([...args]);
    match(result.message, /Tokens mean nothing with redaction off/);
    strictEqual(result.code, 1);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

Deno.test("schedule modify keeps the key, except with --tokenize=false", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly", tokenize: true });
  await ensureTokenKey(job.id, harness.state);
  strictEqual((await harness.run(["modify", "nightly", "--name", "daily"])).code, 0);
  deepStrictEqual(await keys(harness), [`${job.id}.key`]);
  match((await harness.run(["modify", "daily", "--tokenize=false"])).stdout, /tokenize: +true → false/);
  deepStrictEqual(await keys(harness), []);
});

Deno.test("schedule modify --tokenize=false --redact=false turns both off", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", tokenize: true });
  const job = await harness.json(["modify", "nightly", "--tokenize=false", "--redact=false"]);
  deepStrictEqual([job.tokenize, job.redact], [false, false]);
});

Deno.test("schedule delete removes the key of the job, and no other", async () => {
  await using harness = await CliHarness.create();
  const [job, other] = [await harness.addJob({ name: "nightly" }), await harness.addJob({ name: "other" })];
  for (const { id } of [job, other]) await ensureTokenKey(id, harness.state);
  await Deno.writeTextFile(join(harness.state.tokens, `${job.id}.types.json`), "{}");
  strictEqual((await harness.run(["delete", "nightly", "--yes"])).code, 0);
  deepStrictEqual(await keys(harness), [`${other.id}.key`]);
});
