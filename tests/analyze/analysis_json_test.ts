import { strictEqual } from "node:assert/strict";
import { toAnalysisJson } from "../../src/analyze/analysis_json.ts";
import type { Finding } from "../../src/analyze/analyzer.ts";

const finding = (outcome: Finding["outcome"], more: Partial<Finding> = {}): Finding => ({
  title: "Node Resources",
  kind: "nodeResources",
  where: "cluster",
  strict: false,
  icon: { key: "k", uri: "u" },
  outcome,
  ...more,
});
const entry = (severity: string, detail: string, more = "") => {
  const inInsight = severity === "" ? "" : `,"severity":"${severity}"`;
  return `{"name":"node.resources","labels":{"desiredPosition":"1","iconKey":"k","iconUri":"u"},` +
    `"insight":{"name":"node.resources","labels":{"iconKey":"k","iconUri":"u"},` +
    `"primary":"Node Resources","detail":"${detail}"${inInsight}},"severity":"${severity}","analyzerSpec":""${more}}`;
};

// Texts, because the order of keys is part of the shape.
const behaviour: [name: string, finding: Finding, expected: string | undefined][] = [
  ["calls a failure an error, twice", finding({ status: "fail", message: "m" }), entry("error", "m", ',"error":"m"')],
  ["calls a warning warn", finding({ status: "warn", message: "m" }), entry("warn", "m")],
  ["calls a pass debug", finding({ status: "pass", message: "m" }), entry("debug", "m")],
  [
    "calls what could not be evaluated a warning",
    finding({ status: "error", message: "m" }),
    entry("warn", "could not be evaluated: m"),
  ],
  [
    "calls it an error when the analyzer is strict",
    finding({ status: "error", message: "m" }, { strict: true }),
    entry("error", "could not be evaluated: m", ',"error":"could not be evaluated: m"'),
  ],
  [
    "calls a missing file a warning",
    finding({ status: "skipped", reason: "file-missing", message: "m" }),
    entry("warn", "m"),
  ],
  [
    "has no severity when no outcome matched",
    finding({ status: "skipped", reason: "no-outcome-matched", message: "m" }),
    entry("", "m"),
  ],
  ["leaves out what the spec excludes", finding({ status: "skipped", reason: "excluded", message: "m" }), undefined],
  [
    "has the object that a result is about",
    finding({ status: "pass", message: "m" }, {
      involvedObject: { kind: "Pod", namespace: "", name: "web", apiVersion: "v1" },
    }),
    entry("debug", "m", ',"involvedObject":{"kind":"Pod","name":"web","apiVersion":"v1"}'),
  ],
  [
    "does without icon, title and place",
    finding({ status: "pass", message: "" }, { title: "", icon: undefined, uri: "https://x.example", evidence: [] }),
    `{"labels":{"desiredPosition":"1","iconKey":"","iconUri":""},"insight":{"labels":{"iconKey":"","iconUri":""},` +
    `"primary":"","detail":"","severity":"debug"},"severity":"debug","analyzerSpec":""}`,
  ],
];

for (const [name, finding, expected] of behaviour) {
  Deno.test(`toAnalysisJson() ${name}`, () =>
    strictEqual(JSON.stringify(toAnalysisJson([finding])), expected === undefined ? "[]" : `[${expected}]`));
}

const names: [title: string, name: string][] = [
  ["Pod shop/web-1 status", "pod.shop.web.1.status"],
  ["  Größe (GB)!", ".gr.e.gb."],
  ["CPU", "cpu"],
];

for (const [title, name] of names) {
  Deno.test(`toAnalysisJson() makes a name of "${title}"`, () => {
    const [entry] = toAnalysisJson([finding({ status: "pass", message: "" }, { title })]) as { name: string }[];
    strictEqual(entry!.name, name);
  });
}
