import { match, ok, strictEqual } from "node:assert/strict";
import { CliHarness } from "./cli_harness.ts";

const COMMANDS = [
  [],
  ["create"],
  ["list"],
  ["describe"],
  ["status"],
  ["modify"],
  ["delete"],
  ["enable"],
  ["disable"],
  ["run"],
  ["backfill"],
  ["recover"],
  ["history"],
  ["next"],
  ["template"],
  ["template", "save"],
  ["template", "list"],
  ["template", "show"],
  ["template", "delete"],
  ["daemon"],
  ["daemon", "start"],
  ["daemon", "stop"],
  ["daemon", "status"],
  ["daemon", "restart"],
  ["daemon", "reload"],
];

for (const command of COMMANDS) {
  Deno.test(`schedule ${command.join(" ")} --help has examples, fits 80 columns, and touches nothing`, async () => {
    await using harness = await CliHarness.create();
    const result = await harness.run([...command, "--help"], { columns: 80 });
    strictEqual(result.code, 0);
    match(result.stdout, /^Usage: /);
    match(result.stdout, /Examples:\n {2}support-bundle schedule /);
    const lines = result.stdout.split("\n");
    // An example is a line to copy.
    const prose = lines.slice(0, lines.indexOf("Examples:"));
    for (const line of prose) ok(line.length <= 82, `${line.length}: ${line}`);
    strictEqual((await Array.fromAsync(Deno.readDir(harness.root))).length, 0);
  });
}

Deno.test("schedule names the command that a mistyped one may mean", async () => {
  await using harness = await CliHarness.create();
  const result = await harness.run(["creat", "x"]);
  match(result.message, /unknown command 'creat'/i);
  strictEqual(result.hint, "Did you mean create?");
});

Deno.test("schedule without a command shows its help on standard error, and fails", async () => {
  await using harness = await CliHarness.create();
  const result = await harness.run([]);
  match(result.stderr, /^Usage: /);
  strictEqual(result.code, 1);
});
