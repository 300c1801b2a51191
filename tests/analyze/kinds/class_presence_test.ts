import { deepStrictEqual } from "node:assert/strict";
import type { Analyzer } from "../../../src/analyze/analyzer.ts";
import { ingressClass } from "../../../src/analyze/kinds/cluster/ingress_class.ts";
import { storageClass } from "../../../src/analyze/kinds/cluster/storage_class.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const object = (name: string, annotations?: unknown) => ({ metadata: { name, annotations } });
const storage = (...items: unknown[]) => ({ "cluster-resources/storage-classes.json": { items } });
const ingresses = (...items: unknown[]) => ({ "cluster-resources/ingress-classes.json": { items } });
const slow = object("slow");
const fast = object("fast", { "storageclass.kubernetes.io/is-default-class": "true" });
const nginx = object("nginx", { "ingressclass.kubernetes.io/is-default-class": "true" });
const both = [fail(undefined, "first"), warn(undefined, "w"), fail("never", "gone"), pass("x", "a"), pass("", "there")];
const named = { storageClassName: "slow", outcomes: both };

const behaviour: [
  name: string,
  analyzer: Analyzer,
  config: Record<string, unknown>,
  files: Record<string, unknown>,
  expected: string[],
][] = [
  ["passes with the last pass outcome when it exists", storageClass, named, storage(fast, slow), ["pass: there"]],
  ["fails with the last fail outcome when not", storageClass, named, storage(fast), ["fail: gone"]],
  ["fails when there is none at all", storageClass, named, storage(), ["fail: gone"]],
  ["reads a bare array", storageClass, named, { "cluster-resources/storage-classes.json": [slow] }, ["pass: there"]],
  ["names what it found", storageClass, { storageClassName: "slow" }, storage(slow), [
    'pass: Storage Class "slow" was found',
  ]],
  ["names what it did not find", storageClass, { storageClassName: "slow" }, storage(), [
    'fail: Storage Class "slow" was not found',
  ]],
  ["finds the default", storageClass, { outcomes: both }, storage(slow, fast), ["pass: there"]],
  ["says that it found the default", storageClass, {}, storage(fast), ["pass: Default Storage Class found"]],
  ["says that there is no default", storageClass, { outcomes: [fail("", "")] }, storage(slow), [
    "fail: No Default Storage Class found",
  ]],
  [
    "knows the old annotation",
    storageClass,
    {},
    storage(object("old", { "storageclass.beta.kubernetes.io/is-default-class": "true" })),
    ["pass: Default Storage Class found"],
  ],
  [
    "takes no other value for the default",
    storageClass,
    {},
    storage(object("not", { "storageclass.kubernetes.io/is-default-class": "false" })),
    ["fail: No Default Storage Class found"],
  ],
  ["takes no class without a name for the default", storageClass, {}, storage(object("")), [
    "fail: No Default Storage Class found",
  ]],
  ["survives odd metadata", storageClass, {}, storage({}, { metadata: null }, object("x", "text"), object("y", [1])), [
    "fail: No Default Storage Class found",
  ]],
  ["fails on null items", storageClass, {}, storage(null), [
    "throws: cluster-resources/storage-classes.json of the bundle is not a list of Kubernetes objects",
  ]],
  ["says which file is missing", storageClass, named, {}, [
    "skipped/file-missing: The bundle does not have cluster-resources/storage-classes.json, or it is empty",
  ]],
  ["refuses an outcome that is none", storageClass, { outcomes: [{ passed: {} }] }, storage(), [
    "throws: Cannot read the outcome number 1: it has none of fail, warn, pass",
  ]],
  ["finds an ingress class", ingressClass, { ingressClassName: "nginx", outcomes: both }, ingresses(nginx), [
    "pass: there",
  ]],
  ["misses an ingress class", ingressClass, { ingressClassName: "haproxy", outcomes: both }, ingresses(nginx), [
    "fail: gone",
  ]],
  ["finds the default ingress class", ingressClass, {}, ingresses(nginx), ["pass: Default Ingress Class found"]],
  ["misses a default ingress class", ingressClass, {}, ingresses(slow), ["fail: No Default Ingress Class found"]],
  ["says so when the server has no ingress classes", ingressClass, {}, {
    "cluster-resources/ingress-classes.json": "",
  }, ["skipped/file-missing: The bundle does not have cluster-resources/ingress-classes.json, or it is empty"]],
];

for (const [name, analyzer, config, files, expected] of behaviour) {
  Deno.test(`${analyzer.kind} ${name}`, async () =>
    deepStrictEqual(await verdictsOf(analyzer, config, files), expected));
}

const titles: [analyzer: Analyzer, config: Record<string, unknown>, title: string][] = [
  [storageClass, { storageClassName: "fast" }, "Storage class fast"],
  [storageClass, {}, "Default Storage Class"],
  [storageClass, { checkName: "Disks", storageClassName: "fast" }, "Disks"],
  [ingressClass, { ingressClassName: "nginx" }, "Ingress class nginx"],
  [ingressClass, {}, "Default Ingress Class"],
  [ingressClass, { checkName: "Routes" }, "Routes"],
];

for (const [analyzer, config, title] of titles) {
  Deno.test(`${analyzer.kind} is called ${title}`, () =>
    deepStrictEqual(analyzer.title(analyzer.schema.parse(config)), title));
}

Deno.test("storageClass says where it is seen, and where to read on", async () =>
  deepStrictEqual(await resultsOf(storageClass, { outcomes: [pass("", "P", "https://x.example")] }, storage(fast)), [{
    outcome: { status: "pass", message: "P" },
    uri: "https://x.example",
    evidence: [{ path: "cluster-resources/storage-classes.json" }],
  }]));
