import { deepStrictEqual, equal, notEqual, ok } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { compileRule } from "../../src/redact/line_rule.ts";
import { lineStage } from "../../src/redact/line_stage.ts";
import { asStream } from "../../src/redact/stage.ts";
import { MASK } from "../../src/redact/mask.ts";
import { PERSONAL_DATA, personalDataRules } from "../../src/redact/personal_data.ts";
import { builtInRules } from "../../src/redact/registry.ts";
import type { RedactionRule } from "../../src/redact/rule.ts";
import { bytesOf, redactText, streamOf } from "./redact_text.ts";

async function underRule(rule: RedactionRule, text: string): Promise<string> {
  const stage = lineStage([compileRule(rule)]);
  const path = rule.proofPath ?? "proof.log";
  const stream = asStream(stage.start(path, () => {})!);
  const out = await bytesOf(streamOf(new TextEncoder().encode(text)).pipeThrough(stream));
  return new TextDecoder().decode(out);
}

const everyRule = [...builtInRules, ...personalDataRules(PERSONAL_DATA)];

for (const rule of everyRule) {
  Deno.test(`${rule.id} hides what it says`, async () => {
    ok(rule.hides.length > 0 && rule.why !== "");
    for (const text of rule.hides) {
      const now = await underRule(rule, text);
      notEqual(now, text);
      ok(now.includes(MASK), now);
      ok(!now.includes("hunter2"), now);
      equal(await underRule(rule, now), now, "a second pass changes nothing");
    }
  });
  Deno.test(`${rule.id} keeps what it says`, async () => {
    ok(rule.keeps.length > 0);
    for (const text of rule.keeps) equal(await underRule(rule, text), text);
  });
}

Deno.test("built-in rules have ids of their own, and lower-case keywords without line feeds", () => {
  equal(new Set(everyRule.map(({ id }) => id)).size, everyRule.length);
  for (const { keywords } of everyRule) {
    ok(keywords.length > 0);
    for (const keyword of keywords) equal(keyword, keyword.replace(/[A-Z\n]/g, ""));
  }
});

const redactor = createRedactor({ builtIn: true, custom: [] });
const H = MASK;

const together: [name: string, text: string, expected: string, path?: string][] = [
  ["a web address with port and path", "http://user:pass@host:8888/x", `http://${H}:${H}@${H}:8888/${H}`],
  ["a web address without path keeps its host", "http://u2:p2@h2/", `http://${H}:${H}@h2/`],
  ["a database address", "postgres://bob:hunter2@db.local:5432/mydb", `postgres://${H}:${H}@${H}:5432/${H}`],
  ["a MySQL data source", "user:password@tcp(host:3309)/db-name", `${H}:${H}@tcp(${H}:3309)/${H}`],
  ["a connection string", "Server=foo;Password=pp;", `Server=${H};Password=${H};`],
  ["text before a data source stays", "open u:p@tcp(h:1)/d failed", `open ${H}:${H}@tcp(${H}:1)/${H} failed`],
  ["PWD before a distant semicolon stays", '{"a":["PWD=/dir","b"],"c":"x;y"}', '{"a":["PWD=/dir","b"],"c":"x;y"}'],
  ["words that end in a field's name stay", "observer = 1; allocation = 2;", "observer = 1; allocation = 2;"],
  [
    "an address in JSON stops at escapes",
    '{"m":"amqp://u:p@h/v\\nnext \\"quoted\\""}',
    `{"m":"amqp://${H}:${H}@${H}/${H}\\nnext \\"quoted\\""}`,
  ],
  ["a plain YAML value is masked in quotes", "password: hunter2 # old\n", `password: '${H}' # old\n`, "a/b.yaml"],
  [
    "YAML in flow style stays in shape",
    "a: {user: x, password: hunter2}\n",
    `a: {user: x, password: '${H}'}\n`,
    "a/b.yml",
  ],
  ["a YAML anchor stays", "password: &pg hunter2\n", `password: &pg '${H}'\n`, "a/b.yaml"],
  ["a YAML value that only begins with a mask", "dsn: u:p@tcp(h)/d\n", `dsn: '${H}:${H}@tcp(${H})/${H}'\n`, "a/b.yaml"],
  [
    "a YAML block scalar",
    "password: |\n  hunter2\n  line2\nuser: x\n",
    `password: |\n  '${H}'\n  '${H}'\nuser: x\n`,
    "a/b.yaml",
  ],
  [
    "YAML in JSON is masked in quotes too",
    '{"c.yaml":"a: 1\\npassword: hunter2\\nb: 2\\n"}',
    `{"c.yaml":"a: 1\\npassword: '${H}'\\nb: 2\\n"}`,
    "a/b.json",
  ],
  ["logs are not quoted", "x password: hunter2 y\n", `x password: ${H} y\n`],
  ["numbers in JSON stay numbers", '{"token":42,"password":1}', '{"token":42,"password":1}'],
  ["the scheme of an authorization stays", "Authorization: Bearer abcdefgh1jkl", `Authorization: Bearer ${H}`],
];

for (const [name, text, expected, path] of together) {
  Deno.test(`built-in rules: ${name}`, async () => equal((await redactText(redactor, text, path)).text, expected));
}

Deno.test("redact() reports under the documented names, built-in", async () => {
  const { report } = await redactText(redactor, "Server=foo;Pwd=pp;\nServer=bar;\n");
  deepStrictEqual(report, [
    {
      rule: "Redact 'Server' values commonly found in database connection strings",
      count: 2,
      bytesHidden: 6,
      builtIn: true,
    },
    {
      rule: "Redact 'Pwd' values commonly found in database connection strings",
      count: 1,
      bytesHidden: 2,
      builtIn: true,
    },
  ]);
});

Deno.test("redact() never changes harmless Kubernetes text", async () => {
  const text = JSON.stringify(
    {
      kind: "Pod",
      metadata: {
        uid: crypto.randomUUID(),
        resourceVersion: "4711023",
        annotations: { "checksum/secret": "0a".repeat(32), "vault/agent-inject-token": "true" },
      },
      spec: {
        serviceAccountToken: { expirationSeconds: 3607, path: "token" },
        env: [
          { name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db-login", key: "password" } } },
          { name: "GIT_COMMIT", value: "0b".repeat(20) },
        ],
        image: "registry.example.net/shop@sha256:" + "0c".repeat(32),
        imagePullSecrets: [{ name: "regcred" }],
        tls: { secretName: "checkout-tls-2026" },
      },
    },
    null,
    2,
  );
  const { text: now, report } = await redactText(redactor, text, "cluster-resources/pods/shop.json");
  equal(now, text);
  deepStrictEqual(report, []);
});

Deno.test("redact() leaves JSON in JSON in JSON readable", async () => {
  const inner = JSON.stringify({ password: 'a"b\\c\n', keep: 1 });
  const text = JSON.stringify({ a: JSON.stringify({ b: inner, apiKey: "x\\" }), z: [1, "two"] });
  const now = JSON.parse((await redactText(redactor, text, "a.json")).text);
  const middle = JSON.parse(now.a);
  deepStrictEqual({ ...now, a: { ...middle, b: JSON.parse(middle.b) } }, {
    a: { b: { password: MASK, keep: 1 }, apiKey: MASK },
    z: [1, "two"],
  });
});
