import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { MASK } from "../../src/redact/mask.ts";
import { loadSpecs } from "../../src/spec/load_spec.ts";
import { redactText } from "./redact_text.ts";

const H = MASK;
const HEAD = "apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nmetadata: {name: test}\nspec:\n";

/** Loads Redactor documents as a run does. */
async function load(...texts: string[]) {
  const folder = await Deno.makeTempDir();
  try {
    const paths = texts.map((_, i) => join(folder, `${i}.yaml`));
    for (const [i, path] of paths.entries()) await Deno.writeTextFile(path, texts[i]!);
    return await loadSpecs({ sources: [], redactorSources: paths, cwd: folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function redact(spec: string, text: string, path = "a/b.txt", builtIn = false) {
  const { redactors } = await load(spec);
  return await redactText(createRedactor({ builtIn, custom: redactors }), text, path);
}

const regex = (redactor: string, selector?: string) =>
  `${HEAD}  redactors:\n  - name: r\n    removals:\n      regex:\n      - redactor: ${JSON.stringify(redactor)}\n` +
  (selector === undefined ? "" : `        selector: ${JSON.stringify(selector)}\n`);
const yamlPath = (...paths: string[]) =>
  `${HEAD}  redactors:\n  - name: r\n    removals: {yamlPath: ${JSON.stringify(paths)}}\n`;
const values = (...list: unknown[]) => `${HEAD}  redactors:\n  - removals: {values: ${JSON.stringify(list)}}\n`;

// What Troubleshoot does with existing specs; where it is known to be wrong, what it was meant to do.
const behaviour: [name: string, spec: string, before: string, after: string, path?: string][] = [
  ["text outside of groups is removed", regex("rest(?P<mask>.*)"), "restXYZ", H],
  ["a match without groups is removed", regex("x+"), "axxb", "ab"],
  ["unnamed groups stay", regex("(a)(?P<mask>b)(c)"), "abc", `a${H}c`],
  ["other names stay", regex("(?P<k>a)(?P<mask>b)(?P<l>c)"), "abc", `a${H}c`],
  ["drop groups go", regex("(a)(?P<drop>b)(c)"), "abc", "ac"],
  ["several groups are called mask", regex("(?P<mask>a)-(?P<mask>b)"), "a-b", `${H}${H}`],
  ["nested groups appear twice", regex("((a)b)"), "ab", "aba"],
  ["a group that did not match is empty", regex("(a)(?P<mask>x)?(b)"), "ab", "ab"],
  ["a name that comes again repeats the first text", regex("(?P<x>a)(?P<x>b)"), "ab", "aa"],
  ["all matches of a line", regex("(k=)(?P<mask>\\w+)"), "k=a k=b\nk=c", `k=${H} k=${H}\nk=${H}`],
  ["everything", regex("(?P<mask>.*)"), "abc\nd", `${H}\n${H}`],
  ["no empty match right behind another", regex("(?P<mask>x*)"), "axxb", `${H}a${H}b${H}`],
  ["case is ignored by flag", regex("(?i)(token: *)(?P<mask>\\S+)"), "TOKEN: x", `TOKEN: ${H}`],
  ["case is ignored in a part", regex("((?i:token): )(?P<mask>x)"), "Token: x Token: X", `Token: ${H} Token: X`],
  ["flags are switched off", regex("(?i)(a(?-i)b)(?P<mask>c)"), "Abc ABc", `Ab${H} ABc`],
  ["repetition is lazy by flag", regex("(?U)(a)(?P<mask>.+)(b)"), "axbxb", `a${H}bxb`],
  ["a line is one for multi-line patterns", regex("(?m)^(?P<mask>a)$"), "a\nab\na", `${H}\nab\n${H}`],
  ["\\A and \\z are the ends of the line", regex("\\A(?P<mask>a+)\\z"), "aa\nab", `${H}\nab`],
  ["POSIX and Unicode classes", regex("(?P<mask>[[:digit:]]+\\p{Greek}\\pN)"), "12α3", H],
  ["a class with an odd dash", regex("(p=)(?P<mask>[\\w\\d\\S-_]+){1}"), "p=a-b", `p=${H}`],
  ["quoted literals", regex("(\\Qa.b(\\E)(?P<mask>\\w+)"), "a.b(x axb(x", `a.b(${H} axb(x`],
  ["characters by number", regex("(\\x41\\x{42})(?P<mask>\\w)"), "ABc", `AB${H}`],
  ["word borders", regex("\\b(?P<mask>id)\\b"), "id idx", `${H} idx`],
  ["CR is a part of the line", regex("^(k=)(?P<mask>\\w+)$"), "k=a\r\nk=b\n", `k=a\r\nk=${H}\n`],
  [
    "a selector chooses the line behind it",
    regex("(v: )(?P<mask>.*)", "^n: pw"),
    "n: pw\nv: a\nv: b\n",
    `n: pw\nv: ${H}\nv: b\n`,
  ],
  ["a selected line selects nothing", regex("(?P<mask>\\d)", "s"), "s1\ns2\ns3\n", `s1\ns${H}\ns3\n`],
  ["the selector's own line stays", regex("(?P<mask>s)", "s"), "s\nx\n", "s\nx\n"],
  ["a selector on the last line", regex("(?P<mask>\\w)", "s"), "a\ns", "a\ns"],
  ["an empty selector is none", regex("(?P<mask>\\d)", ""), "1\n2\n", `${H}\n${H}\n`],
  ["values, byte for byte", values("a.c", "x(y"), "a.c abc x(y", `${H} abc ${H}`],
  ["values that are numbers", values(4711, "0815"), "4711 0815", `${H} ${H}`],
  ["a value of several lines", values("line one\nline two"), "> line one\n> line two\n", `> ${H}\n> ${H}\n`],
  ["an empty value hides nothing", values(""), "abc", "abc"],
  ["a value that is a word of the mask", values("HIDDEN"), "a HIDDEN", `a ${H}`],
  ["a YAML path", yamlPath("a.b"), "a:\n  b: x # note\n  c: y\n", `a:\n  b: '${H}' # note\n  c: y\n`],
  [
    "a YAML path through a list",
    yamlPath("a.*.b", "a.0.c"),
    "a:\n- b: x\n  c: y\n- b: z\n  c: z\n",
    `a:\n- b: '${H}'\n  c: '${H}'\n- b: '${H}'\n  c: z\n`,
  ],
  ["a YAML path to a subtree", yamlPath("a"), "a:\n  b: x\nc: y\n", `a:\n  '${H}'\nc: y\n`],
  [
    "a YAML path in every document",
    yamlPath("a"),
    "a: x\n---\nb: y\n---\na: z\n",
    `a: '${H}'\n---\nb: y\n---\na: '${H}'\n`,
  ],
  [
    "a YAML path in JSON, which stays JSON",
    yamlPath("a.b"),
    '{"a": {"b": 1, "c": 2}}',
    `{"a": {"b": "${H}", "c": 2}}`,
    "a.json",
  ],
  ["a YAML path in a file of any name", yamlPath("a"), "a: x\n", `a: '${H}'\n`, "a/[b]*?\\.txt"],
  ["a YAML path with a negative number", yamlPath("a.-1"), "a: [x, y]\n", "a: [x, y]\n"],
  ["a YAML path that leads nowhere", yamlPath("a.b.c", "z"), "a:   {b: x}\n", "a:   {b: x}\n"],
  ["a YAML path in what is no YAML", yamlPath("a"), "a: b: c\n", "a: b: c\n"],
];
for (const [name, spec, before, after, path] of behaviour) {
  Deno.test(`Redactor specs work unchanged: ${name}`, async () => {
    equal((await redact(spec, before, path)).text, after);
  });
}

const examples: [before: string, after: string][] = [
  ["http://user:pass@host:8888/x", `http://${H}:${H}@${H}:8888/${H}`],
  ["http://u2:p2@h2/", `http://${H}:${H}@h2/`],
  ["postgres://bob:hunter2@db.local:5432/mydb", `postgres://${H}:${H}@${H}:5432/${H}`],
  ["user:password@tcp(host:3309)/db-name", `${H}:${H}@tcp(${H}:3309)/${H}`],
  ["Server=foo;Password=pp;", `Server=${H};Password=${H};`],
];
for (const [before, after] of examples) {
  Deno.test(`the default redactors do as Troubleshoot's with ${before}`, async () => {
    equal((await redact(`${HEAD}  redactors: []\n`, before, undefined, true)).text, after);
  });
}

const selectors: [selector: string, path: string, applies: boolean][] = [
  ["{file: a/b.txt}", "a/b.txt", true],
  ["{file: b.txt}", "a/b.txt", false],
  ["{file: a/*}", "a/b.txt", true],
  ["{file: '*'}", "a/b.txt", false],
  ["{file: '**'}", "a/b.txt", true],
  ["{file: '**/b.txt'}", "a/b.txt", true],
  ["{file: '**/b.txt'}", "b.txt", false],
  ["{file: 'a/**/b.txt'}", "a/x/y/b.txt", true],
  ["{file: 'a/?.txt'}", "a/b.txt", true],
  ["{file: 'a?b.txt'}", "a/b.txt", false],
  ["{file: 'a/[a-c].txt'}", "a/b.txt", true],
  ["{file: 'a/[!a-c].txt'}", "a/b.txt", false],
  ["{file: 'a/{x,b}.{log,txt}'}", "a/b.txt", true],
  ["{file: 'a/\\*.txt'}", "a/*.txt", true],
  ["{file: 'a/\\*.txt'}", "a/b.txt", false],
  ["{files: ['x', 'a/*.txt']}", "a/b.txt", true],
  ["{file: x, files: ['a/b.txt']}", "a/b.txt", true],
  ["{file: 'cluster-resources/pods/*.json'}", "cluster-resources/pods/shop.json", true],
  ["{}", "a/b.txt", true],
  ["{file: ''}", "a/b.txt", true],
  ["{files: []}", "a/b.txt", true],
];
for (const [selector, path, applies] of selectors) {
  Deno.test(`fileSelector ${selector} ${applies ? "takes" : "leaves"} ${path}`, async () => {
    const spec = `${HEAD}  redactors:\n  - fileSelector: ${selector}\n    removals: {values: [x1]}\n`;
    equal((await redact(spec, "x1", path)).text, applies ? H : "x1");
  });
}

Deno.test("Redactor specs: several documents and files become one list, in order, and none is lost", async () => {
  const named = (name: string, value: string) =>
    `${HEAD}  redactors:\n  - name: ${name}\n    removals: {values: [${value}]}\n`;
  const first = `${named("a", "v0")}--- \n${named("b", "v1")}---\t\n# note\n${named("a", "v0")}--- # c\n${
    named("''", "v2")
  }`;
  const { redactors } = await load(first, named("d", "v3").replace("v1beta2", "v1beta3").replaceAll("\n", "\r\n"));
  deepStrictEqual(redactors.map(({ name }) => name), ["a", "b", "a", "", "d"]);
  const { text, report } = await redactText(createRedactor({ builtIn: false, custom: redactors }), "v0 v1 v2 v3 v4");
  equal(text, `${H} ${H} ${H} ${H} v4`);
  deepStrictEqual(report.map(({ rule }) => rule), ["a.literal.0", "b.literal.0", "unnamed-3.literal.0", "d.literal.0"]);
});

Deno.test("Redactor specs: of one redactor, values come first, then patterns, then paths", async () => {
  const spec = `${HEAD}  redactors:
  - name: r
    removals:
      yamlPath: [c]
      regex: [{redactor: '(HID)(?P<drop>DEN)(\\*+)'}, {selector: '^a', redactor: '(b: )(?P<mask>y)'}]
      values: [x1]
`;
  const { text, report } = await redact(spec, "a: x1\nb: y\nc: z\n", "a.yaml");
  ok(!/x1|y|z/.test(text), text);
  deepStrictEqual(report.map(({ rule }) => rule).filter((rule) => !rule.startsWith("r.regex.0")), [
    "r.literal.0",
    "r.multiLine.1",
    "r.yaml.0",
  ]);
});

const refused: [name: string, spec: string, shows: RegExp][] = [
  ["a repetition in a repetition", regex("(a{1000}){1000}"), /invalid repeat count/],
  ["a repetition of a repetition", regex("a{1000}{1000}"), /invalid nested repetition/],
  ["a count that is too large", regex("a{1001}"), /invalid repeat count/],
  ["looking ahead, which RE2 cannot", regex("a(?=b)"), /"a\(\?=b\)" is not valid/],
  ["a reference back, which RE2 cannot", regex("(a)\\1"), /is not valid/],
  ["a selector that cannot be read", regex("a", "("), /is not valid/],
  [
    "a glob that cannot be read",
    `${HEAD}  redactors:\n  - fileSelector: {file: 'a/{b'}\n    removals: {values: [x]}\n`,
    /glob/,
  ],
  ["groups nested a thousand deep", regex("(".repeat(2000) + "a" + ")".repeat(2000)), /nests too deep/],
];
for (const [name, spec, shows] of refused) {
  Deno.test(`Redactor specs are refused with ${name}`, async () => {
    await rejects(load(spec), (error: Error & { hint?: string }) => {
      match(error.message, shows);
      match(error.message, /0\.yaml:\d+:\d+/);
      ok(error.hint);
      return true;
    });
  });
}

// Each would take years in an engine that tries one way after the other.
const catastrophic: [pattern: string, text: string][] = [
  ["(a+)+$", "a"],
  ["(a|a)*b", "a"],
  ["(a|aa)+c", "a"],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", "a"],
  ["(x+x+)+y", "x"],
  ["(.*)*z", "a"],
  ["(?P<mask>a)", "a"],
  ["(?P<mask>(?:a?){20}a{20}b)", "a"],
];
for (const [pattern, unit] of catastrophic) {
  Deno.test(`a line of 1 MB does not hang ${pattern}`, async () => {
    const line = unit.repeat(1 << 20) + "!";
    const { text } = await redact(regex(pattern), `${line}\nend`);
    ok(text.endsWith("\nend"));
  });
}

Deno.test("a pattern that would take minutes for a line leaves its file out, at once", async () => {
  const pattern = "(?P<mask>(?:a?){450}a{450})";
  await rejects(redact(regex(pattern), "a".repeat(4 << 20)), (error: Error & { code?: string }) => {
    equal(error.code, "REDACTION_SLOW_PATTERN");
    ok(error.message.includes(pattern), error.message);
    return true;
  });
  equal((await redact(regex(pattern), "b\nb".repeat(100_000))).text, "b\nb".repeat(100_000));
});
