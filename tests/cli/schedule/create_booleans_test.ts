import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { CliHarness } from "./cli_harness.ts";

const booleans = [
  // args, field, value
  [[], "redact", true],
  [["--redact=false"], "redact", false],
  [["--redact", "false"], "redact", false],
  [["--no-redact"], "redact", false],
  [["--redact"], "redact", true],
  [[], "leakGate", true],
  [["--leak-gate=false"], "leakGate", false],
  [["-e", "false"], "enabled", false],
  [["--enabled=no"], "enabled", false],
  [["--analyze=false"], "analyze", false],
  [["--no-analyze"], "analyze", false],
  [["--analyze"], "analyze", true],
] as const;

for (const [args, field, value] of booleans) {
  Deno.test(`schedule create ${args.join(" ")} makes ${field} ${value}, before the name and behind it`, async () => {
    await using harness = await CliHarness.create();
    strictEqual((await harness.json(["create", ...args, "a", "--every", "1h", "--auto"]))[field], value);
    strictEqual((await harness.json(["create", "b", "--every", "1h", "--auto", ...args]))[field], value);
  });
}

Deno.test("schedule create keeps the classes that --hide names", async () => {
  await using harness = await CliHarness.create();
  const args = ["create", "a", "--every", "1h", "--auto", "--hide", "ip,email", "--hide", "mac"];
  deepStrictEqual((await harness.json(args)).hide, ["email", "ip", "mac"]);
});
