import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runCli } from "../../../src/cli/run_cli.ts";
import { tarOf } from "../../bundle/tar_bytes.ts";
import { CliHarness } from "../schedule/cli_harness.ts";

const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: Analyzer
metadata: {name: a}
spec:
  analyzers:
  - clusterVersion: {outcomes: [{fail: {when: ">= 1.0.0", message: "at 1.31"}}]}
`;

async function run(args: string[], files: Record<string, string>) {
  await using harness = await CliHarness.create();
  const archive = gzipSync(
    await tarOf(
      [{ name: "b/version.yaml" }, "apiVersion: troubleshoot.sh/v1beta2\n"],
      [{ name: "b/cluster-info/cluster_version.json" }, '{"info":{"gitVersion":"v1.31.0"},"string":"v1.31.0"}'],
    ),
  );
  await Deno.writeFile(join(harness.root, "in.tar.gz"), archive);
  for (const [name, text] of Object.entries(files)) await harness.file(name, text);
  const { cli, printed } = harness.context();
  const code = await runCli(args, cli);
  return { code, stdout: printed.stdout, stderr: printed.stderr };
}

const NEW = ["analyze", "in.tar.gz", "s.yaml"];

Deno.test("analyze -o html prints the report page, with the findings and without a request to anywhere", async () => {
  const { stdout, code } = await run([...NEW, "-o", "html"], { "s.yaml": SPEC });
  strictEqual(code, 3);
  match(stdout, /^<!DOCTYPE html>/);
  match(stdout, /default-src 'none'/);
  match(stdout, /1 problem/);
});

Deno.test("analyze --agents local explains what it found, for people and in JSON", async () => {
  const files = { "s.yaml": SPEC };
  const [person, json, none] = await Promise.all([
    run([...NEW, "--agents", "local"], files),
    run([...NEW, "--agents", "local", "-o", "json"], files),
    run([...NEW, "-o", "json"], files),
  ]);
  ok(person.stdout.length > (await run(NEW, files)).stdout.length);
  ok(JSON.parse(json.stdout).explanations !== undefined);
  strictEqual(JSON.parse(none.stdout).explanations, undefined);
  deepStrictEqual([person.code, json.code], [3, 3]);
});
