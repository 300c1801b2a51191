import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { isSpecTemplate, renderSpec } from "../../src/lint/render_spec.ts";
import { mergeValues, readValues, setValues } from "../../src/lint/template_values.ts";

const sets: [text: string, expected: unknown][] = [
  ["a=b", { a: "b", x: { y: 1 } }],
  ["x.z=2,a=true", { a: true, x: { y: 1, z: 2 } }],
  ["Values.x.y=3", { x: { y: 3 } }],
  ["a[1]=x", { a: [null, "x"], x: { y: 1 } }],
  ["a[0].b=x,a[0].c=y", { a: [{ b: "x", c: "y" }], x: { y: 1 } }],
  ["a={b,1,}", { a: ["b", 1, ""], x: { y: 1 } }],
  ["a={}", { a: [], x: { y: 1 } }],
  ["a=b\\,c", { a: "b,c", x: { y: 1 } }],
  ["a\\.b=c", { "a.b": "c", x: { y: 1 } }],
  ["a=null,b=007,c=-5", { a: null, b: "007", c: -5, x: { y: 1 } }],
  ["a=b=c", { a: "b=c", x: { y: 1 } }],
  ["x=", { x: "" }],
];
for (const [text, expected] of sets) {
  Deno.test(`setValues() reads ${text} as helm --set does`, () =>
    deepStrictEqual(setValues({ x: { y: 1 } }, text), expected));
}

for (const text of ["a", "=b", "a[x]=1", "a[99999999]=1"]) {
  Deno.test(`setValues() refuses ${text}`, () => throws(() => setValues({}, text), /^UsageError: --set/));
}

Deno.test("setValues() does not touch what all objects share", () => {
  const values = setValues({}, "__proto__.polluted=1");
  strictEqual(({} as { polluted?: unknown }).polluted, undefined);
  deepStrictEqual(Object.keys(values), ["__proto__"]);
});

Deno.test("mergeValues() merges mappings in depth, and replaces lists", () =>
  deepStrictEqual(mergeValues({ a: { b: 1, c: [1] } }, { a: { c: [2], d: 3 } }), { a: { b: 1, c: [2], d: 3 } }));

Deno.test("readValues() refuses what is no mapping", () => {
  throws(() => readValues("- a", "v.yaml"), /"v.yaml" is not a mapping/);
  throws(() => readValues("a: [", "v.yaml"), /"v.yaml" is not YAML/);
  deepStrictEqual(readValues("# none", "v.yaml"), {});
});

const renders: [template: string, values: Record<string, unknown>, expected: string][] = [
  ["a: {{ .Values.x }}", { x: 1 }, "a: 1"],
  ["a: {{ .Values.x.y.z }}", {}, "a: "],
  ["a: {{ .Values.x.y }}", { x: 3 }, "a: "],
  ["{{- if .Values.x.enabled }}a{{ else }}b{{ end }}", {}, "b"],
  ["a:{{ .Values.x | toYaml | nindent 2 }}", { x: { b: [1] } }, "a:\n  b:\n    - 1"],
  ["{{ .Release.Name }}/{{ .Release.Namespace }}", {}, "preflight/default"],
  ["{{ range $i, $x := .Values.x }}{{ $i }}{{ $x | quote }} {{ end }}", { x: ["a", "b"] }, '0"a" 1"b" '],
  ['{{ .Values.x | default "d" }}', {}, "d"],
];
for (const [template, values, expected] of renders) {
  Deno.test(`renderSpec() of ${template}`, () => strictEqual(renderSpec(template, values), expected));
}

Deno.test("renderSpec() says what is wrong, and does not repeat the text", () => {
  throws(() => renderSpec('secret {{ required "say x" .Values.x }}', {}), { message: "required: say x" });
  throws(() => renderSpec('secret {{ include "x" . }}', {}), (error: Error) => !error.message.includes("secret"));
});

const kinds: [text: string, template: boolean][] = [
  ["message: '{{ .Name }}'", false],
  ["message: '{{ if .Name }}a{{ end }}'", false],
  ["a: {{ .Values.x }}", true],
  ["a: {{.Values.x}}", true],
  ["a: {{ not .Values.x }}", true],
  ["a: '{{ default \"x\" (.Values.x) }}'", true],
  ["{{- if .x }}\na: b\n{{- end }}", true],
];
for (const [text, template] of kinds) {
  Deno.test(`isSpecTemplate() of ${text}`, () => strictEqual(isSpecTemplate(text), template));
}
