import { deepStrictEqual, ok } from "node:assert/strict";
import { htmlReport } from "../../src/cli/diff/html_report.ts";
import { textReport } from "../../src/cli/diff/text_report.ts";
import { colorsFor } from "../../src/cli/render/color.ts";
import type { BundleDifference } from "../../src/diff/compare_bundles.ts";
import { seeded } from "../seeded.ts";
import { deployment, differenceOf, event, type Files, files, finding, list, node, pod } from "./made_bundle.ts";

const ODD: unknown[] = [
  null,
  true,
  -1,
  1e300,
  "",
  "\u001b[31m\u202ex\n<script>",
  [],
  {},
  [null, [[]], { name: {} }],
  { name: 3, type: [] },
  "__proto__",
  { toString: 1, hasOwnProperty: null },
];
const NAMES = [
  "name",
  "metadata",
  "status",
  "items",
  "kind",
  "conditions",
  "__proto__",
  "constructor",
  "containerStatuses",
];

/** The value with some of its parts replaced by what nobody expects there. */
function broken(value: unknown, next: (below: number) => number): unknown {
  if (next(25) === 0) return ODD[next(ODD.length)];
  if (Array.isArray(value)) return value.map((element) => broken(element, next));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => [
    next(40) === 0 ? NAMES[next(NAMES.length)]! : key,
    broken(member, next),
  ]);
  return JSON.parse(
    `{${entries.filter(([, v]) => v !== undefined).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`)}}`,
  );
}

const GOOD = files({
  "analysis.json": [finding("A", "error"), finding("B", "warn")],
  "MANIFEST.json": {
    startedAt: "2026-01-01T00:00:00Z",
    execution: { id: "a", job: "b" },
    files: [{ path: "a", truncated: {} }],
    missing: [{ path: "b" }],
  },
  "cluster-info/cluster_version.json": { info: { gitVersion: "v1" }, string: "v1" },
  "cluster-resources/nodes.json": list("Node", node("a"), node("b", { ready: "False" })),
  "cluster-resources/pods/shop.json": list(
    "Pod",
    pod("a", { owner: "ReplicaSet/x-1" }),
    pod("b", { waiting: "Bad", restarts: 3 }),
  ),
  "cluster-resources/deployments/shop.json": list("Deployment", deployment("a"), deployment("b", { ready: 0 })),
  "cluster-resources/events/shop.json": list("Event", event("A", "a"), event("B", "b")),
  "cluster-resources/custom-resources/w.ex.io.json": [{
    kind: "W",
    apiVersion: "ex.io/v1",
    metadata: { name: "w" },
    status: { conditions: [{ type: "Ready", status: "False" }] },
  }],
  "certificates/certificates.json": [{
    source: { secret: "a", namespace: "b" },
    certificateChain: [{ certificate: "c", isValid: true }],
  }],
});

function breakFiles(content: Files, next: (below: number) => number): Files {
  return Object.fromEntries(
    Object.entries(content).map(([path, body]) => [path, typeof body === "string" ? body : broken(body, next) ?? ""]),
  );
}

function reports(found: BundleDifference): string[] {
  const output = { write: () => {}, isTerminal: false, columns: 80 };
  const colors = colorsFor(output, {});
  return [
    textReport(found, { colors, columns: 80, diffFiles: 10, diffLines: 20 }),
    htmlReport(found, true),
    JSON.stringify(found),
  ];
}

for (let seed = 1; seed <= 40; seed++) {
  Deno.test(`compareBundles() takes JSON of any shape, ${seed}`, async () => {
    const next = seeded(seed);
    const [text, html] = reports(await differenceOf(breakFiles(GOOD, next), breakFiles(GOOD, next)));
    // deno-lint-ignore no-control-regex -- nothing may steer the terminal, or act in the page
    ok(!/[\u0000-\u0009\u000b-\u001f]/.test(text!));
    ok(!["<script", "\u001b", "\u202e"].some((odd) => html!.includes(odd)));
  });
}

Deno.test("compareBundles() takes an object that is nested deeper than a stack", async () => {
  const deep = (mark: string) => {
    const value = `${"[".repeat(50_000)}"${mark}"${"]".repeat(50_000)}`;
    return files({
      "cluster-resources/configmaps/shop.json":
        `{"kind":"ConfigMapList","items":[{"kind":"ConfigMap","metadata":{"name":"a"},"x":${value}},{"kind":"ConfigMap","metadata":{"name":"b"}}]}`,
      "deep.json": value,
    });
  };
  const found = await differenceOf(deep("a"), deep("b"));
  ok(found.differs);
  deepStrictEqual(found.objects.removed, []);
  reports(found);
});
