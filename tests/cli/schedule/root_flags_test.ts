import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { runCli } from "../../../src/cli/run_cli.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

// The root command has flags of the same names. Those behind `schedule create` are not the root's.
Deno.test("runCli() leaves the flags behind a command to the command", async () => {
  await using harness = await CliHarness.create();
  const { cli, printed } = harness.context();
  const args = [
    "schedule",
    "create",
    "x",
    "--every",
    "1h",
    "--auto",
    "-n",
    "prod",
    "--upload",
    "s3://bucket/",
    "--timeout",
  ];
  strictEqual(await runCli([...args, "5m", "--redact=false", "-o", "json"], cli), EXIT.ok);
  const job = JSON.parse(printed.stdout);
  deepStrictEqual(
    [job.namespace, job.upload.endpoint, job.limits.timeout, job.redact, job.autoDiscovery],
    ["prod", "s3://bucket/", "5m", false, true],
  );
});

Deno.test("runCli() lets schedule backfill have its --dry-run", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const { cli, printed } = harness.context();
  strictEqual(await runCli(["schedule", "backfill", "nightly", "--from", "1d", "--dry-run"], cli), EXIT.ok);
  match(printed.stderr, /^1 execution would be queued$/m);
});

Deno.test("runCli() lets schedule cleanup have a --dry-run that takes no value", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const { cli, printed } = harness.context();
  strictEqual(await runCli(["schedule", "cleanup", "--dry-run"], cli), EXIT.ok);
  match(printed.stderr, /^There was nothing to remove$/m);
});

Deno.test("runCli() prints a failure once, with its hint, on standard error", async () => {
  await using harness = await CliHarness.create();
  const { cli, printed } = harness.context();
  strictEqual(await runCli(["schedule", "enable", "x"], cli), EXIT.notFound);
  strictEqual(printed.stdout, "");
  match(printed.stderr, /^Error: There is no job "x"\n {2}There are no jobs yet.*\n$/);
});
