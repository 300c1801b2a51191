import { deepStrictEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { EXIT } from "../../src/core/exit_codes.ts";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { compileGlob } from "../../src/redact/custom/glob.ts";
import { requiredLiteral } from "../../src/redact/custom/required_literal.ts";
import { InvalidRedactorError } from "../../src/redact/custom/invalid_redactor_error.ts";
import { MASK } from "../../src/redact/mask.ts";
import type { RedactorSpec } from "../../src/redact/redactor.ts";
import { redactorListSchema, validateRedactorSpec } from "../../src/redact/redactor_spec.ts";
import { fromBytes, toBytes } from "../../src/redact/latin1.ts";
import { redactBytes, redactText } from "./redact_text.ts";

const H = MASK;

function only(...custom: RedactorSpec[]) {
  return createRedactor({ builtIn: false, custom });
}

const regex = (redactor: string, selector?: string): RedactorSpec => ({
  removals: { regex: [{ redactor, selector }] },
});
const values = (...list: string[]): RedactorSpec => ({ removals: { values: list } });

const lines: [name: string, spec: RedactorSpec, before: string, after: string][] = [
  ["values are hidden wherever they are", values("abc"), "abc xabcabc ABC\nabc", `${H} x${H}${H} ABC\n${H}`],
  ["values outside of ASCII", values("pässwört"), "x pässwört é", `x ${H} é`],
  ["an empty value does nothing", values(""), "abc\n", "abc\n"],
  ["a value with a final line feed is its line", values("abc\n"), "x abc y", `x ${H} y`],
  [
    "values of several lines hide each line",
    values("first line\n}\nsecond line"),
    "{\nfirst line\n}\nsecond line\n",
    `{\n${H}\n}\n${H}\n`,
  ],
  ["text outside of groups goes", regex("rest(?P<mask>.*)"), "a restXYZ", `a ${H}`],
  ["a pattern without groups deletes", regex("b+"), "abbbc", "ac"],
  ["unnamed groups stay, drop groups go", regex("(a)(?P<drop>b)(c)"), "xabcx", "xacx"],
  ["other names stay", regex("(?P<key>k=)(?P<mask>\\w+)"), "k=v k=w", `k=${H} k=${H}`],
  ["mask may be used more than once", regex("(?P<mask>\\d+)(:)(?P<mask>\\d+)"), "1:2", `${H}:${H}`],
  ["nested groups appear twice", regex("((a)b)"), "ab", "aba"],
  ["a repeated name repeats the first text", regex("(?P<x>a)(?P<x>b)"), "ab", "aa"],
  ["optional groups without a match are empty", regex("(a)(?P<mask>b)?(c)"), "ac abc", `ac a${H}c`],
  ["flags", regex("(?i)(TOKEN: )(?P<mask>\\S+)"), "token: x Token: y", `token: ${H} Token: ${H}`],
  ["RE2 escapes and odd classes", regex("(p=)(?P<mask>[\\w\\d\\S-_]+){1}\\z"), "p=a p=b-c", `p=a p=${H}`],
  ["non-ASCII literals and classes", regex("(é=)(?P<mask>[à-ü]+)"), "xé=ààü.é", `xé=${H}.é`],
  ["a dot is a character, not a byte", regex("(a)(?P<mask>.)(b)"), "aéb", `a${H}b`],
  ["anchors are those of the line", regex("^(?P<mask>x)$"), "x\nxx\nx\n", `${H}\nxx\n${H}\n`],
  ["a mask is not masked again", regex("(?P<mask>HIDDEN|\\*+)"), `a ${H} b`, `a ${H} b`],
  ["a selector chooses the next line", regex("(?P<mask>\\d+)", "^key"), "1\nkey 2\n3\n4\n", `1\nkey 2\n${H}\n4\n`],
  ["a selected line selects nothing", regex("(?P<mask>\\d+)", "^key"), "key 1\nkey 2\n3\n", `key 1\nkey ${H}\n3\n`],
  ["named groups in Go's newer spelling", regex("k=(?<mask>\\w+)"), "k=v", H],
  [
    "a catastrophic pattern is linear",
    regex("^(?:a+)+(?P<mask>b)$"),
    "a".repeat(50_000) + "c",
    "a".repeat(50_000) + "c",
  ],
];
for (const [name, spec, before, after] of lines) {
  Deno.test(`custom redactors: ${name}`, async () => equal((await redactText(only(spec), before)).text, after));
}

Deno.test("custom redactors keep invalid UTF-8 around what they hide", async () => {
  const { bytes } = await redactBytes(only(regex("(a=)(?P<mask>\\w+)")), "a", toBytes("\xff a=x \xfe\xc3(\n"));
  equal(fromBytes(bytes), `\xff a=${H} \xfe\xc3(\n`);
});

Deno.test("custom redactors are reported under their names, with kind and number", async () => {
  const redactor = only(
    {
      name: "mine",
      removals: {
        values: ["v0", "v1"],
        regex: [{ redactor: "r(?P<mask>0)" }, { selector: "s", redactor: "t(?P<mask>1)" }],
      },
    },
    { removals: { values: ["w"] } },
  );
  const { report } = await redactText(redactor, "v1 r0\ns\nt1 w w\n");
  deepStrictEqual(report.map(({ rule, count, builtIn }) => [rule, count, builtIn]), [
    ["mine.literal.1", 1, false],
    ["mine.regex.0", 1, false],
    ["mine.multiLine.1", 1, false],
    ["unnamed-1.literal.0", 2, false],
  ]);
});

Deno.test("custom redactors run after the built-in rules", async () => {
  const redactor = createRedactor({ builtIn: true, custom: [regex("(password=)(?P<drop>\\S+)(.*)")] });
  equal((await redactText(redactor, "password=hunter2 x")).text, "password= x");
});

const globs: [glob: string, path: string, matches: boolean][] = [
  ["a/*.json", "a/b.json", true],
  ["a/*.json", "a/b/c.json", false],
  ["*.json", "a/b.json", false],
  ["**/*.json", "a/b/c.json", true],
  ["**/a.txt", "a.txt", false],
  ["**", "a/b", true],
  ["a/**/c", "a/b/b/c", true],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["[a-c]x", "bx", true],
  ["[!a-c]x", "bx", false],
  ["[!a-c]x", "dx", true],
  ["a.{yaml,json}", "a.json", true],
  ["a.{yaml,json}", "a.toml", false],
  ["{a,b/*}/c", "b/x/c", true],
  ["a\\*b", "a*b", true],
  ["a\\*b", "axb", false],
  ["a.b", "axb", false],
  ["a+(b)$^", "a+(b)$^", true],
];
for (const [glob, path, matches] of globs) {
  Deno.test(`compileGlob() ${glob} ${matches ? "matches" : "does not match"} ${path}`, () =>
    equal(compileGlob(glob)(path), matches));
}

Deno.test("fileSelector limits a redactor to files: file and files are alternatives", async () => {
  const redactor = only({
    fileSelector: { file: "a/*", files: ["b/*"] },
    removals: { values: ["x"], yamlPath: ["k"] },
  });
  equal((await redactText(redactor, "x", "a/1")).text, H);
  equal((await redactText(redactor, "x", "b/1")).text, H);
  equal((await redactText(redactor, '{"k":"x"}', "c/1")).text, '{"k":"x"}');
});

const invalid: [name: string, spec: RedactorSpec, shows: RegExp][] = [
  ["pattern", { name: "mine", removals: { regex: [{ redactor: "(?P<mask>a" }] } }, /"mine".*\(\?P<mask>a/],
  ["selector", { name: "mine", removals: { regex: [{ redactor: "a", selector: "(?=b)" }] } }, /"mine".*\(\?=b\)/],
  ["glob", { name: "mine", fileSelector: { file: "a/{b" }, removals: { values: ["x"] } }, /"mine".*a\/\{b/],
  ["glob without removals", { name: "mine", fileSelector: { files: ["[a"] } }, /"mine".*\[a/],
];
for (const [name, spec, shows] of invalid) {
  Deno.test(`validateRedactorSpec() names the redactor and its invalid ${name}`, () => {
    for (const act of [() => validateRedactorSpec(spec), () => only(spec)]) {
      throws(act, (error) => {
        ok(error instanceof InvalidRedactorError);
        equal(error.code, "REDACTOR_INVALID");
        equal(error.exitCode, EXIT.spec);
        ok(shows.test(error.message), error.message);
        return true;
      });
    }
  });
}

Deno.test("redactorListSchema reads spec.redactors", () => {
  const list = [{
    name: "a",
    fileSelector: { file: "x" },
    removals: { regex: [{ redactor: "y" }], yamlPath: ["a.b"], values: ["z"] },
  }];
  deepStrictEqual(redactorListSchema.parse(list), list);
  ok(!redactorListSchema.safeParse([{ removals: { regex: [{ selector: "only" }] } }]).success);
});

const literals: [pattern: string, literal: string | undefined][] = [
  ["(password *= *)(?P<mask>[^;]+)(;)", "password"],
  ["(?i)(Data Source *= *)", "Data Source"],
  ["abc?d", undefined],
  ["abcde?", "abcd"],
  ["(abc)?xyz1", "xyz1"],
  ["(abc|xyz)", undefined],
  ["abc|xyz", undefined],
  ["(?:longer)+(?P<mask>x)", "longer"],
  ["[abcd]+", undefined],
  ["\\d+\\.abc", ".abc"],
  ["ab{2}cdef", "cdef"],
  ["(x|y)abc", "abc"],
  ["\\Qabc\\E", undefined],
  ["a.b.c", undefined],
];
for (const [pattern, literal] of literals) {
  Deno.test(`requiredLiteral() of ${pattern} is ${literal}`, () => equal(requiredLiteral(pattern), literal));
}

const path = (...list: string[]): RedactorSpec => ({ name: "p", removals: { yamlPath: list } });

const structured: [name: string, spec: RedactorSpec, before: string, after: string][] = [
  ["JSON stays JSON", path("a.b"), '{\n "a" : {"b":"x", "c":1}}\n', `{\n "a" : {"b":"${H}", "c":1}}\n`],
  [
    "JSON list items",
    path("a.*.b", "l.1"),
    '{"a":[{"b":1},{"b":[2]}],"l":[1,2,3]}',
    `{"a":[{"b":"${H}"},{"b":"${H}"}],"l":[1,"${H}",3]}`,
  ],
  ["JSON null stays", path("a"), '{"a":null}', '{"a":null}'],
  ["JSON keys with escapes", path('a"b'), '{"a\\"b":1}', `{"a\\"b":"${H}"}`],
  ["JSON after a byte order mark", path("a"), '\ufeff{"a":1}', `\ufeff{"a":"${H}"}`],
  [
    "YAML keeps comments and form",
    path("a.b"),
    "# c\na:\n    b:   x # why\n    d: 'y'\n",
    `# c\na:\n    b:   '${H}' # why\n    d: 'y'\n`,
  ],
  ["YAML of several documents", path("a"), "a: 1\n---\nb: 2\n---\na: 3\n", `a: '${H}'\n---\nb: 2\n---\na: '${H}'\n`],
  ["YAML subtrees go whole", path("a"), "a:\n  b: 1\n  c:\n  - 2\nd: 3\n", `a:\n  '${H}'\nd: 3\n`],
  ["YAML lists", path("l.*.k"), "l:\n- k: 1\n  m: 2\n- k: 3\n", `l:\n- k: '${H}'\n  m: 2\n- k: '${H}'\n`],
  ["YAML lists below their key go whole", path("k.a"), "k:\n  a:\n  - 1\n  b: 2\n", `k:\n  a:\n   '${H}'\n  b: 2\n`],
  ["YAML block scalars", path("a"), "a: |\n  x\n  y\nb: 1\n", `a: '${H}'\nb: 1\n`],
  ["YAML with CRLF", path("a"), "a: x\r\nb: y\r\n", `a: '${H}'\r\nb: y\r\n`],
  ["YAML outside of ASCII", path("ä.b"), "ä:\n  b: ü\nö: é\n", `ä:\n  b: '${H}'\nö: é\n`],
  ["no match changes nothing", path("z.*"), "a:   1\n", "a:   1\n"],
  ["what is no YAML passes", path("a"), "a: b: c\n{x\n", "a: b: c\n{x\n"],
  ["a mask is not masked again", path("a"), `a: '${H}'\n`, `a: '${H}'\n`],
];
for (const [name, spec, before, after] of structured) {
  Deno.test(`yamlPath: ${name}`, async () => {
    const { text, report } = await redactText(only(spec), before, "a/[b]*.txt");
    equal(text, after);
    equal(report.length > 0, before !== after);
    ok(report.every(({ rule, builtIn }) => rule.startsWith("p.yaml.") && !builtIn));
  });
}

Deno.test("yamlPath: a large log passes without being read whole", async () => {
  const text = "2026-03-04 INFO a: b\n".repeat(10_000) + "a: 1\n";
  equal((await redactText(only(path("a")), text)).text, text);
});

Deno.test("yamlPath: an anchor that would be lost makes the file fail, closed", async () => {
  await rejects(redactText(only(path("a")), "a:\n  x: &n 1\nb: *n\n", "a.yaml"), { code: "REDACTION_YAML_PATH" });
});

Deno.test("yamlPath and patterns of several redactors work one after the other", async () => {
  const redactor = only({ removals: { yamlPath: ["a"] } }, { removals: { values: ["b"] } });
  equal((await redactText(redactor, '{"a":"x","b":1}', "a.json")).text, `{"a":"${H}","${H}":1}`);
});
