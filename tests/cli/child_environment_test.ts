import { deepStrictEqual } from "node:assert/strict";
import { childEnvironment } from "../../src/cli/child_environment.ts";
import { CliHarness } from "./schedule/cli_harness.ts";

Deno.test("childEnvironment() leaves out what the run's references name, and lets no child inherit it", async () => {
  await using harness = await CliHarness.create();
  const env = {
    BUNDLE_S3: "a",
    HOOK: "b",
    TROUBLESHOOT_VAULT_KEY: "c",
    AWS_REGION: "eu-west-1",
    HTTPS_PROXY: "http://proxy",
  };
  const withheld: string[] = [];
  const { cli } = harness.context();
  const context = { ...cli, env, withholdVariables: (names: Iterable<string>) => void withheld.push(...names) };
  const request = { upload: { credentials: "env:BUNDLE_S3" }, notify: [{ secret: "env:HOOK" }] };
  deepStrictEqual(childEnvironment(context, request), { AWS_REGION: "eu-west-1", HTTPS_PROXY: "http://proxy" });
  deepStrictEqual(withheld.sort(), ["BUNDLE_S3", "HOOK", "TROUBLESHOOT_VAULT_KEY", "TROUBLESHOOT_VAULT_NEW_KEY"]);
});
