import { deepStrictEqual } from "node:assert/strict";
import { nodeMetrics } from "../../../src/analyze/kinds/cluster/node_metrics.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const volume = (name: string | undefined, usedBytes: unknown, capacityBytes: unknown = 100, namespace = "shop") => ({
  name: "v",
  usedBytes,
  capacityBytes,
  ...(name === undefined ? {} : { pvcRef: { name, namespace } }),
});
const pod = (namespace: string, ...volumes: unknown[]) => ({ podRef: { name: "p", namespace }, volume: volumes });
const node = (...pods: unknown[]) => ({ node: { nodeName: "n" }, pods });
const files = {
  "node-metrics/b.json": node(pod("shop", volume("db", 85), volume(undefined, 99)), pod("logs", volume("log-0", 40.5))),
  "node-metrics/a.json": node(pod("shop", volume("web", 50)), pod("shop", volume("db", 85))),
};
const NAMES = "{{ .PVC.ConcatenatedNames }}";

const conditions: [when: string, names: string][] = [
  ["pvcUsedPercentage >= 85", "shop/db"],
  ["pvcUsedPercentage > 85", ""],
  ["pvcUsedPercentage > 50.0", "shop/db"],
  ["pvcUsedPercentage < 50", "logs/log-0"],
  ["pvcUsedPercentage <= 50", "shop/web, logs/log-0"],
  ["pvcUsedPercentage = 40.5", "logs/log-0"],
  ["pvcUsedPercentage == 85", "shop/db"],
  ["pvcUsedPercentage === 85", "shop/db"],
  ["pvcUsedPercentage != 85", "shop/web, logs/log-0"],
  ["pvcUsedPercentage  !==  40.5", "shop/web, shop/db"],
];
for (const [when, names] of conditions) {
  Deno.test(`nodeMetrics "${when}" holds for ${names || "none"}`, async () =>
    deepStrictEqual(await verdictsOf(nodeMetrics, { outcomes: [fail(when, NAMES), pass()] }, files), [
      names === "" ? "pass: P" : `fail: ${names}`,
    ]));
}

const full = [fail("pvcUsedPercentage > 1", NAMES), pass()];
const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["looks at the names that match", { filters: { pvc: { nameRegex: "^log-\\d$" } }, outcomes: full }, files, [
      "fail: logs/log-0",
    ]],
    ["looks at the namespace of the pods", { filters: { pvc: { namespace: "shop" } }, outcomes: full }, files, [
      "fail: shop/web, shop/db",
    ]],
    ["passes when no claim is left", { filters: { pvc: { namespace: "x" } }, outcomes: full }, files, ["pass: P"]],
    [
      "lets templates go through the names",
      {
        outcomes: [
          fail("pvcUsedPercentage > 80", "{{ range .PVC.Names }}<{{ . }}>{{ end }} {{ .PVC.UsedPercentage }}%"),
        ],
      },
      files,
      ["fail: <shop/db> 85%"],
    ],
    [
      "tells a message as it is that cannot be rendered",
      { outcomes: [fail("pvcUsedPercentage > 80", "{{ .PVC.Nope }}")] },
      files,
      [
        "fail: {{ .PVC.Nope }}",
      ],
    ],
    ["passes over what was not measured", { outcomes: full }, {
      "node-metrics/a.json": node(
        pod("s", volume("x", undefined), volume("y", 5, 0)),
        { podRef: null, volume: null },
        null,
      ),
    }, ["pass: P"]],
    ["goes on after a file that it cannot read", { outcomes: full }, { ...files, "node-metrics/a.json": "x" }, [
      "error: Cannot read node-metrics/a.json of the bundle as JSON: Unexpected token 'x', \"x\" is not valid JSON",
      "fail: shop/db, logs/log-0",
    ]],
    ["tells that numbers are hidden", { outcomes: full }, {
      "node-metrics/a.json": node(pod("s", volume("x", "***HIDDEN***"))),
    }, ['error: node-metrics/a.json of the bundle has no numbers for the volume of the claim "x"']],
    ["tells that a file is something else", { outcomes: full }, { "node-metrics/a.json": [] }, [
      "error: node-metrics/a.json of the bundle is no summary of a node",
    ]],
    ["says which files are missing", { outcomes: full }, {}, [
      "skipped/file-missing: The bundle does not have node-metrics/*.json, or it is empty",
    ]],
    ["says so when no outcome matches", { outcomes: [warn("pvcUsedPercentage > 99")] }, files, [
      "skipped/no-outcome-matched: No outcome of the spec matched the usage of 4 volumes of claims",
    ]],
    ["refuses another metric that an earlier outcome hides", { outcomes: [pass(), fail("cpu > 1")] }, files, [
      'throws: Cannot read the condition "cpu > 1": "cpu" is not a metric that can be compared',
    ]],
    ["refuses what is no number", { outcomes: [fail("pvcUsedPercentage > 80%")] }, files, [
      'throws: Cannot read the condition "pvcUsedPercentage > 80%": "80%" is not a number',
    ]],
    ["refuses a longer condition", { outcomes: [fail("pvcUsedPercentage > 80 %")] }, files, [
      'throws: Cannot read the condition "pvcUsedPercentage > 80 %": it is not a metric, an operator and a number',
    ]],
    ["refuses a bad template", { outcomes: [pass(), fail("", "{{ nope }}")] }, files, [
      'throws: Cannot use the template "{{ nope }}": there is no function "nope"',
    ]],
    ["refuses a bad pattern", { filters: { pvc: { nameRegex: "(" } } }, files, [
      'throws: Cannot read the filters.pvc.nameRegex "(": missing closing ): `(`',
    ]],
  ];
for (const [name, config, files, expected] of behaviour) {
  Deno.test(`nodeMetrics ${name}`, async () => deepStrictEqual(await verdictsOf(nodeMetrics, config, files), expected));
}

Deno.test("nodeMetrics says where to read on, and where it read", async () =>
  deepStrictEqual(
    await resultsOf(nodeMetrics, { outcomes: [fail("pvcUsedPercentage >= 85", "F", "https://x")] }, files),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x",
      evidence: [{ path: "node-metrics/a.json" }, { path: "node-metrics/b.json" }],
    }],
  ));

const titles: [config: Record<string, unknown>, title: string][] = [
  [{ checkName: "C", collectorName: "N" }, "C"],
  [{ collectorName: "N" }, "N"],
  [{}, "Node Metrics"],
];
for (const [config, title] of titles) {
  Deno.test(`nodeMetrics has the title ${title}`, () =>
    deepStrictEqual(nodeMetrics.title(nodeMetrics.schema.parse(config)), title));
}
