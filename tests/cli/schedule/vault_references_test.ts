import { match, strictEqual } from "node:assert/strict";
import { systemClock } from "../../../src/core/clock.ts";
import { Vault } from "../../../src/credentials/vault.ts";
import { CliHarness } from "./cli_harness.ts";

const NEW = [
  "create",
  "x",
  "--every",
  "1h",
  "--auto",
  "--upload",
  "s3://bundles/",
  "--upload-options",
  "region=eu-west-1",
];

async function withVault(check: (harness: CliHarness) => Promise<void>): Promise<void> {
  await using harness = await CliHarness.create();
  await new Vault(harness.state.root, { env: {}, clock: systemClock }).set("s3", "value");
  await check(harness);
}

const rows: [name: string, args: string[], missing: string | undefined][] = [
  ["takes a credential that is in the vault", [...NEW, "--upload-credentials", "vault:s3"], undefined],
  ["refuses one that is not", [...NEW, "--upload-credentials", "vault:s4"], "s4"],
  ["refuses one for notifications", [...NEW, "--notify", "https://h/x", "--notify-secret", "vault:hook"], "hook"],
  ["looks nowhere else", [...NEW, "--upload-credentials", "env:NOT_SET"], undefined],
];
for (const [name, args, missing] of rows) {
  Deno.test(`schedule create ${name}`, () =>
    withVault(async (harness) => {
      const { code, message, hint } = await harness.run(args);
      strictEqual(code, missing === undefined ? 0 : 1, message);
      if (missing === undefined) return;
      strictEqual(message, `There is no credential ${missing} in the vault`);
      strictEqual(hint, `Add it first: support-bundle credential set ${missing}`);
      strictEqual((await harness.run(["describe", "x"])).code, 10);
    }));
}

Deno.test("schedule modify looks at the references that it changes, and not at what was there", () =>
  withVault(async (harness) => {
    await harness.addJob({
      name: "x",
      upload: { enabled: true, endpoint: "s3://bundles/", options: {}, credentials: "vault:gone" },
    });
    strictEqual((await harness.run(["modify", "x", "--description", "a note"])).code, 0);
    strictEqual((await harness.run(["modify", "x", "--upload-credentials", "vault:none"])).code, 1);
    strictEqual((await harness.run(["modify", "x", "--upload-credentials", "vault:s3"])).code, 0);
  }));

Deno.test("schedule create warns where daemons share a store: each has a vault of its own", () =>
  withVault(async (harness) => {
    const job = await harness.addJob({ name: "x" });
    const { checkVaultReferences } = await import("../../../src/cli/schedule/check_vault_references.ts");
    const { cli } = harness.context({
      env: { TROUBLESHOOT_STORAGE_BACKEND: "kv-connect", TROUBLESHOOT_STORAGE_CONFIG_URL: "http://127.0.0.1:1" },
    });
    const upload = { ...job.upload, credentials: "vault:none" };
    match((await checkVaultReferences(cli, { ...job, upload }, job)).join(), /no credential none .*Each machine/);
  }));
