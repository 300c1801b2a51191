import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { gzipSync } from "node:zlib";
import { runCli } from "../../src/cli/run_cli.ts";
import { type Member, tarOf } from "../bundle/tar_bytes.ts";
import { ALNUM, draw } from "../leak_gate/made_secrets.ts";
import { CliHarness, type HarnessOptions } from "./schedule/cli_harness.ts";

const ROOT = "support-bundle-2026-01-31T08_00_00";
const BUNDLE: Member[] = [
  [{ name: `${ROOT}/version.yaml` }, "apiVersion: troubleshoot.sh/v1beta2\n"],
  [{ name: `${ROOT}/a.log` }, "password=hunter2\nmy own word\n"],
];
const REDACTOR = `apiVersion: troubleshoot.sh/v1beta2
kind: Redactor
metadata: {name: mine}
spec:
  redactors:
  - name: words
    removals: {values: [own word]}
`;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  folder: string;
  /** Names of archives that were written. */
  written: string[];
}

async function run(args: string[], options: HarnessOptions & { members?: Member[] } = {}): Promise<Ran> {
  await using harness = await CliHarness.create();
  await Deno.writeFile(join(harness.root, "in.tar.gz"), gzipSync(await tarOf(...options.members ?? BUNDLE)));
  await harness.file("rules.yaml", REDACTOR);
  await harness.file("more.yaml", REDACTOR.replace("own word", "my"));
  await harness.file("a.log", "first\npassword=hunter2\n");
  await harness.file("mail.log", "write me@example.com\n");
  const { cli, printed } = harness.context(options);
  const code = await runCli(args, cli);
  const given = ["in.tar.gz", "rules.yaml", "more.yaml", "a.log", "mail.log"];
  const written = [...Deno.readDirSync(harness.root)].map(({ name }) => name).filter((name) => !given.includes(name));
  return { code, ...printed, folder: harness.root, written };
}

const forms: [name: string, args: string[], written: string | RegExp][] = [
  ["the bundle alone", ["in.tar.gz"], /^redacted-support-bundle-\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\.tar\.gz$/],
  ["the bundle, then specs", ["in.tar.gz", "rules.yaml", "more.yaml", "-o", "out"], "out.tar.gz"],
  ["specs, and the bundle by its flag", ["rules.yaml", "--bundle", "in.tar.gz", "-o", "out.tar.gz"], "out.tar.gz"],
  ["the flag in front", ["--bundle", "in.tar.gz", "-o", "out", "rules.yaml"], "out.tar.gz"],
  ["the bundle by its flag, without specs", ["--bundle=in.tar.gz", "-o", "out.tgz"], "out.tgz.tar.gz"],
  ["specs by --redactors", ["in.tar.gz", "--redactors", "rules.yaml,more.yaml", "-o", "out"], "out.tar.gz"],
];
for (const [name, args, expected] of forms) {
  Deno.test(`support-bundle redact takes ${name}`, async () => {
    const { code, stdout, stderr, written } = await run(["redact", ...args]);
    equal(stderr, "");
    equal(code, 0);
    equal(written.length, 1);
    if (typeof expected === "string") equal(written[0], expected);
    else match(written[0]!, expected);
    equal(stdout, `Redacted support bundle: ${written[0]}\n`);
  });
}

Deno.test("support-bundle redact tells a person what was hidden, below the line that scripts read", async () => {
  const { stdout } = await run(["redact", "in.tar.gz", "rules.yaml", "-o", "out"], { columns: 80 });
  const [first, summary, ...rules] = stdout.trimEnd().split("\n");
  equal(first, "Redacted support bundle: out.tar.gz");
  match(summary!, /^ {2}\d+ B in 0 ms: 2 values hidden in 1 of 3 files$/);
  deepStrictEqual(rules.map((rule) => stripVTControlCharacters(rule).trim()), [
    "1  named-value",
    "1  words.literal.0",
  ]);
  const quiet = await run(["redact", "in.tar.gz", "-o", "out", "-q"], { columns: 80 });
  equal(quiet.stdout, "Redacted support bundle: out.tar.gz\n");
});

Deno.test("support-bundle redact names what it left out", async () => {
  const members: Member[] = [...BUNDLE, [{ name: `${ROOT}/b.zip` }, "PK\x03\x04"], [{ name: "/etc/x" }, "x"]];
  const { code, stdout, stderr } = await run(["redact", "in.tar.gz", "-o", "out"], { members });
  equal(code, 0);
  equal(stdout, "Redacted support bundle: out.tar.gz\n");
  match(stderr, /^Left out: 2 files\n {2}b\.zip: .*zip.*\n {2}\/etc\/x: .*must not be unpacked.*\n$/);
  equal((await run(["redact", "in.tar.gz", "-o", "out", "-q"], { members })).stderr, "");
});

const TOKENS = ["in.tar.gz", "--tokenize", "--redaction-map"];

const wrong: [name: string, args: string[], code: number, message: RegExp][] = [
  ["no bundle", [], 1, /No bundle was named\n.*support-bundle redact bundle\.tar\.gz/],
  ["no such bundle", ["gone.tar.gz"], 1, /Cannot read the bundle ".*gone\.tar\.gz": there is no such file/],
  ["the spec first", ["rules.yaml", "in.tar.gz"], 2, /"in\.tar\.gz"|in\.tar\.gz/],
  ["only a spec", ["rules.yaml"], 1, /no tar archive.*\n.*Name the bundle first/],
  ["a spec that is no Redactor", ["in.tar.gz", "a.log"], 2, /a\.log/],
  ["no such spec", ["in.tar.gz", "gone.yaml"], 2, /gone\.yaml.*no such file/],
  ["no such folder", ["in.tar.gz", "-o", "gone/out"], 1, /the folder ".*gone" does not exist/],
  ["no such flag", ["in.tar.gz", "--outptu", "x"], 1, /Unknown option '--outptu'\n.*Did you mean --output/],
  ["nothing to explain", ["--explain"], 1, /No file was named/],
  ["no such file to explain", ["--explain", "gone.log"], 1, /Cannot read "gone\.log": there is no such file/],
  [
    "no such list of values",
    ["in.tar.gz", "--scrub-values", "gone.txt"],
    1,
    /list of values.*gone\.txt", does not exist/,
  ],
  ["a list of values that is not set", ["in.tar.gz", "--scrub-values", "env:NOT_SET"], 1, /NOT_SET, which is not set/],
  [
    "a spec and a list on standard input",
    ["in.tar.gz", "-", "--scrub-values", "-"],
    1,
    /Both a spec and --scrub-values are -/,
  ],
  [
    "the same by --redactors",
    ["in.tar.gz", "--redactors", "-", "--scrub-values", "-"],
    1,
    /Both a spec and --scrub-values are -/,
  ],
  ["a map without tokens", ["in.tar.gz", "--redaction-map", "m"], 1, /--redaction-map does nothing without --tokenize/],
  [
    "a map that is the archive",
    [...TOKENS, "out.tar.gz", "-o", "out"],
    1,
    /--redaction-map and --output name the same/,
  ],
  ["a map in a folder that is not there", [...TOKENS, "no/m"], 1, /the folder ".*no" does not exist/],
  ["a key that is not set", ["in.tar.gz", "--tokenize", "--token-key", "env:NOT_SET"], 1, /NOT_SET, which is not set/],
  ["tokens that are explained", ["--explain", "a.log", "--tokenize"], 1, /--tokenize does nothing with --explain/],
  ["values that are explained", ["--explain", "a.log", "--scrub-values", "a.log"], 1, /--scrub-values does nothing/],
  ["a leak gate that explains", ["--explain", "a.log", "--leak-gate=false"], 1, /--leak-gate does nothing/],
  ["a bundle that is explained", ["--explain", "a.log", "--bundle", "in.tar.gz"], 1, /--bundle does nothing/],
  ["a format that does not exist", ["--explain", "a.log", "-o", "xml"], 1, /"xml" is not an output format/],
];
for (const [name, args, code, message] of wrong) {
  Deno.test(`support-bundle redact refuses ${name}, and writes nothing`, async () => {
    const ran = await run(["redact", ...args]);
    equal(ran.code, code, ran.stderr);
    match(ran.stderr, message);
    deepStrictEqual([ran.stdout, ran.written], ["", []]);
  });
}

const TOKEN = `gh${"p_" + draw(ALNUM, 36)}`;
/** The leak gate alone knows what is in names of files. */
const LEAKY: Member[] = [...BUNDLE, [{ name: `${ROOT}/${TOKEN}.log` }, "x"], [{ name: `${ROOT}/b.zip` }, "PK\x03\x04"]];

const gate: [name: string, args: string[], code: number, stdout: string, written: string[]][] = [
  ["holds back what has secrets in it", [], 8, "", ["out.tar.gz.leaks.json", "out.tar.gz.quarantined"]],
  ["is off", ["--leak-gate=false"], 0, "Redacted support bundle: out.tar.gz\n", ["out.tar.gz"]],
];
for (const [name, flags, code, stdout, written] of gate) {
  Deno.test(`support-bundle redact: the leak gate ${name}`, async () => {
    const ran = await run(["redact", "in.tar.gz", "-o", "out", ...flags], { members: LEAKY });
    deepStrictEqual([ran.code, ran.stdout, ran.written.sort()], [code, stdout, written]);
    if (code === 0) return;
    match(
      ran.stderr,
      /^Held back: out\.tar\.gz\.quarantined\nLeft out: 1 file\n {2}b\.zip: .*\nError: The bundle is held back/,
    );
    match(
      ran.stderr,
      /: \*+\.log:1:1 \(github-token\)\n {2}Look at the places that ".*out\.tar\.gz\.leaks\.json" lists/,
    );
    ok(!ran.stderr.includes(TOKEN));
  });
}

Deno.test("support-bundle redact --scrub-values hides what the lists name", async () => {
  const list = ["--scrub-values", "env:VALUES"];
  const args = ["redact", "in.tar.gz", "-o", "out", "--tokenize", "--tokenization-stats"];
  const ran = await run([...args, ...list], { env: { VALUES: "own word\nab\n" }, columns: 80 });
  equal(ran.code, 0);
  match(ran.stderr, /^Warning: 1 of 2 values of --scrub-values were not scrubbed: a value needs 4 characters\n/);
  match(ran.stderr, /\nTokenization\n(.*\n)* {2}Values: +2, 0 of them more than once\n/);
  match(ran.stdout, /1 {2}user-value/);
  match(ran.stdout, /\n {2}2 tokens for 2 different values\n$/);
});

Deno.test("support-bundle redact --tokenize says where the map is, and --verify-tokenization whether all of it works", async () => {
  const { stdout, written, code } = await run(["redact", ...TOKENS, "map.json", "-o", "out"], { columns: 80 });
  deepStrictEqual([code, written.sort()], [0, ["map.json", "out.tar.gz"]]);
  match(stdout, /\n {2}1 token for 1 different value\n {2}their map: .*\/map\.json\n$/);
  const verified = await run(["redact", "--verify-tokenization", "--tokenize", "--redaction-map", "map.json"]);
  deepStrictEqual([verified.code, verified.written], [0, []]);
  match(verified.stdout, /^Tokens look like \*{3}TOKEN_PASSWORD_.*\n(.*\n)*The map can be written to .*map\.json\.\n$/);
});

Deno.test("support-bundle redact --explain knows classes of personal data", async () => {
  const { code, stdout } = await run(["redact", "--explain", "mail.log", "--hide", "email"]);
  equal(code, 0);
  match(
    stdout,
    /^mail\.log: 1 finding in 1 line\n {2}1:7 {2}\S+, 14 characters hidden\n {4}\S.*\n {4}write \*{3}HIDDEN\*{3}\n$/,
  );
});

Deno.test("support-bundle redact --explain shows the rule, the place and the masked line, and no value", async () => {
  const { code, stdout, written } = await run(["redact", "--explain", "a.log", "rules.yaml"]);
  equal(code, 0);
  deepStrictEqual(written, []);
  match(stdout, /^a\.log: 1 finding in 2 lines\n {2}2:10 {2}named-value, 7 characters hidden\n/);
  match(stdout, /\n {4}password=\*{3}HIDDEN\*{3}\n\nrules\.yaml: nothing is hidden in 7 lines\n$/);
  ok(!stdout.includes("hunter2"));
});

Deno.test("support-bundle redact --explain knows the rules of specs, and prints JSON", async () => {
  const { stdout } = await run([
    "redact",
    "--explain",
    "rules.yaml",
    "--redactors",
    "more.yaml,rules.yaml",
    "-o",
    "json",
  ]);
  const { files: [file] } = JSON.parse(stdout);
  deepStrictEqual([file.file, file.lines], ["rules.yaml", 7]);
  deepStrictEqual(
    file.findings.map((finding: { line: number; rule: string; builtIn: boolean; text: string }) => finding),
    [{
      line: 7,
      column: 25,
      characters: 8,
      rule: "words.literal.0",
      builtIn: false,
      why: "A redactor of a spec says so",
      text: "    removals: {values: ['***HIDDEN***']}",
    }],
  );
});

Deno.test("support-bundle redact --help shows examples, and what comes first", async () => {
  const { code, stdout } = await run(["redact", "--help"]);
  equal(code, 0);
  match(stdout, /^Usage: support-bundle redact BUNDLE \[SPEC…\]/);
  match(stdout, /\nExamples:\n/);
  match((await run(["--help"])).stdout, /\n {2}redact .*hide the secrets in a bundle/);
});
