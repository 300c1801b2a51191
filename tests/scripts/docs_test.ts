import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { COLLECTORS_DOC, describeField, fieldsOf, renderCollectorsDoc } from "../../scripts/docs.ts";
import { INSIGHT_DOC, renderInsightDoc } from "../../scripts/insight_doc.ts";
import { insights } from "../../src/insight/registry.ts";
import { clusterCollectors, hostCollectors, KNOWN_CLUSTER_KINDS } from "../../src/collect/registry.ts";
import { textField, textMapField } from "../../src/collect/text_field.ts";
import { flagField } from "../../src/core/flag_field.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const shapes: [name: string, schema: z.ZodType, expected: (string | undefined)[][]][] = [
  ["text that may be left out", textField().optional().describe("a"), [["f", "text", undefined, "false", "a"]]],
  ["text that may not", textField().describe("a"), [["f", "text", undefined, "true", "a"]]],
  ["text with a default", textField().default("x").describe("a"), [["f", "text", "x", "false", "a"]]],
  ["an empty default, which says nothing", textField().default("").describe("a"), [[
    "f",
    "text",
    undefined,
    "false",
    "a",
  ]]],
  ["a switch", flagField().describe("a"), [["f", "boolean", "false", "false", "a"]]],
  ["numbers", z.coerce.number().int().default(5).describe("a"), [["f", "number", "5", "false", "a"]]],
  ["choices", z.enum(["x", "y"]).describe("a"), [["f", "`x` or `y`", undefined, "true", "a"]]],
  ["lists", z.array(textField()).default([]).describe("a"), [["f", "list of text", undefined, "false", "a"]]],
  ["maps", textMapField().optional().describe("a"), [["f", "map of text", undefined, "false", "a"]]],
  ["objects and what is in them", z.object({ x: textField().describe("b") }).optional().describe("a"), [
    ["f", "object", undefined, "false", "a"],
    ["f.x", "text", undefined, "true", "b"],
  ]],
  ["lists of objects", z.array(z.object({ x: flagField().describe("b") })).describe("a"), [
    ["f", "list of object", undefined, "true", "a"],
    ["f[].x", "boolean", "false", "false", "b"],
  ]],
  ["descriptions below what wraps them", textField().describe("a").optional(), [[
    "f",
    "text",
    undefined,
    "false",
    "a",
  ]]],
];
for (const [name, schema, expected] of shapes) {
  Deno.test(`describeField() tells ${name}`, () =>
    deepStrictEqual(
      describeField("f", schema).map((field) => [
        field.name,
        field.type,
        field.default,
        String(field.required),
        field.description,
      ]),
      expected,
    ));
}

Deno.test("docs/collectors.md is what `deno task docs` writes", async () => {
  strictEqual(await Deno.readTextFile(COLLECTORS_DOC), renderCollectorsDoc(), "run `deno task docs`");
});

Deno.test("docs/insight.md is what `deno task docs` writes", async () => {
  strictEqual(await Deno.readTextFile(INSIGHT_DOC), renderInsightDoc(), "run `deno task docs`");
});

for (const { id, title, when, says, nextStep } of insights) {
  Deno.test(`insight ${id} says in sentences when it speaks, what it says, and what to do`, () => {
    for (const sentence of [title, when, says, nextStep]) match(sentence, /^[A-Z].{10,}[^.]$/s);
  });
}

Deno.test("renderCollectorsDoc() names every kind that specs may name", () => {
  const text = renderCollectorsDoc();
  for (const kind of KNOWN_CLUSTER_KINDS) match(text, new RegExp(`^\\| \\[?\`${kind}\``, "m"));
});

for (const unit of [...clusterCollectors, ...hostCollectors]) {
  Deno.test(`${unit.where} kind ${unit.kind} says in one sentence what it gathers, and what each field means`, () => {
    match(unit.summary, /^[A-Z].*[^.]$/);
    deepStrictEqual(fieldsOf(unit).filter(({ description }) => !/^[A-Za-z"`].*[^.]$/.test(description)), []);
    for (const { type } of fieldsOf(unit)) ok(!/undefined|transform|pipe/.test(type), type);
  });
}

/** Kinds that ask no cluster: nothing that an API server says makes a difference to them. */
const WITHOUT_CLUSTER = ["data", "http", "postgres", "mssql", "mysql", "redis", "clickhouse", "s3Status"];

interface TestFile {
  path: string;
  /** With that of the helpers it imports. */
  text: string;
  /** Kinds' files that it imports, by their path below `src/collect/kinds/`. */
  imports: string[];
}

const tests = await testFiles(join(ROOT, "tests"));

for (const kind of KNOWN_CLUSTER_KINDS) {
  const file = fileOf(kind);
  Deno.test(`cluster kind ${kind} is in the registry and has a unit test of its own`, () => {
    ok(clusterCollectors.some((unit) => unit.kind === kind), "it is not in the registry");
    ok(tests.some((test) => importsKind(test, file)), `no test imports kinds/${file}`);
  });
  if (WITHOUT_CLUSTER.includes(kind)) continue;
  Deno.test(`cluster kind ${kind} has a test with a real API server`, () =>
    ok(
      tests.some((test) =>
        /TEST_KUBECONFIG/.test(test.text) &&
        (importsKind(test, file) || new RegExp(`\\b${kind}: ?[{[]|\\b${kind}:$`, "m").test(test.text))
      ),
      `no test that reads TEST_KUBECONFIG imports kinds/${file} or has a spec with "${kind}:"`,
    ));
}

/** `clusterResources` → `cluster/cluster_resources`, the file or folder that is named for the kind. */
function fileOf(kind: string): string {
  return `cluster/${kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

function importsKind({ imports }: TestFile, file: string): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return imports.some((path) => path === `${file}.ts` || path.startsWith(`${file}/`) || path.endsWith(`/${name}.ts`));
}

async function testFiles(folder: string): Promise<TestFile[]> {
  const found: TestFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await testFiles(path));
    else if (name.endsWith("_test.ts") && path !== fileURLToPath(import.meta.url)) {
      const text = await withHelpers(path, new Set());
      const imports = [...text.matchAll(/from "[./]*\/src\/collect\/kinds\/([^"]+)"/g)].map(([, kind]) => kind!);
      found.push({ path: relative(ROOT, path), text, imports });
    }
  }
  return found;
}

/** The text of a test with that of what it imports from `tests/`. */
async function withHelpers(path: string, seen: Set<string>): Promise<string> {
  if (seen.has(path)) return "";
  seen.add(path);
  const text = await Deno.readTextFile(path).catch(() => "");
  const helpers = [...text.matchAll(/from "(\.[^"]+\.ts)"/g)].map(([, specifier]) => join(path, "..", specifier!))
    .filter((helper) => helper.startsWith(join(ROOT, "tests")));
  return text + (await Promise.all(helpers.map((helper) => withHelpers(helper, seen)))).join("");
}
