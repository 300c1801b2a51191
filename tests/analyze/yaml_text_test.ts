import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parseYaml, toYaml, withoutBigInts } from "../../src/analyze/yaml_text.ts";

const texts: [text: string, value: unknown][] = [
  ["", null],
  ["---\n", null],
  ["a: 1\n---\nb: 2\n", { a: 1n }],
  ["a: 1\n---\nb: [", { a: 1n }],
  ["a: 1\na: 2", { a: 2n }],
  ["\uFEFFa: 1.0", { a: 1 }],
  ["a: 1.5\nb: yes\nc: 'x'", { a: 1.5, b: "yes", c: "x" }],
  ["base: &b {x: 1}\na:\n  <<: *b\n  y: 2", { base: { x: 1n }, a: { x: 1n, y: 2n } }],
  ["a: ***HIDDEN***\nb:\n- ***HIDDEN***\nc: [***HIDDEN***, 1]", {
    a: "***HIDDEN***",
    b: ["***HIDDEN***"],
    c: ["***HIDDEN***", 1n],
  }],
  ['a: ***HIDDEN***\nb: "x:***HIDDEN***"', { a: "***HIDDEN***", b: "x:***HIDDEN***" }],
];

for (const [text, value] of texts) {
  Deno.test(`parseYaml(${JSON.stringify(text)})`, () => {
    deepStrictEqual(parseYaml(text, true), value);
    deepStrictEqual(parseYaml(text), withoutBigInts(value));
  });
}

for (const text of ["a: [1", "a: *gone", "a: b: c"]) {
  Deno.test(`parseYaml(${JSON.stringify(text)}) refuses it, and quotes nothing`, () =>
    throws(() => parseYaml(text), { message: /^it(s YAML has aliases that lead nowhere| is not valid YAML)/ }));
}

const values: [value: unknown, yaml: string][] = [
  ["nginx", "nginx\n"],
  [3, "3\n"],
  [undefined, "null\n"],
  ["3", '"3"\n'],
  [{ b: [{ y: 1, x: "2" }], a: null }, 'a: null\nb:\n- x: "2"\n  y: 1\n'],
  ["one\ntwo\n", "|\n  one\n  two\n"],
  [{ a: "one\ntwo\n" }, "a: |\n  one\n  two\n"],
  [`${"word ".repeat(40)}end`, `${"word ".repeat(40)}end\n`],
];

for (const [value, yaml] of values) {
  Deno.test(`toYaml(${JSON.stringify(value)})`, () => strictEqual(toYaml(value), yaml));
}
