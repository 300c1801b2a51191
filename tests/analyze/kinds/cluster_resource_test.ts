import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { clusterResource } from "../../../src/analyze/kinds/cluster/cluster_resource.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const ROOT = "cluster-resources";
const web = {
  metadata: { name: "web", namespace: "shop", labels: { app: "web", tier: "front" } },
  spec: {
    replicas: 3,
    paused: false,
    text: "line one\nline two\n",
    password: "***HIDDEN***",
    url: "https://u:***HIDDEN***@shop.example",
    containers: [{ image: "web:1.2.3", limits: { cpu: "250m", memory: "6Gi" } }],
  },
};
const item = (name: string) => ({ metadata: { name }, spec: { size: "5Gi" } });
/** One object of each kind that the reference names, where it is looked for. */
const kinds: [kind: string, file: string, clusterScoped?: boolean][] = [
  ["Deployment", "deployments/shop.json"],
  ["daemonset", "daemonsets/shop.json"],
  ["StatefulSet", "statefulsets/shop.json"],
  ["NetworkPolicy", "network-policy/shop.json"],
  ["pod", "pods/shop.json"],
  ["ingress", "ingress/shop.json"],
  ["service", "services/shop.json"],
  ["ResourceQuota", "resource-quota/shop.json"],
  ["Job", "jobs/shop.json"],
  ["PersistentVolumeClaim", "pvcs/shop.json"],
  ["PVC", "pvcs/shop.json"],
  ["ReplicaSet", "replicasets/shop.json"],
  ["ConfigMap", "configmaps/shop.json"],
  ["ValidatingWebhookConfiguration", "validating-webhook-configurations.json", true],
  ["MutatingWebhookConfiguration", "mutating-webhook-configurations.json", true],
  ["Namespace", "namespaces.json", true],
  ["PersistentVolume", "pvs.json", true],
  ["pv", "pvs.json", true],
  ["node", "nodes.json", true],
  ["StorageClass", "storage-classes.json", true],
  ["CronJob", "cronjobs/shop.json"],
  ["CustomResourceDefinition", "custom-resource-definitions.json"],
];

for (const [kind, file, clusterScoped] of kinds) {
  Deno.test(`clusterResource finds a ${kind}`, async () =>
    deepStrictEqual(
      await resultsOf(clusterResource, {
        kind,
        clusterScoped,
        namespace: "shop",
        name: "x",
        yamlPath: "spec.size",
        expectedValue: "5Gi",
        outcomes: [pass("", "P", "https://x.example")],
      }, { [`${ROOT}/${file}`]: { items: [{}, item("other"), item("x")] } }),
      [{
        icon: {
          key: "kubernetes_text_analyze",
          uri: "https://troubleshoot.sh/images/analyzer-icons/text-analyze.svg?w=13&h=16",
        },
        outcome: { status: "pass", message: "P" },
        uri: "https://x.example",
        evidence: [{ path: `${ROOT}/${file}` }],
      }],
    ));
}

const files = {
  [`${ROOT}/deployments/shop.json`]: { items: [web] },
  [`${ROOT}/deployments/default.json`]: { items: [item("plain")] },
  [`${ROOT}/nodes.json`]: { items: [item("one")] },
};
const at = (yamlPath: string, more: object = {}) => ({
  kind: "Deployment",
  namespace: "shop",
  name: "web",
  yamlPath,
  ...more,
});
const both = [pass("", "equal"), fail("", "different")];
const expecting = (yamlPath: string, expectedValue: unknown) => at(yamlPath, { expectedValue, outcomes: both });
const found = [pass("false", "clean"), fail("true", "found")];
const matching = (yamlPath: string, regex: string) => at(yamlPath, { regex, outcomes: found });
const tag = (...outcomes: unknown[]) =>
  at("spec.containers[0].image", { regexGroups: "web:(?P<Major>\\d+)\\.(?P<Rest>\\S+)", outcomes });
const NONE = [fail()];

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  // What there is to be judged
  ["fails when it is not there", at("spec", { name: "gone", outcomes: NONE }), [
    "fail: Deployment gone in namespace shop does not exist",
  ]],
  ["fails when a namespace has no such list", at("spec", { namespace: "nope", outcomes: NONE }), [
    "fail: Deployment web in namespace nope does not exist",
  ]],
  ["looks into the namespace default", { kind: "deployment", name: "plain", outcomes: [pass()] }, ["pass: P"]],
  ["names the namespace default", { kind: "deployment", name: "gone", outcomes: [pass()] }, [
    "fail: deployment gone in namespace default does not exist",
  ]],
  ["fails when it is not in the cluster", { kind: "Node", clusterScoped: true, name: "two", outcomes: NONE }, [
    "fail: Node two does not exist",
  ]],
  ["says which file is missing", { kind: "pv", clusterScoped: true, name: "x", outcomes: NONE }, [
    `skipped/file-missing: The bundle does not have ${ROOT}/pvs.json, or it is empty`,
  ]],
  ["says so when no namespace has such a list", { kind: "job", namespace: "shop", name: "x", outcomes: NONE }, [
    `skipped/file-missing: The bundle does not have ${ROOT}/jobs/shop.json, or it is empty`,
  ]],
  ["fails on a path through a number", at("spec.replicas.deeper", { outcomes: NONE }), [
    "fail: YAML path provided is invalid",
  ]],
  ["fails on a path through a missing item", at("spec.containers[9].image", { outcomes: NONE }), [
    "fail: YAML path provided is invalid",
  ]],
  // Equality
  ["finds a number equal", expecting("spec.replicas", "3"), ["pass: equal"]],
  ["takes a value that YAML made a number of", expecting("spec.replicas", 3), ["pass: equal"]],
  ["finds a text equal", expecting("spec.containers[0].image", "web:1.2.3"), ["pass: equal"]],
  ["finds a text different", expecting("spec.containers.[0].image", "web:2"), ["fail: different"]],
  ["tells a text from a number", expecting("spec.replicas", '"3"'), ["fail: different"]],
  ["finds a boolean equal", expecting("spec.paused", "false"), ["pass: equal"]],
  ["finds a map equal", expecting("metadata.labels", "{tier: front, app: web}"), ["pass: equal"]],
  ["takes a missing key for null", expecting("spec.gone", "null"), ["pass: equal"]],
  ["takes a missing item for null", expecting("spec.containers[9]", "null"), ["pass: equal"]],
  ["calls the analyzer invalid when it is neither", at("spec.replicas", { expectedValue: "3", outcomes: NONE }), [
    "fail: Invalid analyzer",
  ]],
  ["cannot compare what was hidden", expecting("spec.password", "secret"), [
    `throws: The value in ${ROOT}/deployments/shop.json cannot be judged: redaction has hidden it`,
  ]],
  ["takes messages as they are", at("spec.replicas", { expectedValue: "3", outcomes: [pass("", "{{ .a }}")] }), [
    "pass: {{ .a }}",
  ]],
  // Patterns
  ["finds a pattern", matching("spec.containers[0].image", "^web:1\\."), ["fail: found"]],
  ["misses a pattern", matching("spec.containers[0].image", "^db"), ["pass: clean"]],
  ["matches the YAML of a value, to its line break", matching("spec.replicas", "^3\\n$"), ["fail: found"]],
  ["matches a map as YAML, sorted", matching("metadata.labels", "^app: web\\ntier: front\\n$"), ["fail: found"]],
  ["matches a list as YAML", matching("spec.containers", "(?m)^- image: web:1.2.3$"), ["fail: found"]],
  ["matches a text of several lines", matching("spec.text", "(?m)^ +line two$"), ["fail: found"]],
  ["matches nothing as null", matching("spec.gone", "^null\\n$"), ["fail: found"]],
  ["defaults to true for pass, false for fail", at("spec.replicas", { regex: "4", outcomes: [pass(), fail()] }), [
    "fail: F",
  ]],
  [
    "has one verdict, the most severe",
    at("spec.replicas", { regex: "3", outcomes: [fail("true"), pass("true"), warn("true")] }),
    ["fail: F"],
  ],
  ["says so when no outcome matches", at("spec.replicas", { regex: "3", outcomes: [fail("false")] }), [
    `skipped/no-outcome-matched: No outcome of the spec matched ${ROOT}/deployments/shop.json, in which the pattern matches`,
  ]],
  ["cannot match what was hidden", matching("spec.password", "secret"), [
    `throws: The value in ${ROOT}/deployments/shop.json cannot be judged: redaction has hidden it`,
  ]],
  ["matches what was hidden in part", matching("spec.url", "@shop\\.example"), ["fail: found"]],
  ["compares groups", tag(fail("Major > 1"), pass("Major = 1", "{{ .Major }} and {{ .Rest }}")), ["pass: 1 and 2.3"]],
  ["compares groups as texts", tag(warn("Rest == 2.3")), ["warn: W"]],
  ["says so when no group matches", tag(fail("Major > 1")), [
    `skipped/no-outcome-matched: No outcome of the spec matched ${ROOT}/deployments/shop.json`,
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`clusterResource ${name}`, async () =>
    deepStrictEqual(await verdictsOf(clusterResource, config, files), expected));
}

const [CPU, MEMORY] = ["spec.containers[0].limits.cpu", "spec.containers[0].limits.memory"];

/** Conditions over numbers and quantities. */
const conditions: [yamlPath: string, when: string, holds: boolean][] = [
  ["spec.replicas", "= 3", true],
  ["spec.replicas", "== 3", true],
  ["spec.replicas", "=== 4", false],
  ["spec.replicas", "!= 4", true],
  ["spec.replicas", "!== 3", false],
  ["spec.replicas", "< 3", false],
  ["spec.replicas", "<= 3", true],
  ["spec.replicas", "> 2", true],
  ["spec.replicas", ">= 4", false],
  ["spec.replicas", ">=3", true],
  ["spec.replicas", "", true],
  [MEMORY, "> 5Gi", true],
  [MEMORY, ">5Gi", true],
  [MEMORY, "<= 6442450944", true],
  [MEMORY, "= 6144Mi", true],
  [CPU, "= 1", false],
  [CPU, "< 1", true],
  [CPU, "== 0.25", true],
  [CPU, "> 200m", true],
];

for (const [yamlPath, when, holds] of conditions) {
  Deno.test(`clusterResource "${when}" ${holds ? "holds" : "does not hold"} for ${yamlPath}`, async () =>
    deepStrictEqual(await verdictsOf(clusterResource, at(yamlPath, { outcomes: [warn(when), pass()] }), files), [
      holds ? "warn: W" : "pass: P",
    ]));
}

const comparing: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  [
    "looks at fail, warn and pass of an entry, in this order",
    at("spec.replicas", {
      outcomes: [{ ...pass("= 3"), ...warn("= 3"), ...fail("= 4") }],
    }),
    ["warn: W"],
  ],
  ["calls the analyzer invalid when no outcome matches", at("spec.replicas", { outcomes: [warn("> 3", "W")] }), [
    "fail: Invalid analyzer",
  ]],
  ["calls it so without outcomes", at("spec.replicas"), ["fail: Invalid analyzer"]],
  ["fails on a value that is neither number nor quantity", at("spec.text", { outcomes: [fail("> 3")] }), [
    `throws: spec.text in ${ROOT}/deployments/shop.json is neither a number nor a quantity`,
  ]],
  ["fails on a value that is missing", at("spec.gone", { outcomes: [fail("> 3")] }), [
    `throws: spec.gone in ${ROOT}/deployments/shop.json is neither a number nor a quantity`,
  ]],
  ["fails on a value that was hidden", at("spec.password", { outcomes: [fail("> 3")] }), [
    `throws: spec.password in ${ROOT}/deployments/shop.json was hidden by redaction`,
  ]],
  ["takes an outcome without when for any value", at("spec.text", { outcomes: [pass()] }), ["pass: P"]],
  ["refuses a when without an operator", at("spec", { outcomes: [pass(), fail("3")] }), [
    'throws: Cannot read the condition "3": it is not an operator and a number or quantity',
  ]],
  ["refuses a when without a value", at("spec", { outcomes: [fail(">=")] }), [
    'throws: Cannot read the condition ">=": it is not an operator and a number or quantity',
  ]],
  ["refuses an operator that is none", at("spec", { outcomes: [fail("=> 3")] }), [
    'throws: Cannot read the condition "=> 3": "=>" is not an operator here',
  ]],
  ["refuses a value that is no quantity", at("spec", { outcomes: [fail("> 3GB")] }), [
    'throws: Cannot read the condition "> 3GB": "3GB" is neither a number nor a quantity',
  ]],
  ["refuses a kind that it does not know", { kind: "Deploy", name: "x" }, [
    'throws: Cannot read the kind "Deploy": bundles have no lists of it',
  ]],
  ["refuses a kind of namespaces for the cluster", { kind: "Pod", clusterScoped: true, name: "x" }, [
    'throws: Cannot read the kind "Pod": its objects are in namespaces, not of the whole cluster',
  ]],
  ["needs a kind", { name: "x" }, ["throws: Cannot read the field kind: it is missing"]],
  ["needs a name", { kind: "Pod" }, ["throws: Cannot read the field name: it is missing"]],
  ["refuses a path that cannot be read", at("spec["), [
    'throws: Cannot read the path "spec[": "spec[" is neither a key nor an index',
  ]],
  ["refuses an expected value that is no YAML", at("spec", { expectedValue: "[1" }), [
    "throws: Cannot read the field expectedValue: it is not valid YAML",
  ]],
  [
    "refuses a when that is no boolean beside an expected value",
    at("spec", {
      expectedValue: "1",
      outcomes: [pass(), fail("> 3")],
    }),
    ['throws: Cannot read the condition "> 3": it is neither true nor false'],
  ],
  ["refuses a bad pattern", at("spec", { regex: "(", outcomes: found }), [
    'throws: Cannot read the regex "(": missing closing ): `(`',
  ]],
  ["refuses a bad pattern with groups", at("spec", { regexGroups: "(?P<a>", outcomes: [] }), [
    'throws: Cannot read the regexGroups "(?P<a>": missing closing ): `(?P<a>`',
  ]],
  ["does not leave the bundle", at("spec", { namespace: "../../x" }), [
    `throws: The path "${ROOT}/deployments/../../x.json" would lie outside the bundle`,
  ]],
];

for (const [name, config, expected] of comparing) {
  Deno.test(`clusterResource ${name}`, async () =>
    deepStrictEqual(await verdictsOf(clusterResource, config, files), expected));
}

Deno.test("clusterResource shows the file, not a line of the value, for a pattern", async () => {
  const [result] = await resultsOf(clusterResource, matching("spec.containers", "cpu"), files);
  deepStrictEqual(result?.evidence, [{ path: `${ROOT}/deployments/shop.json` }]);
  strictEqual(result?.icon, undefined);
});

Deno.test("clusterResource is called by checkName, collectorName, or what it is", () => {
  const title = (config: object) => clusterResource.title(clusterResource.schema.parse(config));
  strictEqual(title({}), "Cluster Resource");
  strictEqual(title({ collectorName: "n" }), "n");
  strictEqual(title({ collectorName: "n", checkName: "c" }), "c");
});
