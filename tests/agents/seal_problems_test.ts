import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Problem, problemsOf } from "../../src/agents/problem.ts";
import { sealProblems } from "../../src/agents/seal_problems.ts";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { finding } from "./findings.ts";

const secret = crypto.randomUUID();
const shapes: [name: string, finding: Parameters<typeof finding>][] = [
  ["a URL in a message", ["Database", `cannot connect to postgres://app:${secret}@db.shop:5432/app`]],
  ["a variable in a message", ["Env", `found in the log:\nDB_PASSWORD=${secret}\nand more`]],
  ["a header in a title", [`Authorization: Bearer ${secret}`, "found"]],
  ["a name of an object", ["Object", "bad", "fail", {
    involvedObject: { kind: "Pod", name: `password=${secret}`, apiVersion: "v1" },
  }]],
];
for (const [name, parts] of shapes) {
  Deno.test(`sealProblems() hides the secret in ${name}`, () => {
    const sealed = JSON.stringify(sealProblems(problemsOf([finding(...parts)]), 10));
    ok(!sealed.includes(secret), sealed);
    ok(sealed.includes("***HIDDEN***"), sealed);
  });
}

Deno.test("sealProblems() hides a secret that a cut would leave without its name", () => {
  const message = `${"x ".repeat(485)}password=${secret}`;
  const sealed = JSON.stringify(sealProblems(problemsOf([finding("t", message)]), 10));
  ok(!sealed.includes(secret.slice(0, 8)), sealed);
});

Deno.test("sealProblems() uses the rules of the run", () => {
  const redactor = createRedactor({ builtIn: false, custom: [{ removals: { values: ["blue-moon"] } }] });
  strictEqual(sealProblems(problemsOf([finding("t", "a blue-moon b")]), 10, redactor)[0]!.message, "a ***HIDDEN*** b");
});

Deno.test("sealProblems() keeps to itself what the analyzer says that it means", () => {
  const [sealed] = sealProblems(problemsOf([finding("t", "m", "fail", { explanation: "e", nextStep: "n" })]), 10);
  deepStrictEqual(Object.keys(sealed!).sort(), ["index", "kind", "message", "status", "title", "where"]);
});

Deno.test("sealProblems() leaves out what cannot be redacted", () => {
  const broken = {
    redact: () => new ReadableStream<Uint8Array>(),
    redactBytes(_path: string, bytes: Uint8Array) {
      if (new TextDecoder().decode(bytes).includes("odd")) throw new Error("slow pattern");
      return { bytes, redactions: [] };
    },
  };
  const sealed = sealProblems(problemsOf([finding("a", "odd"), finding("b", "good")]), 10, broken);
  deepStrictEqual(sealed.map(({ title }) => title), ["b"]);
});

Deno.test("sealProblems() takes the most urgent, in bounds", () => {
  const mixed = problemsOf([
    finding("warn", "", "warn"),
    finding("pass", "", "pass"),
    finding("missing", "", "file-missing"),
    finding("fail 1", ""),
    finding("excluded", "", "excluded"),
    finding("error", "", "error"),
    finding("fail 2", ""),
  ]);
  deepStrictEqual(sealProblems(mixed, 4).map(({ title, index }) => [title, index]), [
    ["fail 1", 3],
    ["fail 2", 6],
    ["error", 5],
    ["warn", 0],
  ]);
});

Deno.test("sealProblems() bounds each text, and all of them", () => {
  const many = Array.from({ length: 200 }, (_, i): Problem => ({
    index: i,
    kind: "textAnalyze",
    where: "cluster",
    status: "fail",
    title: "t".repeat(5000),
    message: "日".repeat(5000),
  }));
  const sealed = sealProblems(many, 200);
  deepStrictEqual([sealed[0]!.title.length, sealed[0]!.message.length], [200, 1000]);
  const bytes = new TextEncoder().encode(JSON.stringify(sealed)).length;
  ok(bytes > 50_000 && bytes < 66_000, `${sealed.length} problems, ${bytes} bytes`);
});
