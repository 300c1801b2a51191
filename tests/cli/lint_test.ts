import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../../src/cli/run_cli.ts";
import { bundle } from "../lint/row.ts";
import { CliHarness } from "./schedule/cli_harness.ts";

const CLEAN = bundle("    - clusterInfo: {}\n      docString: d\n");
const WARNS = bundle("    - clusterInfo: {}\n");
const FAILS = bundle("    - clusterInof: {}\n      docString: d\n");
const TEMPLATE = "apiVersion: troubleshoot.sh/v1beta3\nkind: Preflight\nmetadata: {name: p}\nspec:\n  analyzers:\n" +
  "    {{- if .Values.on }}\n    - deploymentStatus: {docString: d, checkName: {{ .Values.name }}}\n    {{- end }}\n";

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  text(name: string): Promise<string>;
}

async function run(args: string[], prepare: (root: string) => Promise<void> = async () => {}): Promise<Ran> {
  await using harness = await CliHarness.create();
  for (const [name, text] of Object.entries({ clean: CLEAN, warns: WARNS, fails: FAILS, template: TEMPLATE })) {
    await harness.file(`${name}.yaml`, text);
  }
  await harness.file("values.yaml", "on: true\nname: a\n");
  await prepare(harness.root);
  const { cli, printed } = harness.context();
  const code = await runCli(["lint", ...args], {
    ...cli,
    stdin: { ...cli.stdin, readAll: () => Promise.resolve(FAILS) },
  });
  const texts = new Map<string, string>();
  for (const { name, isFile } of Deno.readDirSync(harness.root)) {
    if (isFile) texts.set(name, await Deno.readTextFile(join(harness.root, name)));
  }
  return { code, ...printed, text: (name) => Promise.resolve(texts.get(name)!) };
}

const codes: [args: string[], code: number, printed: RegExp][] = [
  [["clean.yaml"], 0, /^✓ clean.yaml: No issues found\n\nSummary: 0 error\(s\), 0 warning\(s\) across 1 file\(s\)\n$/],
  [["clean.yaml", "warns.yaml"], 0, /Summary: 0 error\(s\), 1 warning\(s\) across 2 file\(s\)\n$/],
  [["warns.yaml", "--strict"], 2, /⚠ Warning \(line 5\): Some collectors are missing docString/],
  [["warns.yaml", "--strict", "--ignore", "sb402"], 0, /No issues found/],
  [
    ["fails.yaml"],
    2,
    /✗ Error \(line 7\): Unknown collector type 'clusterInof' \[SB206\]\n {4}Field: spec.collectors\[0\]/,
  ],
  [["-"], 2, /^standard input\n {2}✗ Error \(line 7\)/],
  [["missing.yaml"], 1, /^Error: Cannot read the spec "missing.yaml"/],
  [["."], 1, /is a folder/],
  [["clean.yaml", "--format", "xml"], 1, /--format: there is no format "xml"/],
  [["clean.yaml", "--ignore", "SB999"], 1, /--ignore: there is no code "SB999"/],
  [[], 1, /Missing required argument/i],
  [["template.yaml"], 1, /"template.yaml" is a template, and it has no values\n {2}Give them with --values/],
  [["template.yaml", "--values", "values.yaml"], 0, /^✓ template.yaml: No issues found/],
  [["template.yaml", "--set", "on=true,name=a"], 0, /^✓ template.yaml: No issues found/],
  [["template.yaml", "--values", "values.yaml", "--set", "on=false"], 2, /Preflight spec must contain 'analyzers'/],
  [["template.yaml", "--values", "none.yaml"], 1, /--values: "none.yaml": there is no such file/],
  [["clean.yaml", "--set", "a"], 1, /--set: "a" is not key=value/],
];
for (const [args, code, printed] of codes) {
  Deno.test(`lint ${args.join(" ")} ends with ${code}`, async () => {
    const ran = await run(args);
    strictEqual(ran.code, code, ran.stdout + ran.stderr);
    match(ran.stdout + ran.stderr, printed);
  });
}

Deno.test("lint --format json has the shape that scripts read, and nothing else on standard output", async () => {
  const { stdout, code } = await run(["warns.yaml", "fails.yaml", "--format", "json"]);
  const { results } = JSON.parse(stdout);
  strictEqual(code, 2);
  deepStrictEqual(results.map(({ filePath }: { filePath: string }) => filePath), ["warns.yaml", "fails.yaml"]);
  deepStrictEqual(results[1], {
    filePath: "fails.yaml",
    errors: [{
      line: 7,
      column: 7,
      message: "Unknown collector type 'clusterInof'",
      field: "spec.collectors[0].clusterInof",
      code: "SB206",
      level: "error",
      suggestion: "Did you mean clusterInfo?",
      fixable: true,
    }],
    warnings: [],
    infos: [],
  });
});

Deno.test("lint --format sarif names rule, level and place", async () => {
  const { runs: [{ tool, results }] } = JSON.parse((await run(["fails.yaml", "--format", "sarif"])).stdout);
  deepStrictEqual(tool.driver.rules.map(({ id }: { id: string }) => id), ["SB206"]);
  strictEqual(results[0].level, "error");
  deepStrictEqual(results[0].locations[0].physicalLocation, {
    artifactLocation: { uri: "fails.yaml" },
    region: { startLine: 7, startColumn: 7 },
  });
});

Deno.test("lint --fix repairs files, says what, and leaves clean ones alone", async () => {
  const ran = await run(["clean.yaml", "fails.yaml", "--fix"]);
  strictEqual(ran.code, 0);
  match(
    ran.stdout,
    /✓ fails.yaml: No issues found\n {2}✓ Fixed \(line 7\): Unknown collector type 'clusterInof' \[SB206\]/,
  );
  match(ran.stdout, /\nFixed: 1 issue\(s\)\nSummary: 0 error\(s\)/);
  strictEqual(await ran.text("fails.yaml"), FAILS.replace("Inof", "Info"));
  strictEqual(await ran.text("clean.yaml"), CLEAN);
});

Deno.test("lint --fix leaves alone what --ignore names, what is no file, and what a template rendered", async () => {
  const ignored = await run(["fails.yaml", "--fix", "--ignore", "SB206"]);
  strictEqual(await ignored.text("fails.yaml"), FAILS);
  const stdin = await run(["-", "--fix"]);
  strictEqual(stdin.code, 2);
  match(stdin.stderr, /Warning: --fix repairs files only, and standard input is none/);
  const template = await run(["template.yaml", "--fix", "--set", "on=true,name=yes"]);
  match(template.stdout, /SB401/);
  strictEqual(await template.text("template.yaml"), TEMPLATE);
});

Deno.test({
  name: "lint --fix keeps mode, link and byte order mark, and leaves no other file",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using harness = await CliHarness.create();
    const file = await harness.file("real.yaml", "\uFEFF" + FAILS);
    await Deno.chmod(file, 0o640);
    const link = join(harness.root, "link.yaml");
    await Deno.symlink(file, link);
    const { cli } = harness.context();
    strictEqual(await runCli(["lint", "link.yaml", "--fix"], cli), 0);
    ok((await Deno.lstat(link)).isSymlink);
    strictEqual((await Deno.stat(file)).mode! & 0o777, 0o640);
    deepStrictEqual(await Deno.readFile(file), new TextEncoder().encode("\uFEFF" + FAILS.replace("Inof", "Info")));
    deepStrictEqual([...Deno.readDirSync(harness.root)].map(({ name }) => name).sort(), ["link.yaml", "real.yaml"]);
  },
});

Deno.test("lint --fix does not touch a file that is not UTF-8", async () => {
  await using harness = await CliHarness.create();
  const file = await harness.file("latin.yaml", "");
  const bytes = new Uint8Array([...new TextEncoder().encode("# gr"), 0xfc, ...new TextEncoder().encode("n\n" + FAILS)]);
  await Deno.writeFile(file, bytes);
  const { cli, printed } = harness.context();
  strictEqual(await runCli(["lint", "latin.yaml", "--fix"], cli), 1);
  match(printed.stderr, /is not UTF-8/);
  deepStrictEqual(await Deno.readFile(file), bytes);
});

Deno.test("lint prints no control characters of a spec", async () => {
  await using harness = await CliHarness.create();
  await harness.file("a.yaml", bundle('    - "clusterInf\\e[31mo": {}\n'));
  const { cli, printed } = harness.context();
  strictEqual(await runCli(["lint", "a.yaml"], cli), 2);
  match(printed.stdout, /Unknown collector type/);
  ok(!printed.stdout.includes("\x1b"));
});
