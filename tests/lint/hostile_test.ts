import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fixText, lintSources } from "../../src/lint/lint_source.ts";
import { BUILT_IN_SPEC } from "../../src/spec/built_in_spec.ts";
import { parseDocuments } from "../../src/spec/spec_document.ts";
import { seeded } from "../seeded.ts";
import { ROWS } from "./lint_rows.ts";
import { bundle, judged } from "./row.ts";

const codes = (text: string, values?: Record<string, unknown>) =>
  lintSources([{ name: "a.yaml", text }], values && { values })[0]!.findings.map(({ code }) => code);

const head = (spec: string) =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: a}\nspec: ${spec}\n`;
const odd = [
  "",
  "\uFEFF",
  "---\n---\n...\n",
  "3",
  "null",
  "[]",
  "? [a]\n: b\n",
  "apiVersion: [1]\nkind: {}\n",
  "apiVersion: troubleshoot.sh/v1beta2\nkind: [SupportBundle]\nmetadata: 3\nspec: {}\n",
  "apiVersion: v1\nkind: List\nitems: [null, 3, {}, {apiVersion: troubleshoot.sh/v1beta2, kind: Analyzer}]\n",
  "apiVersion: v1\nkind: Secret\ndata: {support-bundle-spec: '%%'}\nstringData: 3\n",
  head("3"),
  head("[a]"),
  head("{collectors: {}, hostCollectors: '', analyzers: 3, hostAnalyzers: null}"),
  head("{collectors: [null, 3, x, [], {}, {logs: null}, {logs: []}, {logs: {selector: null}}, {__proto__: {}}]}"),
  head(
    "{analyzers: [{constructor: {}}, {textAnalyze: {outcomes: [null, 3, {}, {fail: 3}, {fail: null}, {pass: {when: []}}]}}]}",
  ),
  head(
    "{collectors: [{secret: {name: {}, namespaces: 3}}, {certificates: {secrets: [null, 3]}}], analyzers: [{secret: {}}]}",
  ),
  "x: &x [1]\na: [*x, *x]\napiVersion: *x\n",
  "a: &a [b, b]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n" +
  "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n",
  "a: *gone\n",
  "apiVersion: troubleshoot.sh/v1beta3\nkind: Preflight\nspec: {{ range .Values.a }}{{ . }}{{ end }}\n",
  "{{ .Values.x.y.z }}",
];
for (const text of odd) {
  Deno.test(`lint says something of ${JSON.stringify(text).slice(0, 70)}, and --fix can be asked for`, () => {
    ok(codes(text, {}).length > 0);
    fixText({ name: "a.yaml", text }, { values: {} });
  });
}

Deno.test("lint and --fix end for texts that were cut and mixed up, and what is repaired can still be read", () => {
  const below = seeded(7);
  const texts = ROWS.map(({ text }) => text);
  const readable = (text: string) => {
    try {
      parseDocuments(text, "a");
      return true;
    } catch {
      return false;
    }
  };
  for (let round = 0; round < 400; round++) {
    const [a, b] = [texts[below(texts.length)]!, texts[below(texts.length)]!];
    const cut = below(a.length);
    const text = a.slice(0, cut) + b.slice(below(b.length));
    codes(text, {});
    const fixed = fixText({ name: "a.yaml", text }, { values: {} }).text;
    if (readable(text)) ok(readable(fixed), JSON.stringify({ text, fixed }));
    strictEqual(fixText({ name: "a.yaml", text: fixed }, { values: {} }).text, fixed, JSON.stringify({ text, fixed }));
  }
});

const scenes: [name: string, text: string, absent: string[]][] = [
  [
    "legitimate templates of messages in v1beta2 are no errors",
    judged(
      "    - clusterPodStatuses: {docString: d, outcomes: [{fail: {when: '!= Healthy', message: '{{ .Name }}'}}]}\n",
    ),
    ["SB601", "SB602", "SB603"],
  ],
  ["host collectors are those of the host", bundle("    - cpu: {}\n    - blockDevices: {}\n", "hostCollectors"), [
    "SB206",
  ]],
  [
    "analyzers that other linters do not know are known",
    judged("    - ingressClass: {ingressClassName: a, outcomes: [{pass: {message: a}}]}\n"),
    ["SB206", "SB208"],
  ],
  ["JSON in a text is no template", bundle(`    - data: {name: a, data: '{"a":{"b":{}}}'}\n`), ["SB601"]],
  [
    "verdicts by presence have no order",
    judged(
      "    - secret: {namespace: n, secretName: a, outcomes: [{pass: {message: a}}, {fail: {message: b}}]}\n",
      "secret: {namespace: n, name: a}",
    ),
    ["SB302", "SB305"],
  ],
  ["placeholders are no secrets", bundle("    - postgres: {uri: 'postgres://app:$(PASSWORD)@db/x'}\n"), ["SB501"]],
  [
    "logs in a folder of a path are found",
    judged(
      "    - textAnalyze: {fileName: app/web/*.log, regex: a, outcomes: [{pass: {message: a}}]}\n",
      "logs: {name: app/web, selector: [a=b]}",
    ),
    ["SB305"],
  ],
];
for (const [name, text, absent] of scenes) {
  Deno.test(`lint: ${name}`, () => ok(!codes(text).some((code) => absent.includes(code)), codes(text).join()));
}

Deno.test("lint looks at all specs of a command line together", () => {
  const analyzer = judged("    - mysql: {outcomes: [{pass: {message: a}}]}\n");
  const collector = bundle("    - mysql: {uri: a}\n");
  const found = (...texts: string[]) =>
    lintSources(texts.map((text, i) => ({ name: `${i}.yaml`, text }))).flatMap(({ findings }) => findings)
      .filter(({ code }) => code === "SB305").length;
  strictEqual(found(analyzer), 1);
  strictEqual(found(analyzer, collector), 0);
});

Deno.test("lint shows what is in a ConfigMap in the lines of the file", () => {
  const inner = bundle("    - clusterInof: {}\n").split("\n").map((line) => line && `    ${line}`).join("\n");
  const text = `apiVersion: v1\nkind: ConfigMap\ndata:\n  support-bundle-spec: |\n${inner}`;
  const [finding] = lintSources([{ name: "a", text }])[0]!.findings.filter(({ code }) => code === "SB206");
  strictEqual(`${finding?.line}:${finding?.column}`, "11:11");
});

Deno.test("lint has nothing to say of the built-in spec but that docStrings are missing", () =>
  deepStrictEqual(codes(BUILT_IN_SPEC).filter((code) => code !== "SB402"), []));

Deno.test("lint never repeats a secret", () => {
  const text = bundle("    - postgres: {uri: 'postgres://app:s3cr3tpw@db/x', uri: 1}\n") +
    bundle("    - http: {get: {url: 'http://a:s3cr3tpw@b', headers: {Authorization: s3cr3tpw}}}\n");
  ok(!JSON.stringify(lintSources([{ name: "a", text }])).includes("s3cr3tpw"));
});

for (
  const [name, part] of [["{{", "{{"], ["{{ and blanks", "{{ "], ["}}", "}}"], ["dots", "a.a"], ["://", "a://:"], [
    "blanks",
    " ",
  ]]
) {
  Deno.test(`lint ends for a large text full of ${name}: no pattern goes back and forth in it`, () => {
    codes(bundle(`    - data: {name: a, data: '${part!.repeat(300_000)}'}\n`));
  });
}
