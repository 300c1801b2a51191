import { deepStrictEqual, equal } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { MASK } from "../../src/redact/mask.ts";
import { asStream } from "../../src/redact/stage.ts";
import { secretDataStage } from "../../src/redact/secret_data_stage.ts";
import { bytesOf, redactText, streamOf } from "./redact_text.ts";

const H = MASK, VALUE = btoa("hunter2"), OTHER = btoa("hunter2 too");
const CERTIFICATE = btoa("-----BEGIN CERTIFICATE-----\nMIID\n");

const behaviour: [name: string, path: string, text: string, expected: string][] = [
  [
    "YAML, as kubectl prints it",
    "a.yaml",
    `apiVersion: v1\ndata:\n  a: ${VALUE}\n  b: ${OTHER}\nkind: Secret\nmetadata:\n  name: x\n`,
    `apiVersion: v1\ndata:\n  a: '${H}'\n  b: '${H}'\nkind: Secret\nmetadata:\n  name: x\n`,
  ],
  [
    "a list in YAML, in which only one item is a Secret",
    "a.yaml",
    `items:\n- apiVersion: v1\n  data:\n    a: ${VALUE}\n  kind: ConfigMap\n- apiVersion: v1\n  data:\n    a: ${VALUE}\n  kind: Secret\nkind: List\n`,
    `items:\n- apiVersion: v1\n  data:\n    a: ${VALUE}\n  kind: ConfigMap\n- apiVersion: v1\n  data:\n    a: '${H}'\n  kind: Secret\nkind: List\n`,
  ],
  [
    "JSON with indents",
    "a.json",
    `{\n  "data": {\n    "a": "${VALUE}"\n  },\n  "kind": "Secret",\n  "z": 1\n}`,
    `{\n  "data": {\n    "a": "${H}"\n  },\n  "kind": "Secret",\n  "z": 1\n}`,
  ],
  [
    "another kind stays",
    "a.yaml",
    `apiVersion: v1\ndata:\n  a: ${VALUE}\nkind: ConfigMap\n`,
    `apiVersion: v1\ndata:\n  a: ${VALUE}\nkind: ConfigMap\n`,
  ],
  [
    "certificates and numbers of lines stay",
    "a.yaml",
    `data:\n  tls.crt: ${CERTIFICATE}\n  note: |\n    ${VALUE}\n\nkind: Secret\n`,
    `data:\n  tls.crt: ${CERTIFICATE}\n  note: |\n    '${H}'\n\nkind: Secret\n`,
  ],
  ["data without an end", "a.txt", `data:\n  a: ${VALUE}`, `data:\n  a: ${VALUE}`],
  [
    "the kind of another document",
    "a.yaml",
    `data:\n  a: ${VALUE}\n---\nkind: Secret\n`,
    `data:\n  a: ${VALUE}\n---\nkind: Secret\n`,
  ],
  [
    "an object in it with a kind",
    "a.yaml",
    `data:\n  kind: Secret\n  a: b\nx: 1\n`,
    `data:\n  kind: Secret\n  a: b\nx: 1\n`,
  ],
  [
    "line ends of Windows",
    "a.yaml",
    `data:\r\n  a: ${VALUE}\r\nkind: Secret\r\n`,
    `data:\r\n  a: '${H}'\r\nkind: Secret\r\n`,
  ],
];

for (const [name, path, text, expected] of behaviour) {
  for (const size of [1, 7, 10_000]) {
    Deno.test(`secretDataStage() looks ahead in chunks of ${size}: ${name}`, async () => {
      const step = secretDataStage("secret-manifest").start(path, () => {})!;
      const out = await bytesOf(streamOf(new TextEncoder().encode(text), [size]).pipeThrough(asStream(step)));
      equal(new TextDecoder().decode(out), expected);
    });
  }
}

Deno.test("secretDataStage() has nothing to do with logs", () => {
  equal(secretDataStage("x").start("a/b.log", () => {}), undefined);
  equal(secretDataStage("x").start("a/b.log.1", () => {}), undefined);
});

Deno.test("secretDataStage() lets go of what is too long to be a ConfigMap or Secret, byte for byte", async () => {
  const text = "data:\n" + `  a: ${"x".repeat(90)}\n`.repeat(60_000) + "kind: Secret\n";
  const step = secretDataStage("x").start("a.yaml", () => {})!;
  const out = await bytesOf(streamOf(new TextEncoder().encode(text), [65_536]).pipeThrough(asStream(step)));
  equal(out.length, text.length);
});

Deno.test("redact() reports values of Secrets under one name, whichever comes first", async () => {
  const text = `data:\n  a: ${VALUE}\nkind: Secret\nstringData:\n  b: hunter2\n`;
  const { report } = await redactText(createRedactor({ builtIn: true, custom: [] }), text, "a.yaml");
  deepStrictEqual(report, [{ rule: "secret-manifest", count: 2, bytesHidden: VALUE.length + 7, builtIn: true }]);
});
