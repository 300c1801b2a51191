import { deepStrictEqual } from "node:assert/strict";
import { containerRuntime } from "../../../src/analyze/kinds/cluster/container_runtime.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const PATH = "cluster-resources/nodes.json";
const nodes = (...versions: unknown[]) => ({
  [PATH]: { items: versions.map((containerRuntimeVersion) => ({ status: { nodeInfo: { containerRuntimeVersion } } })) },
});
const mixed = nodes("containerd://1.7.2", "cri-o://1.28.1", "containerd://1.6.8");

const behaviour: [name: string, outcomes: unknown[], files: Record<string, unknown>, expected: string[]][] = [
  ["knows =", [pass("= containerd")], mixed, ["pass: P"]],
  ["knows ==", [fail("== docker"), pass("== cri-o")], mixed, ["pass: P"]],
  ["knows ===", [warn("=== cri-o")], mixed, ["warn: W"]],
  ["takes an outcome without when", [fail("== docker"), pass()], mixed, ["pass: P"]],
  ["takes no part of a name", [fail("== container"), pass()], mixed, ["pass: P"]],
  ["knows docker", [fail("== docker"), pass()], nodes("docker://20.10.7"), ["fail: F"]],
  ["says so when no outcome matches", [fail("== docker")], mixed, [
    "skipped/no-outcome-matched: No outcome of the spec matched the container runtimes containerd, cri-o",
  ]],
  ["does not guess where no node says it", [fail("== docker"), pass()], nodes("***HIDDEN***", 7), [
    `throws: No node of ${PATH} says which container runtime it has`,
  ]],
  ["does not guess without nodes", [pass()], nodes(), [
    `throws: No node of ${PATH} says which container runtime it has`,
  ]],
  ["goes by the nodes that say it", [pass("== containerd")], nodes(undefined, "containerd://1.7"), ["pass: P"]],
  ["says which file is missing", [pass()], {}, [
    `skipped/file-missing: The bundle does not have ${PATH}, or it is empty`,
  ]],
  ["refuses other operators", [pass(), fail("!= docker")], mixed, [
    'throws: Cannot read the condition "!= docker": "!=" is not an operator here',
  ]],
  ["refuses a name alone", [fail("docker")], mixed, [
    'throws: Cannot read the condition "docker": it is not an operator and a runtime',
  ]],
  ["refuses more words", [fail("== docker engine")], mixed, [
    'throws: Cannot read the condition "== docker engine": it is not an operator and a runtime',
  ]],
];

for (const [name, outcomes, files, expected] of behaviour) {
  Deno.test(`containerRuntime ${name}`, async () =>
    deepStrictEqual(await verdictsOf(containerRuntime, { outcomes }, files), expected));
}

Deno.test("containerRuntime says where it is seen, and where to read on", async () =>
  deepStrictEqual(await resultsOf(containerRuntime, { outcomes: [pass("", "P", "https://x.example")] }, mixed), [{
    outcome: { status: "pass", message: "P" },
    uri: "https://x.example",
    evidence: [{ path: PATH }],
  }]));

Deno.test("containerRuntime is called by checkName, or what it is", () => {
  const title = (config: object) => containerRuntime.title(containerRuntime.schema.parse(config));
  deepStrictEqual(title({}), "Container Runtime");
  deepStrictEqual(title({ checkName: "CRI" }), "CRI");
});
