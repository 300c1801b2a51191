import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, unpackTar } from "modern-tar";
import { parseAllDocuments } from "yaml";
import { createRedactor } from "../../../src/redact/create_redactor.ts";
import { MASK, masksIn } from "../../../src/redact/mask.ts";
import type { RedactorSpec } from "../../../src/redact/redactor.ts";
import { builtInRules } from "../../../src/redact/registry.ts";
import { RevealTokens } from "../../../src/redact/tokens/reveal_tokens.ts";
import { Tokenizer } from "../../../src/redact/tokens/tokenizer.ts";
import { KnownValues } from "../../../src/redact/values/known_values.ts";
import { ManualClock } from "../../manual_clock.ts";
import { bytesOf, redactBytes, redactText } from "../redact_text.ts";
import { VALID } from "./valid_token.ts";

const clock = new ManualClock("2026-03-02T10:00:00.000Z");
const key = new Uint8Array(32).fill(7);

function start(custom: RedactorSpec[] = [], builtIn = false) {
  const mask = new Tokenizer({ key, clock });
  const redactor = createRedactor({ builtIn, custom, mask });
  const values = () => new Map([...mask.secrets()].map(({ token, value }) => [token, fromLatin1(value)]));
  return { mask, redactor, values };
}

const fromLatin1 = (text: string) => new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));

/** The token that a value has anywhere. */
function tokenOf(value: string, rule = "x", before = ""): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(value));
  return new Tokenizer({ key, clock }).start("x").of(bytes, rule, before);
}

function tokensIn(text: string): string[] {
  return masksIn(text).map(({ start, end }) => text.slice(start, end));
}

function reveal(text: string, values: Map<string, string>): string {
  const tokens = new RevealTokens(values);
  return tokens.push(text) + tokens.end();
}

const T = tokenOf;
const removals = (list: RedactorSpec["removals"], name = "mine"): RedactorSpec => ({ name, removals: list });
const regex = (redactor: string, selector?: string) => removals({ regex: [{ redactor, selector }] });

const custom: [name: string, spec: RedactorSpec, path: string, before: string, after: string][] = [
  ["values", removals({ values: ["abc"] }), "a.log", "abc xabc ABC", `${T("abc")} x${T("abc")} ABC`],
  ["values outside of ASCII", removals({ values: ["pässwört"] }), "a.log", "x pässwört", `x ${T("pässwört")}`],
  ["values that are not there", removals({ values: ["nowhere", "abc"] }), "a.log", "abc", T("abc")],
  [
    "values in tokens",
    removals({ values: ["abc", "TOKEN", "GENERIC", "A"] }),
    "a.log",
    "abc A",
    `${T("abc")} ${T("A")}`,
  ],
  ["patterns", regex("(k=)(?P<mask>\\w+)"), "a.log", "k=v k=w k=v", `k=${T("v")} k=${T("w")} k=${T("v")}`],
  ["groups that repeat", regex("(?P<mask>\\d+)(:)(?P<mask>\\d+)"), "a.log", "1:2", `${T("1")}:${T("2")}`],
  ["patterns with blanks and quotes", regex("(k=)(?P<mask>.*)"), "a.log", 'k= "v" \r\n', `k= "${T("v")}" \r\n`],
  ["empty groups", regex("(k=)(?P<mask>\\w*)"), "a.log", "k=", `k=${MASK}`],
  ["pairs of lines", regex("(?P<mask>\\d+)", "^key"), "a.log", "1\nkey 2\n3\n", `1\nkey 2\n${T("3")}\n`],
  ["YAML plain scalars", regex("(k: )(?P<mask>.*)"), "a.yaml", "k: v\n", `k: '${T("v")}'\n`],
  ["YAML flow collections", regex("(k: )(?P<mask>\\w+)"), "a.yaml", "{k: v, l: w}\n", `{k: '${T("v")}', l: w}\n`],
  ["yamlPath in JSON", removals({ yamlPath: ["a.b"] }), "a.json", '{"a":{"b":"x"}}', `{"a":{"b":"${T("x")}"}}`],
  ["yamlPath on numbers", removals({ yamlPath: ["a"] }), "a.json", '{"a":12}', `{"a":"${T("12")}"}`],
  ["yamlPath on objects", removals({ yamlPath: ["a"] }), "a.json", '{"a":{"b":1}}', `{"a":"${T('{"b":1}')}"}`],
  ["yamlPath in YAML", removals({ yamlPath: ["a"] }), "a.yaml", "a: x # why\n", `a: '${T("x")}' # why\n`],
  ["yamlPath on quoted scalars", removals({ yamlPath: ["a"] }), "a.yaml", 'a: "x\\n"\n', `a: "${T("x\\n")}"\n`],
  [
    "yamlPath on quotes in scalars",
    removals({ yamlPath: ["a"] }),
    "a.yaml",
    "a: Bearer 'x'\n",
    `a: 'Bearer ''${T("x")}'''\n`,
  ],
  ["yamlPath on lists", removals({ yamlPath: ["a"] }), "a.yaml", "a:\n- 1\n- 2\n", `a:\n '${T("- 1\n- 2")}'\n`],
];
for (const [name, spec, path, before, after] of custom) {
  Deno.test(`custom redactors with tokens: ${name}`, async () => {
    const { redactor, values } = start([spec]);
    const once = await redactText(redactor, before, path);
    equal(once.text, after);
    const twice = await redactText(redactor, once.text, path);
    equal(twice.text, once.text);
    deepStrictEqual(twice.report, []);
    const tokens = tokensIn(once.text).filter((token) => token !== MASK);
    deepStrictEqual([...values().keys()].sort(), [...new Set(tokens)].sort(), "what is not in the text is not counted");
    // the mask of an empty group is an addition
    if (!once.text.includes(MASK)) equal(unquoted(reveal(once.text, values())), unquoted(before));
  });
}

/** Quotes and a blank are added around scalars, and not taken away when the value is put back. */
function unquoted(text: string): string {
  return text.replaceAll(/['"]/g, "").replaceAll("\n -", "\n-");
}

const untouched: [name: string, spec: RedactorSpec][] = [
  ["a word in front", regex("(?i)(password)(?P<mask>.*)")],
  ["a word in the token", regex("(?i)(.*token[ =:_]*)(?P<mask>\\S+)")],
  ["hexadecimal digits", regex("(?P<mask>[A-F0-9]{6,})")],
  ["a part of the token, without groups", regex("PASS\\w+")],
  ["stars", regex("(?P<mask>\\*+)")],
];
for (const [name, spec] of untouched) {
  Deno.test(`custom redactors leave tokens as they are: ${name}`, async () => {
    const text = `x: ***TOKEN_PASSWORD_0A1B2C3D4E5F***\n${MASK}\n`;
    for (const redactor of [start([spec]).redactor, createRedactor({ builtIn: false, custom: [spec] })]) {
      equal((await redactText(redactor, text)).text, text);
    }
  });
}

Deno.test("a pattern that begins before a token and ends behind it hides the rest", async () => {
  const { redactor, values } = start([regex("(k: )(?P<mask>.*)")]);
  const token = "***TOKEN_PASSWORD_0A1B2C3D4E5F***";
  const { text } = await redactText(redactor, `k: abc ${token} def\n`);
  equal(
    text,
    `k: ${T("abc ", "x")}${token}${T(" def")}\n`.replace(T("abc "), tokensIn(text)[0]!).replace(
      T(" def"),
      tokensIn(text)[2]!,
    ),
  );
  ok(!text.includes("abc") && !text.includes("def"));
  equal(reveal(text, values()), `k: abc ${token} def\n`);
});

Deno.test("built-in rules with tokens: every proof is hidden, revealed to the byte, and stays as it is the second time", async () => {
  const { redactor, values } = start([], true);
  const masking = createRedactor({ builtIn: true, custom: [] });
  for (const rule of builtInRules) {
    for (const path of [rule.proofPath ?? "a/b.log", "a.json", "a.yaml"]) {
      for (const proof of rule.hides) {
        const { text } = await redactText(redactor, proof, path);
        const constant = await redactText(masking, proof, path);
        equal(text.includes("***TOKEN_"), constant.text.includes(MASK), `${rule.id}: ${proof}`);
        ok(tokensIn(text).every((token) => VALID.test(token)), text);
        // The lines of a key in quotes in YAML go without a mask: there is nothing to lead back.
        if (rule.id === "private-key" && path === "a.yaml" && !text.includes("***")) continue;
        const back = reveal(text, values());
        if (path.endsWith(".yaml") || proof.includes("\\n")) equal(unquoted(back), unquoted(proof), rule.id);
        else equal(back, proof, rule.id);
        equal((await redactText(redactor, text, path)).text, text, `${rule.id}: ${proof}`);
        equal((await redactText(masking, text, path)).text, text, rule.id);
      }
    }
  }
});

Deno.test("tokens keep what the constant mask keeps: YAML and JSON can be read", async () => {
  const yaml =
    "a:\n  password: hunter2\n  list: [{name: API_KEY, value: hunter2}]\n  token: &t hunter3\n---\npassword: 'x y'\n";
  const { redactor } = start([], true);
  const { text } = await redactText(redactor, yaml, "a.yaml");
  const documents = parseAllDocuments(text) as { errors: unknown[]; toJS(): Record<string, unknown> }[];
  deepStrictEqual(documents.flatMap(({ errors }) => errors), []);
  const [first] = documents;
  const { a } = first!.toJS() as { a: { password: string; list: { value: string }[] } };
  match(a.password, VALID);
  equal(a.list[0]!.value, a.password);
  const json = JSON.stringify({ spec: JSON.stringify({ password: 'a"b', note: "password: hunter2\nuser: x\n" }) });
  const now = JSON.parse((await redactText(redactor, json, "a.json")).text);
  match(JSON.parse(now.spec).password, VALID);
});

Deno.test("several values on a line, and one in several lines, files and rules, have their tokens", async () => {
  const { redactor, values } = start([], true);
  const text = 'password=hunter2 token=hunter3 dsn=postgres://bob:hunter2@db:5432/x {"apiKey":"hunter2"}\n';
  const [a, b] = await Promise.all(["a.log", "b.log"].map((path) => redactText(redactor, text, path)));
  equal(a!.text, b!.text);
  const byValue = Map.groupBy(values(), ([, value]) => value);
  for (const value of ["hunter2", "hunter3"]) equal(byValue.get(value)?.length, 1);
  equal(a!.text.split(byValue.get("hunter2")![0]![0]).length, 4);
});

Deno.test("files in archives in archives have tokens, counted for the archive", async () => {
  const { redactor, mask } = start([removals({ values: ["hunter2"] })]);
  const tar = async (name: string, body: Uint8Array) =>
    await packTar([{ header: { name, size: body.length, type: "file" }, body }]);
  const inner = gzipSync(await tar("deep/app.log", new TextEncoder().encode("x hunter2\n")));
  const { bytes } = await redactBytes(redactor, "host/all.tar.gz", gzipSync(await tar("logs/more.tgz", inner)));
  const [outer] = await unpackTar(gunzipSync(bytes));
  const [file] = await unpackTar(gunzipSync(outer!.data!));
  equal(new TextDecoder().decode(file!.data), `x ${T("hunter2")}\n`);
  deepStrictEqual([...mask.secrets()].map(({ files }) => [...files]), [[["host/all.tar.gz", 1]]]);
});

Deno.test("a file that cannot be redacted to its end is not counted", async () => {
  const { redactor, mask } = start([], true);
  const chunks = [new TextEncoder().encode("password=hunter2\nuser=x\nuser=y\n")];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks.pop();
      if (chunk === undefined) throw new Error("the connection was lost");
      controller.enqueue(chunk);
    },
  });
  await rejects(bytesOf(redactor.redact("a.log", body, () => {})), /connection was lost/);
  deepStrictEqual([...mask.secrets()], []);
});

const long: [name: string, custom: RedactorSpec, path: string, text: string][] = [
  ["blanks", regex("(k=)(?P<mask>.*)"), "a.log", `k=${" ".repeat(12 << 20)}${MASK}`],
  ["escapes in JSON", removals({ yamlPath: ["a"] }), "a.json", `{"a":"${"\\n".repeat(6 << 20)}"}`],
  ["stars", regex("(k=)(?P<mask>.*)"), "a.log", `k=${"*".repeat(2 << 20)}`],
];
for (const [name, spec, path, text] of long) {
  Deno.test(`a value of megabytes of ${name} is hidden in seconds`, async () => {
    const { redactor } = start([spec]);
    const once = (await redactText(redactor, text, path)).text;
    ok(once.length < 200, once.slice(0, 200));
  });
}

Deno.test("createRedactor() hides known values behind tokens, equal ones behind equal tokens, and leads back", async () => {
  const values = new KnownValues();
  const value = "hunter2-hunter2", long = crypto.getRandomValues(new Uint8Array(3000)).toHex();
  for (const text of [value, long]) values.addText(text, "secret-value");
  const mask = new Tokenizer({ key, clock });
  const redactor = createRedactor({ builtIn: true, custom: [], values, mask });
  const before = `a ${value} b ${value}\n{"password":"${value}","n":"${long}"}\n`;
  const after = (await redactBytes(redactor, "a.json", new TextEncoder().encode(before))).text;
  const [first, ...others] = tokensIn(after);
  equal(others.filter((token) => token === first).length, 2);
  equal(after.includes(value) || after.includes(long.slice(0, 20)), false);
  equal(reveal(after, new Map([...mask.secrets()].map(({ token, value }) => [token, value]))), before);
});
