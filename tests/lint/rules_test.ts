import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Document, LineCounter, parseDocument } from "yaml";
import { KNOWN_CLUSTER_ANALYZERS, KNOWN_HOST_ANALYZERS } from "../../src/analyze/registry.ts";
import { FACT_KINDS } from "../../src/lint/analyzer_facts.ts";
import { checkEntry } from "../../src/lint/check_entry.ts";
import { LintDocument } from "../../src/lint/lint_document.ts";
import type { Finding } from "../../src/lint/finding.ts";
import { fixText, lintSources } from "../../src/lint/lint_source.ts";
import { type Code, ruleOf, RULES } from "../../src/lint/rules.ts";
import { ROWS } from "./lint_rows.ts";

const NAME = "My Spec.yaml";
const lint = (text: string, values?: Record<string, unknown>) =>
  lintSources([{ name: NAME, text }], values === undefined ? {} : { values })[0]!.findings;
const only = (code: Code): ReadonlySet<Code> => new Set(CODES.filter((each) => each !== code));
const CODES = Object.keys(RULES) as Code[];
const place = ({ line, column }: Finding) => `${line}:${column}`;

for (const { code, name, text, at, message, fixed, values } of ROWS) {
  Deno.test(`${code} finds ${name}`, () => {
    const found = lint(text, values).filter((finding) => finding.code === code);
    ok(found.length > 0, JSON.stringify(lint(text, values), null, 1));
    strictEqual(place(found[0]!), at);
    match(found[0]!.message, message);
  });

  Deno.test(`${code} ${fixed === undefined ? "leaves alone" : "repairs"} ${name}`, () => {
    const options = values === undefined ? {} : { values };
    const repaired = fixText({ name: NAME, text }, options, only(code));
    strictEqual(repaired.text, fixed ?? text);
    strictEqual(fixText({ name: NAME, text: repaired.text }, options, only(code)).text, repaired.text);
    deepStrictEqual(new Set(repaired.fixed.map((finding) => finding.code)), new Set(fixed === undefined ? [] : [code]));
  });
}

/** The registries have every kind, so that no spec shows this one: it has a test of its own. */
const WITHOUT_ROW: Code[] = ["SB213"];

Deno.test("SB213 finds a kind that is known and that this version does not have", () => {
  const text = "a: [{cpu: {}}]\n";
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines }) as Document.Parsed;
  const findings: Finding[] = [];
  const document = new LintDocument({ text, lines, yaml, data: yaml.toJS(), findings });
  const catalog = { noun: "host collector", field: "hostCollectors", units: [], known: ["cpu"] } as const;
  ok(checkEntry(document, ["a", 0], catalog, "hostCollectors") !== undefined);
  deepStrictEqual(findings.map((each) => [each.code, place(each), each.message]), [
    ["SB213", "1:6", "The host collector cpu is not in this version"],
  ]);
});

Deno.test("every code has a row, and every rule that says it repairs has one that shows it", () => {
  deepStrictEqual([...new Set([...ROWS.map(({ code }) => code), ...WITHOUT_ROW])].sort(), CODES);
  const repaired = new Set(ROWS.filter(({ fixed }) => fixed !== undefined).map(({ code }) => code));
  deepStrictEqual([...repaired].sort(), CODES.filter((code) => ruleOf(code).fixable));
});

Deno.test("docs/lint.md lists every code with its level and whether --fix repairs it", async () => {
  const doc = await Deno.readTextFile(fileURLToPath(new URL("../../docs/lint.md", import.meta.url)));
  const listed = [...doc.matchAll(/^\| `(SB\d+)` \| (\w+) \| (.*?) \| (yes)? ?\|/gm)].map((
    [, code, level, title, fix],
  ) => [code, level, title, fix === "yes"]);
  deepStrictEqual(
    listed,
    CODES.map((code) => [code, ruleOf(code).level, ruleOf(code).title, ruleOf(code).fixable === true]),
  );
});

Deno.test("facts are kept of every kind of analyzer that specs may name", () => {
  deepStrictEqual(FACT_KINDS.analyzers, KNOWN_CLUSTER_ANALYZERS);
  deepStrictEqual(FACT_KINDS.hostAnalyzers, KNOWN_HOST_ANALYZERS);
});
