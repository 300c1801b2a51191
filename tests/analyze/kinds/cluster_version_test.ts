import { deepStrictEqual } from "node:assert/strict";
import { clusterVersion } from "../../../src/analyze/kinds/cluster/cluster_version.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const version = (string: string) => ({ "cluster-info/cluster_version.json": { info: {}, string } });
const typical = [fail("< 1.25.0"), warn("< 1.27.0"), pass()];

const behaviour: [name: string, outcomes: unknown[], files: Record<string, unknown>, expected: string[]][] = [
  ["the first outcome that holds counts", typical, version("v1.24.9"), ["fail: F"]],
  ["reads on when one does not hold", typical, version("v1.26.1"), ["warn: W"]],
  ["an outcome without when always holds", typical, version("v1.30.0"), ["pass: P"]],
  ["the suffix of EKS does not count", [pass(">= 1.27.3"), fail()], version("v1.27.3-eks-a5565ad"), ["pass: P"]],
  ["the suffix of GKE does not count", [pass(">= 1.27.3"), fail()], version("v1.27.3-gke.100"), ["pass: P"]],
  ["the first of fail, warn, pass in one entry counts", [{ ...pass(), ...warn() }], version("v1.27.3"), ["warn: W"]],
  [
    "says so when no outcome matches",
    [fail("< 1.20.0")],
    version("v1.27.3"),
    ["skipped/no-outcome-matched: No outcome of the spec matched the version v1.27.3"],
  ],
  [
    "says so without outcomes",
    [],
    version("v1.27.3"),
    ["skipped/no-outcome-matched: No outcome of the spec matched the version v1.27.3"],
  ],
  [
    "says which file is missing",
    typical,
    {},
    ["skipped/file-missing: The bundle does not have cluster-info/cluster_version.json, or it is empty"],
  ],
  [
    "says so when the collector left an empty file",
    typical,
    { "cluster-info/cluster_version.json": "" },
    ["skipped/file-missing: The bundle does not have cluster-info/cluster_version.json, or it is empty"],
  ],
  [
    "fails on what is no version",
    typical,
    version("unknown"),
    [`throws: "unknown" in cluster-info/cluster_version.json is not a version of Kubernetes`],
  ],
  [
    "fails on what is no JSON",
    typical,
    { "cluster-info/cluster_version.json": "{" },
    ["throws: Cannot read cluster-info/cluster_version.json of the bundle as JSON"],
  ],
  [
    "refuses a bad range, whether or not it is reached",
    [pass(), fail(">= 1.22")],
    version("v1.27.3"),
    [`throws: Cannot read the condition ">= 1.22": "1.22" is not a full version`],
  ],
  ["leading v's do not count", [pass("= 1.27.3"), fail()], version("vv1.27.3"), ["pass: P"]],
  ["build metadata does not count", [pass("== 1.27.3"), fail()], version("v1.27.3+k3s1"), ["pass: P"]],
  ["a pre-release is below its release", [pass(">= 1.28.0"), fail()], version("v1.28.0-rc.1"), ["fail: F"]],
  ["ranges have AND, OR and wildcards", [fail("1.25.x || >= 1.28.0 <1.30.0"), pass("1.*")], version("v1.27.3"), [
    "pass: P",
  ]],
  ["refuses ===", [fail("=== 1.27.3")], version("v1.27.3"), [
    'throws: Cannot read the condition "=== 1.27.3": "===" is not an operator for versions',
  ]],
  ["fails on a version that was hidden", typical, version("***HIDDEN***"), [
    'throws: "***HIDDEN***" in cluster-info/cluster_version.json is not a version of Kubernetes',
  ]],
  ["fails on what holds no version", typical, { "cluster-info/cluster_version.json": [null] }, [
    'throws: "" in cluster-info/cluster_version.json is not a version of Kubernetes',
  ]],
  ["leaves out an entry in which nothing is written", [{ fail: null }, pass()], version("v1.27.3"), ["pass: P"]],
  [
    "refuses an entry with none of fail, warn, pass",
    [pass(">= 1.22.0"), { failed: {} }],
    version("v1.27.3"),
    ["throws: Cannot read the outcome number 2: it has none of fail, warn, pass"],
  ],
];

for (const [name, outcomes, files, expected] of behaviour) {
  Deno.test(`clusterVersion ${name}`, async () =>
    deepStrictEqual(await verdictsOf(clusterVersion, { outcomes }, files), expected));
}

Deno.test("clusterVersion says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(clusterVersion, { outcomes: [fail("", "F", "https://x.example")] }, version("v1.27.3")),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: "cluster-info/cluster_version.json" }],
    }],
  ));

Deno.test("clusterVersion is called by checkName, or what it is, also where no outcome matches", async () => {
  const title = (config: object) => clusterVersion.title(clusterVersion.schema.parse(config));
  deepStrictEqual(title({}), "Required Kubernetes Version");
  deepStrictEqual(title({ checkName: "Version" }), "Version");
  const [result] = await resultsOf(clusterVersion, { outcomes: [] }, version("v1.27.3"));
  deepStrictEqual(result!.title, undefined);
});
