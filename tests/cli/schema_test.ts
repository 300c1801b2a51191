import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../../src/cli/run_cli.ts";
import { SPEC_KINDS } from "../../src/spec/troubleshoot_documents.ts";
import { CliHarness } from "./schedule/cli_harness.ts";

const rows: [args: string[], code: number, printed: RegExp][] = [
  [[], 0, /^SupportBundle {4}collectors, hostCollectors, analyzers.*\nCollector /],
  [["SupportBundle"], 0, /^\{\n {2}"\$schema": "https:\/\/json-schema.org\/draft\/2020-12\/schema"/],
  [["redactor"], 0, /"title": "Redactor"/],
  [["any"], 0, /"title": "Troubleshoot spec"/],
  [["Analyser"], 1, /"Analyser" is no kind of spec\n {2}Did you mean Analyzer\?/],
  [["SupportBundle", "--all", "x"], 1, /--all writes every kind/],
  [["--all", "file.txt"], 12, /Cannot write the schemas to "file.txt"/],
];
for (const [args, code, printed] of rows) {
  Deno.test(`schema ${args.join(" ")} ends with ${code}`, async () => {
    await using harness = await CliHarness.create();
    await harness.file("file.txt", "");
    const { cli, printed: out } = harness.context();
    strictEqual(await runCli(["schema", ...args], cli), code);
    match(out.stdout + out.stderr, printed);
  });
}

Deno.test("schema --all writes one file for each kind and one for all", async () => {
  await using harness = await CliHarness.create();
  strictEqual(await runCli(["schema", "--all", "a/b"], harness.context().cli), 0);
  const folder = join(harness.root, "a/b");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  deepStrictEqual(names, [...SPEC_KINDS.map((kind) => `${kind.toLowerCase()}.schema.json`), "spec.schema.json"].sort());
  for (const name of names) JSON.parse(await Deno.readTextFile(join(folder, name)));
});
