import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

Deno.test("schedule audit shows who did what, newest first", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  await harness.addJob({ name: "hourly" });
  for (const args of [["disable", "nightly"], ["enable", "nightly"], ["disable", "hourly"]]) await harness.run(args);
  const all = await harness.json(["audit"]);
  deepStrictEqual(all.map(({ action, job }: Record<string, string>) => `${action} ${job}`), [
    "disable hourly",
    "enable nightly",
    "disable nightly",
  ]);
  deepStrictEqual(all.map(({ host, time }: Record<string, string>) => [host, time]), [
    ...Array(3).fill([Deno.hostname(), "2026-03-02T10:00:00.000Z"]),
  ]);
  const { stdout, code } = await harness.run(["audit", "nightly", "--limit", "1"], { columns: 80 });
  match(stdout, /^TIME +USER +HOST +ACTION +JOB.*\n\S+Z +\S.* enable +nightly\n$/);
  strictEqual(code, EXIT.ok);
});

Deno.test("schedule audit tells of a log that was changed, and where", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  for (const command of ["disable", "enable", "disable"]) await harness.run([command, "nightly"]);
  strictEqual((await harness.run(["audit", "--verify"])).stderr, "3 records, each as it was written\n");

  const text = await Deno.readTextFile(harness.state.auditLog);
  await Deno.writeTextFile(harness.state.auditLog, text.replace('"action":"enable"', '"action":"delete"'));
  const { code, stdout, message, hint } = await harness.run(["audit", "--verify"]);
  strictEqual(code, EXIT.state);
  match(stdout, /delete +nightly +line 2: it was changed/);
  match(message, /in one place; the first is line 2/);
  match(hint, /Compare .*audit\.jsonl with a copy/);
});

Deno.test("schedule commands do their work, and say so, where the audit log cannot be written", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  await Deno.mkdir(harness.state.auditLog);
  const { code, stdout, stderr } = await harness.run(["disable", "nightly"]);
  strictEqual(code, EXIT.ok);
  match(stdout, /is disabled now/);
  match(stderr, /^Warning: this could not be written to the audit log /);
});

Deno.test("schedule commands take nothing down where the settings say so", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  await harness.run(["disable", "nightly"], { env: { TROUBLESHOOT_AUDIT_LOG_ENABLED: "false" } });
  deepStrictEqual(await harness.json(["audit"]), []);
  match((await harness.run(["audit"])).stderr, /Nothing has been taken down yet/);
});
