import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import Ajv from "ajv/dist/2020.js";
import { parseAllDocuments } from "yaml";
import { BUILT_IN_SPEC } from "../../src/spec/built_in_spec.ts";
import { anySpecSchema, specSchema } from "../../src/spec/json_schema.ts";
import { SPEC_KINDS, type SpecKind } from "../../src/spec/troubleshoot_documents.ts";
import { mergeSpecs } from "../../src/spec/merge_specs.ts";
import { troubleshootDocuments } from "../../src/spec/troubleshoot_documents.ts";
import { ROWS } from "../lint/lint_rows.ts";
import { bundle, judged } from "../lint/row.ts";

// deno-lint-ignore no-explicit-any -- CommonJS: the class is the default of the default in some readings
const AjvClass = ((Ajv as any).default ?? Ajv) as typeof Ajv.default;
const checkers = Object.fromEntries(
  SPEC_KINDS.map((kind) => [kind, new AjvClass({ strict: false }).compile(specSchema(kind))]),
);
const checkAny = new AjvClass({ strict: false }).compile(anySpecSchema());

const data = (text: string): Record<string, unknown>[] =>
  [...parseAllDocuments(text, { merge: true })].map((document) => document.toJS());

function problems(document: Record<string, unknown>): unknown[] {
  const check = checkers[document.kind as SpecKind]!;
  check(document);
  return check.errors ?? [];
}

const doc = (kind: string, spec: string) =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: ${kind}\nmetadata: {name: a}\nspec: ${spec}\n`;

const good: [name: string, text: string][] = [
  ["the built-in spec", BUILT_IN_SPEC],
  [
    "the Redactor of the reference",
    doc(
      "Redactor",
      "{uri: 'https://a', redactors: [{name: a, fileSelector: {file: '*', files: [b]}, " +
        "removals: {values: [x], regex: [{selector: a, redactor: '(?P<mask>b)'}], yamlPath: [a.b]}}]}",
    ),
  ],
  [
    "the collectors that the reference names for parity",
    bundle(
      "    - logs: {selector: [app=a]}\n    - secret: {name: a}\n    - configMap: {selector: ['*'], includeAllData: true}\n" +
        "    - clusterResources: {namespaces: [a, b], ignoreRBAC: true}\n" +
        "    - run: {name: a, namespace: b, image: c, serviceAccountName: none, command: [sh], args: [-c, a]}\n" +
        "    - clusterInfo: {exclude: 'true'}\n    - clusterInfo: {exclude: 'true'}\n",
    ),
  ],
  ["a kind with nothing below it", bundle("    - clusterInfo:\n")],
  ["a docString beside the kind", bundle("    - clusterInfo: {}\n      docString: d\n")],
  ["texts that YAML reads as something else", bundle("    - data: {name: 7, data: true}\n")],
  ["exclude as a text", bundle("    - clusterInfo: {exclude: 'true'}\n")],
  ["references to Secrets", bundle("    - postgres: {uri: {valueFrom: {secretKeyRef: {name: a, key: b}}}}\n")],
  ["outcomes", judged("    - clusterVersion: {outcomes: [{fail: {when: '< 1.2.0', message: a}}, {pass: null}]}\n")],
  [
    "host collectors",
    doc("HostCollector", "{collectors: [{cpu: {}}, {run: {collectorName: a, command: b, args: [c]}}]}"),
  ],
  ["host analyzers", doc("Analyzer", "{hostAnalyzers: [{memory: {outcomes: [{pass: {when: '> 1Gi', message: a}}]}}]}")],
  ["host kinds of a HostPreflight", doc("HostPreflight", "{collectors: [{blockDevices: {}}], analyzers: [{cpu: {}}]}")],
  ["a Preflight", doc("Preflight", "{analyzers: [{clusterVersion: {}}], uploadResultsTo: 'https://a'}")],
  ["fields of tools of the user's", bundle("    - clusterInfo: {}\n") + "x-note: a\n"],
];
for (const [name, text] of good) {
  Deno.test(`the schema takes ${name}`, () => {
    for (const document of data(text)) {
      deepStrictEqual(problems(document), []);
      ok(checkAny(document), JSON.stringify(checkAny.errors));
    }
  });
}

const bad: [name: string, text: string][] = [
  ["two kinds in one entry", bundle("    - clusterInfo: {}\n      logs: {selector: [a]}\n")],
  ["an entry without a kind", bundle("    - docString: a\n")],
  ["a misspelt kind", bundle("    - clusterInof: {}\n")],
  ["a host collector among those of the cluster", bundle("    - blockDevices: {}\n")],
  ["a misspelt field", bundle("    - logs: {selectors: [a]}\n")],
  ["a misspelt field deep inside", judged("    - clusterVersion: {outcomes: [{pass: {mesage: a}}]}\n")],
  ["a text in the place of a list", bundle("    - logs: {selector: a}\n")],
  ["a missing field", bundle("    - http: {get: {}}\n")],
  ["an unknown apiVersion", bundle("    - clusterInfo: {}\n").replace("v1beta2", "v2")],
  ["a misspelt list", bundle("    - clusterInfo: {}\n", "colectors")],
  ["a list beside spec", doc("SupportBundle", "{}") + "collectors: []\n"],
  ["an unknown class of personal data", doc("Redactor", "{hide: [shoes]}")],
  ["a redactor with an unknown field", doc("Redactor", "{redactors: [{name: a, removals: {regexp: []}}]}")],
];
for (const [name, text] of bad) {
  Deno.test(`the schema refuses ${name}`, () => {
    for (const document of data(text)) {
      ok(problems(document).length > 0);
      strictEqual(checkAny(document), false);
    }
  });
}

Deno.test("what the schema takes the loader reads, but for conditions, patterns and templates", () => {
  const judgedByLoader = /Cannot read|Cannot use|condition|namespace|regex|template|nothing/i;
  for (const { text } of ROWS) {
    let documents: Record<string, unknown>[];
    try {
      documents = data(text);
    } catch {
      continue;
    }
    if (documents.length !== 1 || !SPEC_KINDS.includes(documents[0]?.kind as SpecKind)) continue;
    if (problems(documents[0]!).length > 0) continue;
    try {
      const sources = troubleshootDocuments(text, "a", []).map((document) => ({
        document,
        origin: "argument" as const,
      }));
      mergeSpecs(sources, [], []);
    } catch (error) {
      ok(judgedByLoader.test((error as Error).message), `${(error as Error).message}\n${text}`);
    }
  }
});
