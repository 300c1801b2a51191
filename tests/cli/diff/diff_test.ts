import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { runCli } from "../../../src/cli/run_cli.ts";
import { BundlePair, type Files } from "../../diff/made_bundle.ts";
import { CliHarness, type HarnessOptions } from "../schedule/cli_harness.ts";
import { NEW, OLD } from "./two_bundles.ts";

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  file?: string;
  mode?: number;
}

async function run(args: string[], options: HarnessOptions & { old?: Files; current?: Files } = {}): Promise<Ran> {
  await using harness = await CliHarness.create();
  await using pair = await BundlePair.create();
  for (const [name, content] of [["old.tar.gz", options.old ?? OLD], ["new.tgz", options.current ?? NEW]] as const) {
    await Deno.rename(await pair.write(name, content), join(harness.root, name));
  }
  await Deno.writeFile(
    join(harness.root, "old.tar"),
    gunzipSync(await Deno.readFile(join(harness.root, "old.tar.gz"))),
  );
  const { cli, printed } = harness.context(options);
  const code = await runCli(["diff", ...args], cli);
  const report = join(harness.root, "report");
  const file = await Deno.readTextFile(report).catch(() => undefined);
  return { code, ...printed, file, mode: file === undefined ? undefined : (await Deno.stat(report)).mode! & 0o777 };
}

const BOTH = ["old.tar.gz", "new.tgz"];

Deno.test("support-bundle diff tells a person what matters first", async () => {
  const { code, stdout, stderr } = await run(BOTH);
  equal(stderr, "");
  equal(code, 0);
  const at = stdout.indexOf("\n\nNodes\n");
  const [head, body] = [stdout.slice(0, at), stdout.slice(at + 2)];
  match(
    head.replaceAll(/\s+/g, " "),
    /Summary: 3 nodes changed, 2 objects not ready any more, .* 1 new finding, 1 finding fixed, .* 1 other file$/,
  );
  equal(
    body,
    `Nodes
  ✗ Node worker-1  NotReady, was Ready
  ✗ Node worker-2  gone
  + Node worker-3  new, Ready

Not ready
  ✗ Deployment shop/api  0/3 ready, was 2/2 ready
  ✗ Pod shop/q           CrashLoopBackOff, was Running

Images
  ~ Deployment shop/web  web: nginx:1.25 → nginx:1.26

Restarts
  ! Pod shop/db-0  +7 (1 → 8), Running

Findings
  ! new: Disk     full & <b>
  ✓ fixed: Nodes  1 of 3 is away

Warnings
  ! BackOff Pod shop/q  ×12 again and again

Changed
  ~ ConfigMap shop/settings  data.a 1 → 2
  ~ Deployment shop/api      spec.replicas 2 → 3

Added and removed
  ~ Pods of shop/web  1 replaced

Files
  ~ app/config.yaml  modified, 34 B
      @@ -1,2 +1,2 @@
       a: 1
      -b: 2
      +b: <script>alert(1)</script>

Left out as noise: 1 file of logs
Unchanged: 1 object, 0 findings
`,
  );
});

Deno.test("support-bundle diff keeps to the width of a terminal, and steers it nowhere", async () => {
  const { stdout } = await run(BOTH, { columns: 60, env: { NO_COLOR: "1" } });
  const long = stdout.split("\n").filter((line) => line.length > 60 && !/^(?:Old|New) Bundle/.test(line));
  deepStrictEqual(long, []);
  ok(!stdout.includes("\u001b"));
});

Deno.test("support-bundle diff says so when nothing differs", async () => {
  const { code, stdout } = await run(["old.tar.gz", "old.tar", "--exit-code"]);
  equal(code, 0);
  match(stdout, /\nNo changes detected between bundles\.\n/);
  match(stdout, /\nOld Bundle: old\.tar\.gz \(.*, 10 files, /);
});

// deno-fmt-ignore
const codes: [name: string, args: string[], current: Files, code: number][] = [
  ["a difference", BOTH, NEW, 0],
  ["a difference with --exit-code", [...BOTH, "--exit-code"], NEW, 3],
  ["noise with --exit-code", [...BOTH, "--exit-code"], { ...OLD, "logs/a.log": "y\n", "execution-data/summary.txt": "1 ms" }, 0],
  ["--exit-code=false", [...BOTH, "--exit-code=false"], NEW, 0],
  ["as JSON", [...BOTH, "--format=json", "--exit-code"], NEW, 3],
];
for (const [name, args, current, code] of codes) {
  Deno.test(`support-bundle diff ends with its code: ${name}`, async () =>
    equal((await run(args, { current })).code, code));
}

Deno.test("support-bundle diff prints JSON with the keys that Troubleshoot has, and more", async () => {
  const { stdout } = await run([...BOTH, "--format", "json"]);
  const found = JSON.parse(stdout);
  deepStrictEqual(Object.keys(found), [
    "summary",
    "changes",
    "metadata",
    "significance",
    "differs",
    "objects",
    "findings",
    "events",
  ]);
  deepStrictEqual(found.summary, {
    totalChanges: 8,
    filesAdded: 0,
    filesRemoved: 0,
    filesModified: 8,
    highImpactChanges: 1,
  });
  deepStrictEqual(Object.keys(found.metadata), ["oldBundle", "newBundle", "generatedAt", "version"]);
  deepStrictEqual([found.metadata.oldBundle.path, found.metadata.newBundle.path, found.significance], [
    "old.tar.gz",
    "new.tgz",
    "high",
  ]);
  const pods = found.changes.find(({ path }: { path: string }) => path === "/cluster-resources/pods/shop.json");
  match(pods.details.diff, /^--- old:cluster-resources\/pods\/shop\.json\n/);
  match(stdout, /^\{\n {2}"summary": \{\n {4}"totalChanges": 8,/);
  deepStrictEqual(JSON.parse((await run(["old.tar.gz", "old.tar", "--format=json"])).stdout).changes, []);
});

Deno.test("support-bundle diff writes a page that needs nothing else, and in which nothing can act", async () => {
  const { stdout, file, mode } = await run([...BOTH, "--format", "html", "-o", "report"]);
  equal(stdout, "Diff report written to: report\n");
  equal(mode, 0o644);
  ok(file!.startsWith("<!DOCTYPE html>"));
  ok(!/<script|src=|href=/.test(file!) && !file!.includes("\u001b"));
  match(file!, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  match(file!, /full &amp; &lt;b&gt;/);
  match(file!, /<td class="bad">✗ worse<\/td>\s*<td>Node worker-1<\/td>\s*<td>NotReady, was Ready<\/td>/);
  const hidden = await run([...BOTH, "--format", "html", "--hide-inline-diffs"]);
  ok(!hidden.stdout.includes("&lt;script"));
});

// deno-fmt-ignore
const flags: [name: string, args: string[], shows: RegExp, hides?: RegExp][] = [
  ["--hide-inline-diffs", ["--hide-inline-diffs"], /~ app\/config\.yaml/, /@@/],
  ["--max-diff-lines", ["--max-diff-lines", "2"], / {7}a: 1\n {6}\.\.\. \(2 more lines\)\n/, /-b: 2/],
  ["--max-diff-lines of 0: the default", ["--max-diff-lines=0"], /-b: 2/],
  ["--diff-context", ["--diff-context", "1"], /@@ -1,2 \+1,2 @@/],
  ["--include-log-diffs", ["--include-log-diffs"], /~ logs\/a\.log .*\n.*@@\n {6}-x\n {6}\+y/],
  ["--format of nothing: text", ["--format", ""], /^Support Bundle Diff Report/],
];
for (const [name, args, shows, hides] of flags) {
  Deno.test(`support-bundle diff takes ${name}`, async () => {
    const { code, stdout } = await run([...BOTH, ...args]);
    equal(code, 0);
    match(stdout, shows);
    if (hides !== undefined) ok(!hides.test(stdout));
  });
}

// deno-fmt-ignore
const wrong: [name: string, args: string[], code: number, message: RegExp][] = [
  ["one bundle", ["old.tar.gz"], 1, /missing required argument 'new'/i],
  ["no such bundle", ["old.tar.gz", "gone.tar.gz"], 1, /Cannot read the bundle ".*gone\.tar\.gz": there is no such file/],
  ["no such format", [...BOTH, "--format", "jsn"], 1, /"jsn" is not a format.*\n.*Did you mean json\?/],
  ["a count that is none", [...BOTH, "--max-diff-lines", "many"], 1, /--max-diff-lines.*many.*whole number/],
  ["a folder that does not exist", [...BOTH, "-o", "gone/report"], 12, /Cannot write the report ".*gone\/report"/],
];
for (const [name, args, code, message] of wrong) {
  Deno.test(`support-bundle diff refuses ${name}`, async () => {
    const ran = await run(args);
    equal(ran.code, code);
    match(ran.stderr, message);
    equal(ran.stdout, "");
  });
}
