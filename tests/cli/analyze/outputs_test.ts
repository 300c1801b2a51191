import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import type { Finding } from "../../../src/analyze/analyzer.ts";
import type { Analysis } from "../../../src/cli/analyze/analysis.ts";
import { renderHuman } from "../../../src/cli/analyze/human_output.ts";
import { renderJunit } from "../../../src/cli/analyze/junit_output.ts";
import { toSarif } from "../../../src/cli/analyze/sarif_output.ts";
import { countFindings } from "../../../src/cli/analyze/verdict.ts";
import { textWidth } from "../../../src/cli/render/table.ts";
import { sarifSchema } from "./sarif_schema.ts";
import { readXml, type XmlElement } from "./read_xml.ts";

const plain = (text: string) => text;
const COLORS = { red: plain, yellow: plain, green: plain, dim: plain, bold: plain };

function finding(status: "pass" | "warn" | "fail" | "error", message: string, more: Partial<Finding> = {}): Finding {
  return { title: "Title", kind: "kind", where: "cluster", strict: false, outcome: { status, message }, ...more };
}
const missing = finding("pass", "", {
  title: "Missing",
  outcome: { status: "skipped", reason: "file-missing", message: "The bundle does not have a.json" },
});
const unmatched = finding("pass", "", {
  title: "Unmatched",
  outcome: { status: "skipped", reason: "no-outcome-matched", message: "No outcome matched" },
});
const pull = (name: string) =>
  finding("fail", "The image app:1 cannot be pulled", {
    title: "Images",
    cause: "image-pull/app:1",
    explanation: "The registry does not know it.",
    nextStep: "docker pull app:1",
    affected: [{ kind: "Pod", namespace: "shop", name }],
    evidence: [{ path: `cluster-resources/pods/${name}.json`, line: 7 }],
  });

const analysis = (...findings: Finding[]): Analysis => ({
  source: "in.tar.gz",
  root: "support-bundle-1",
  files: 1200,
  analyzers: findings.length,
  silent: [],
  counts: countFindings(findings),
  findings,
});

Deno.test("renderHuman() groups by severity, and says each cause once", () => {
  equal(
    renderHuman(
      analysis(
        finding("pass", "fine"),
        finding(
          "warn",
          "Title is not what it should be, and here is a message that needs more than one line of eighty",
          {
            uri: "https://example.com/docs",
          },
        ),
        pull("web-1"),
        missing,
        pull("web-2"),
        unmatched,
        finding("error", "it broke", { title: "Broken" }),
        finding("error", "it broke", { title: "Strict", strict: true }),
        pull("web-3"),
        pull("web-4"),
      ),
      COLORS,
    ),
    `in.tar.gz: 1,200 files, 10 analyzers

Failures
  ✗ Images (4 times)
    The image app:1 cannot be pulled
    Affects Pod shop/web-1, Pod shop/web-2, Pod shop/web-3, Pod shop/web-4
    The registry does not know it.
    Next: docker pull app:1
    cluster-resources/pods/web-1.json:7
    cluster-resources/pods/web-2.json:7
    cluster-resources/pods/web-3.json:7
    and 1 more place
  ✗ Strict
    could not be evaluated: it broke

Warnings
  ! Title is not what it should be, and here is a message that needs more than
    one line of eighty
    See https://example.com/docs

Could not be evaluated
  ? Missing
    The bundle does not have a.json
  ? Broken
    it broke

Passed
  ✓ Title: fine

Without a verdict
  - Unmatched: No outcome matched

5 failures, 3 warnings, 1 passed, 1 without a verdict (3 could not be evaluated)
`,
  );
});

const HOSTILE = "]]>\"'<&>\x00\x1b[31m\ud800\uffff\t宽\u202e " + "x".repeat(5_000) + "\nsecond";

Deno.test("renderHuman() keeps to 80 columns and steers no terminal, whatever is in a finding", () => {
  const text = renderHuman(
    analysis(finding("fail", "many short words ".repeat(500), { title: "\x1b[2Jtitle\nof lines" })),
    COLORS,
  );
  for (const line of text.split("\n")) ok(textWidth(line) <= 80, line);
  const hostile = renderHuman(
    analysis(finding("warn", HOSTILE, { title: HOSTILE, evidence: [{ path: HOSTILE }] })),
    COLORS,
  );
  // deno-lint-ignore no-control-regex
  match(hostile, /^[^\x00-\x09\x0b-\x1f\x7f]*$/);
});

const EVERYTHING = [
  finding("pass", "fine"),
  finding("warn", "hm", { uri: "https://example.com" }),
  pull("web-1"),
  missing,
  unmatched,
  finding("error", "it broke", { strict: true, where: "host" }),
  finding("fail", HOSTILE, { title: HOSTILE, evidence: [{ path: HOSTILE, line: 3 }], involvedObject: POD() }),
  finding("fail", "", { title: "", evidence: [] }),
];
function POD() {
  return { kind: "Pod", namespace: "shop", name: "web", apiVersion: "v1" };
}

const cases: [finding: Finding, child: string, attributes: Record<string, string>][] = [
  [EVERYTHING[0]!, "", {}],
  [EVERYTHING[1]!, "failure", { type: "warn", message: "hm" }],
  [EVERYTHING[2]!, "failure", { type: "fail", message: "The image app:1 cannot be pulled" }],
  [missing, "error", { type: "file-missing", message: "The bundle does not have a.json" }],
  [unmatched, "skipped", { message: "No outcome matched" }],
  [EVERYTHING[5]!, "error", { type: "error", message: "could not be evaluated: it broke" }],
];
for (const [finding, child, attributes] of cases) {
  const { status } = finding.outcome;
  Deno.test(`renderJunit() makes ${child || "nothing"} of ${status} ${attributes.type ?? ""}`, () => {
    const [suite] = readXml(renderJunit(analysis(finding))).children;
    const [testcase] = suite!.children;
    equal(testcase!.attributes.classname, `${finding.where}.${finding.kind}`);
    deepStrictEqual(testcase!.children.map(({ name }) => name), child === "" ? [] : [child]);
    if (child !== "") deepStrictEqual(testcase!.children[0]!.attributes, attributes);
  });
}

/** The elements and attributes that consumers of JUnit files know, with those that they need. */
const JUNIT: Record<string, { attributes: string[]; needs: string[]; children: string[] }> = {
  testsuites: { attributes: ["name", "tests", "failures", "errors"], needs: [], children: ["testsuite"] },
  testsuite: {
    attributes: ["name", "tests", "failures", "errors", "skipped"],
    needs: ["name", "tests", "failures", "errors"],
    children: ["testcase"],
  },
  testcase: {
    attributes: ["name", "classname"],
    needs: ["name", "classname"],
    children: ["failure", "error", "skipped"],
  },
  failure: { attributes: ["type", "message"], needs: ["type"], children: [] },
  error: { attributes: ["type", "message"], needs: ["type"], children: [] },
  skipped: { attributes: ["message"], needs: [], children: [] },
};

Deno.test("renderJunit() is well-formed, valid, and counts right", () => {
  const check = ({ name, attributes, children }: XmlElement) => {
    const rule = JUNIT[name]!;
    for (const attribute of Object.keys(attributes)) ok(rule.attributes.includes(attribute), `${name} ${attribute}`);
    for (const needed of rule.needs) ok(needed in attributes, `${name} ${needed}`);
    for (const child of children) {
      ok(rule.children.includes(child.name), `${name} ${child.name}`);
      check(child);
    }
  };
  const root = readXml(renderJunit(analysis(...EVERYTHING)));
  check(root);
  const [suite] = root.children;
  const count = (tag: string) => suite!.children.filter(({ children }) => children[0]?.name === tag).length;
  deepStrictEqual(suite!.attributes, {
    name: "support-bundle-1",
    tests: String(EVERYTHING.length),
    failures: String(count("failure")),
    errors: String(count("error")),
    skipped: String(count("skipped")),
  });
});

Deno.test("toSarif() is a SARIF 2.1.0 log, whatever is in a finding", () => {
  for (const findings of [EVERYTHING, []]) {
    const log = JSON.parse(JSON.stringify(toSarif(analysis(...findings))));
    const { error } = sarifSchema.safeParse(log);
    equal(error, undefined);
    for (const { ruleId, ruleIndex } of log.runs[0].results) equal(log.runs[0].tool.driver.rules[ruleIndex].id, ruleId);
  }
});

Deno.test("toSarif() shows evidence as places in the bundle, and objects as logical places", () => {
  const [result] = toSarif(analysis(pull("web 1"))).runs[0]!.results;
  deepStrictEqual(result!.locations, [{
    physicalLocation: {
      artifactLocation: { uri: "cluster-resources/pods/web%201.json", uriBaseId: "BUNDLE" },
      region: { startLine: 7 },
    },
    logicalLocations: [{ kind: "pod", name: "web 1", fullyQualifiedName: "Pod/shop/web 1" }],
  }]);
  deepStrictEqual([result!.kind, result!.level, result!.ruleId], ["fail", "error", "kind"]);
  equal(
    result!.message.text,
    "Images: The image app:1 cannot be pulled\nThe registry does not know it.\nNext: docker pull app:1",
  );
});

Deno.test("toSarif() gives one cause one fingerprint, and two causes two", () => {
  const prints = toSarif(analysis(pull("a"), pull("b"), finding("fail", "x"), finding("fail", "y"))).runs[0]!.results
    .map(({ partialFingerprints }) => partialFingerprints["finding/v1"]);
  equal(prints[0], prints[1]);
  equal(new Set(prints).size, 3);
});
