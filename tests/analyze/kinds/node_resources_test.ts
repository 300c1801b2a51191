import { deepStrictEqual } from "node:assert/strict";
import { nodeResources } from "../../../src/analyze/kinds/cluster/node_resources.ts";
import { fail, pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const node = (name: string, capacity: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  metadata: { name, labels: { zone: more.zone ?? "a", ...(more.labels as object) } },
  spec: { taints: more.taints },
  status: {
    capacity,
    allocatable: more.allocatable ?? capacity,
    conditions: [{ type: "Ready", status: more.ready ?? "True" }],
    nodeInfo: { architecture: more.architecture ?? "amd64" },
  },
});
const taint = { key: "gpu", value: "yes", effect: "NoSchedule" };
const files = {
  "cluster-resources/nodes.json": {
    items: [
      node("one", { cpu: "2", memory: "8Gi", pods: 110, "ephemeral-storage": "100Gi" }),
      node("two", { cpu: "3500m", memory: "16329736Ki", pods: "250", "ephemeral-storage": "40Gi" }, {
        zone: "b",
        ready: "False",
        architecture: "ARM64",
        labels: { role: "db" },
      }),
      node("three", { cpu: "8", memory: "32Gi", pods: "110", "nvidia.com/gpu": "2" }, {
        zone: "b",
        taints: [taint],
        allocatable: { cpu: "7900m", memory: "30Gi", pods: "110", "nvidia.com/gpu": "1" },
      }),
    ],
  },
};

/** Conditions over all nodes. */
const conditions: [when: string, holds: boolean][] = [
  ["= 3", true],
  ["count() >= 3", true],
  ["== 3", true],
  ["=== 2", false],
  ["< 4", true],
  ["<= 2", false],
  ["> 2", true],
  [">= 4", false],
  ["count == 4", false],
  ["  count()   <   4 ", true],
  ["countDistinct(zone) = 2", true],
  ["countDistinct(role) = 1", true],
  ["countDistinct(nothing) = 0", true],
  ["min(cpuCapacity) = 2", true],
  ["max(cpuCapacity) >= 8", true],
  ["sum(cpuCapacity) = 13500m", true],
  ["sum(cpuCapacity) > 13.5", false],
  ["sum(cpuAllocatable) = 13400m", true],
  ["min(memoryCapacity) < 8Gi", false],
  ["min(memoryCapacity) <= 8589934592", true],
  ["max(memoryAllocatable) = 30Gi", true],
  ["sum(podCapacity) = 470", true],
  ["min(podAllocatable) === 110", true],
  ["sum(ephemeralStorageCapacity) = 140Gi", true],
  ["max(ephemeralStorageAllocatable) = 100Gi", true],
  ["nodeCondition(Ready) = False", true],
  ["nodeCondition(Ready) == Unknown", false],
  ["nodeCondition(Ready) != True", true],
  ["nodeCondition(Nothing) = True", false],
];

for (const [when, holds] of conditions) {
  Deno.test(`nodeResources "${when}" ${holds ? "holds" : "does not hold"}`, async () =>
    deepStrictEqual(await verdictsOf(nodeResources, { outcomes: [pass(when), fail()] }, files), [
      holds ? "pass: P" : "fail: F",
    ]));
}

/** Which nodes filters leave, by number. */
const filters: [name: string, filters: Record<string, unknown>, count: number][] = [
  ["none", {}, 3],
  ["an architecture, in any case", { cpuArchitecture: "arm64" }, 1],
  ["a CPU capacity", { cpuCapacity: "3.5" }, 2],
  ["a number that YAML made", { cpuCapacity: 4 }, 1],
  ["an allocatable CPU", { cpuAllocatable: "8" }, 0],
  ["a memory capacity", { memoryCapacity: "8Gi" }, 3],
  ["an allocatable memory", { memoryAllocatable: "31Gi" }, 0],
  ["a pod capacity", { podCapacity: "200" }, 1],
  ["an allocatable number of pods", { podAllocatable: "110" }, 3],
  ["an ephemeral storage that a node does not have", { ephemeralStorageCapacity: "1" }, 2],
  ["an allocatable ephemeral storage", { ephemeralStorageAllocatable: "50Gi" }, 1],
  ["an extended resource", { resourceName: "nvidia.com/gpu" }, 1],
  ["an extended resource with enough of it", { resourceName: "nvidia.com/gpu", resourceCapacity: "2" }, 1],
  ["an extended resource with not enough of it", { resourceName: "nvidia.com/gpu", resourceAllocatable: "2" }, 0],
  ["a label", { selector: { matchLabel: { zone: "b" } } }, 2],
  ["a label in the spelling of Kubernetes", { selector: { matchLabels: { zone: "b" } } }, 2],
  ["two labels", { selector: { matchLabel: { zone: "b", role: "db" } } }, 1],
  ["In", { selector: { matchExpressions: [{ key: "zone", operator: "In", values: ["a", "c"] }] } }, 1],
  ["NotIn, which nodes without the label pass", {
    selector: { matchExpressions: [{ key: "role", operator: "NotIn", values: ["db"] }] },
  }, 2],
  ["Exists", { selector: { matchExpressions: [{ key: "role", operator: "Exists" }] } }, 1],
  ["DoesNotExist", { selector: { matchExpressions: [{ key: "role", operator: "DoesNotExist" }] } }, 2],
  ["a taint", { taint: { key: "gpu", effect: "NoSchedule" } }, 1],
  ["a taint, whatever its value", { taint: { ...taint, value: "other" } }, 1],
  ["a taint of another effect", { taint: { key: "gpu", effect: "NoExecute" } }, 0],
  ["a taint together with others", { taint: { key: "gpu", effect: "NoSchedule" }, cpuCapacity: "16" }, 0],
];

for (const [name, filter, count] of filters) {
  Deno.test(`nodeResources filters by ${name}`, async () =>
    deepStrictEqual(
      await verdictsOf(
        nodeResources,
        { filters: filter, outcomes: [pass(`= ${count}`, "{{ .NodeCount }}"), fail()] },
        files,
      ),
      [`pass: ${count}`],
    ));
}

const gpu = { resourceName: "nvidia.com/gpu" };
const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    [
      "compares the resource that the filter names",
      { filters: gpu, outcomes: [pass("sum(resourceAllocatable) = 1")] },
      files,
      [
        "pass: P",
      ],
    ],
    [
      "renders the filters",
      {
        filters: { ...gpu, cpuCapacity: "1", selector: { matchLabel: { zone: "b" } } },
        outcomes: [
          fail("", "{{ .NodeCount }} {{ .ResourceName }} {{ .CPUCapacity }} {{ .Selector }} [{{ .MemoryCapacity }}]"),
        ],
      },
      files,
      ["fail: 1 nvidia.com/gpu 1 zone=b []"],
    ],
    ["fails on filter fields without filters", { outcomes: [fail("", "{{ .CPUCapacity }}")] }, files, [
      'throws: Cannot use the template "{{ .CPUCapacity }}": NodeResources has no field CPUCapacity',
    ]],
    ["says so when no outcome matches", { outcomes: [fail("> 3")] }, files, [
      "skipped/no-outcome-matched: No outcome of the spec matched the 3 nodes that pass the filters",
    ]],
    ["warns when there are no nodes", { outcomes: [fail()] }, {}, [
      "warn: No node resources were collected, unable to analyze node resources",
    ]],
    ["stays silent about missing nodes when told so", { ignoreIfNoFiles: true, outcomes: [fail()] }, {}, []],
    [
      "has no minimum of no nodes",
      { filters: { cpuCapacity: "99" }, outcomes: [fail("min(cpuCapacity) < 1")] },
      files,
      [
        "throws: there is no node to take min(cpuCapacity) of",
      ],
    ],
    ["has no minimum when a node does not say", { outcomes: [fail("min(ephemeralStorageCapacity) < 1Gi")] }, files, [
      "throws: the node three does not say its ephemeralStorageCapacity",
    ]],
    ["fails on a capacity that is no quantity", { outcomes: [fail("sum(cpuCapacity) < 1")] }, {
      "cluster-resources/nodes.json": { items: [node("odd", { cpu: "many" })] },
    }, ['throws: cpu of the node odd is "many", which is not a quantity']],
    ["fails on a capacity that was hidden", { outcomes: [fail("min(cpuCapacity) < 1")] }, {
      "cluster-resources/nodes.json": [node("odd", { cpu: "***HIDDEN***" })],
    }, ['throws: cpu of the node odd is "***HIDDEN***", which is not a quantity']],
    ["takes an outcome without when", { outcomes: [fail("> 3"), pass()] }, files, ["pass: P"]],
    ["survives odd nodes", {
      filters: { selector: { matchLabel: { zone: "a" } }, taint: { key: "gpu" } },
      outcomes: [pass("= 0")],
    }, {
      "cluster-resources/nodes.json": {
        items: [{}, { metadata: 7, spec: 7, status: 7 }, { metadata: { labels: "a" } }],
      },
    }, ["pass: P"]],
    ["fails on what is no list", { outcomes: [fail()] }, { "cluster-resources/nodes.json": "7" }, [
      "throws: cluster-resources/nodes.json of the bundle is not a list of Kubernetes objects",
    ]],
  ];

for (const [name, config, files, expected] of behaviour) {
  Deno.test(`nodeResources ${name}`, async () =>
    deepStrictEqual(await verdictsOf(nodeResources, config, files), expected));
}

const mistakes: [config: Record<string, unknown>, message: string][] = [
  [{ outcomes: [fail("!= 3")] }, 'Cannot read the condition "!= 3": "!=" is not an operator here'],
  [{ outcomes: [fail("count() >= 3Gi")] }, 'Cannot read the condition "count() >= 3Gi": "3Gi" is not an integer'],
  [{ outcomes: [fail("memory >= 2")] }, 'Cannot read the condition "memory >= 2": "memory" is not a function of nodes'],
  [
    { outcomes: [fail("avg(cpuCapacity) > 2")] },
    'Cannot read the condition "avg(cpuCapacity) > 2": "avg(cpuCapacity)" is not a function of nodes',
  ],
  [{ outcomes: [fail("sum(cpu) > 2")] }, 'Cannot read the condition "sum(cpu) > 2": nodes have no property "cpu"'],
  [
    { outcomes: [fail("sum(cpuCapacity) > 2GB")] },
    'Cannot read the condition "sum(cpuCapacity) > 2GB": "2GB" is not a quantity',
  ],
  [
    { outcomes: [fail("sum(resourceCapacity) > 2")] },
    'Cannot read the condition "sum(resourceCapacity) > 2": resourceCapacity of what is not said',
  ],
  [
    { outcomes: [fail("nodeCondition(Ready) >= True")] },
    'Cannot read the condition "nodeCondition(Ready) >= True": ">=" is not an operator here',
  ],
  [
    { outcomes: [fail("count()")] },
    'Cannot read the condition "count()": it is not a function, an operator and a value',
  ],
  [{ filters: { cpuCapacity: "lots" } }, "Cannot read the filter cpuCapacity: lots: it is not a quantity"],
  [
    { filters: { resourceCapacity: "1" } },
    "Cannot read the filter resourceCapacity: resourceCapacity of what is not said",
  ],
  [
    { filters: { selector: { matchExpressions: [{ key: "a", operator: "Is", values: ["b"] }] } } },
    'Cannot read the selector "a Is": it has values',
  ],
  [
    { filters: { selector: { matchExpressions: [{ key: "a", operator: "In" }] } } },
    'Cannot read the selector "a In": it has no values',
  ],
  [
    { filters: { selector: { matchExpressions: [{ key: "a", operator: "exists" }] } } },
    'Cannot read the selector "a exists": "exists" is not an operator',
  ],
];

for (const [config, message] of mistakes) {
  Deno.test(`nodeResources refuses ${JSON.stringify(config)}`, async () =>
    deepStrictEqual(await verdictsOf(nodeResources, config, files), [`throws: ${message}`]));
}

Deno.test("nodeResources says where it is seen, and where to read on", async () =>
  deepStrictEqual(await resultsOf(nodeResources, { outcomes: [pass("", "P", "https://x.example")] }, files), [{
    outcome: { status: "pass", message: "P" },
    uri: "https://x.example",
    evidence: [{ path: "cluster-resources/nodes.json" }],
  }]));

Deno.test("nodeResources is called by checkName, or what it is", () => {
  const title = (config: object) => nodeResources.title(nodeResources.schema.parse(config));
  deepStrictEqual(title({}), "Node Resources");
  deepStrictEqual(title({ checkName: "Nodes" }), "Nodes");
});
