import { deepStrictEqual } from "node:assert/strict";
import { deploymentStatus } from "../../../src/analyze/kinds/cluster/deployment_status.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const deployment = (name: string, replicas: number, ready: number, spec = replicas, namespace = "shop") => ({
  metadata: { name, namespace },
  spec: { replicas: spec },
  status: { replicas, readyReplicas: ready, availableReplicas: ready },
});
const files = {
  "cluster-resources/deployments/shop.json": {
    kind: "DeploymentList",
    items: [deployment("web", 3, 2), deployment("db", 1, 1), deployment("quota", 0, 0, 2), deployment("off", 0, 0)],
  },
  "cluster-resources/deployments/empty.json": { items: null },
  "cluster-resources/deployments/other.json": [deployment("job", 2, 0, 2, "other")],
};
const web = { name: "web", namespace: "shop" };
const gone = { name: "gone", namespace: "shop" };
const NOT_FOUND = 'fail: The deployment "gone" was not found';

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["compares ready replicas", { ...web, outcomes: [fail("< 1"), warn("< 3"), pass()] }, ["warn: W"]],
  ["has conditions for each operator", { ...web, outcomes: [fail("= 3"), warn("> 2"), pass("=== 2")] }, ["pass: P"]],
  ["compares with ==", { ...web, outcomes: [fail("== 3"), pass("== 2")] }, ["pass: P"]],
  ["compares with <=", { ...web, outcomes: [fail("<= 1"), warn("<= 2")] }, ["warn: W"]],
  ["compares with >=", { ...web, outcomes: [fail(">= 3"), warn(">= 2")] }, ["warn: W"]],
  ["takes any number of blanks", { ...web, outcomes: [fail("  =   3 "), pass(" =  2")] }, ["pass: P"]],
  ["ignores outcomes without a name", { namespace: "other", outcomes: [pass("not a condition")] }, [
    "fail: The deployment other/job has 0/2 replicas",
  ]],
  ["looks in namespace and namespaces", { namespace: "shop", namespaces: ["other"] }, [
    "fail: The deployment other/job has 0/2 replicas",
    "fail: The deployment shop/web has 2/3 replicas",
    "fail: The deployment shop/quota has 0/2 replicas",
  ]],
  ["ignores namespaces beside a name", { ...web, namespaces: ["other"], outcomes: [pass("= 2")] }, ["pass: P"]],
  ["refuses a missing blank", { ...web, outcomes: [fail(">=3")] }, [
    'throws: Cannot read the condition ">=3": it is not an operator and a number',
  ]],
  ["does not take what is there for absent", { ...web, outcomes: [fail("absent"), pass()] }, ["pass: P"]],
  ["fails when it is not there", { ...gone, outcomes: [pass(">= 1")] }, [NOT_FOUND]],
  ["fails when it is not there, without outcomes", gone, [NOT_FOUND]],
  ["knows absent, wherever it stands", { ...gone, outcomes: [pass(">= 1"), warn("absent", "fine")] }, ["warn: fine"]],
  ["says so when no outcome matches", { ...web, outcomes: [pass(">= 3")] }, [
    'skipped/no-outcome-matched: No outcome of the spec matched 2 ready replicas of the deployment "web"',
  ]],
  ["judges by itself without outcomes", web, ["fail: The deployment shop/web has 2/3 replicas"]],
  ["passes by itself without outcomes", { name: "db", namespace: "shop" }, [
    "pass: The deployment shop/db has 1/1 replicas",
  ]],
  ["says which file is missing", { name: "x", namespace: "nope" }, [
    "skipped/file-missing: The bundle does not have cluster-resources/deployments/nope.json, or it is empty",
  ]],
  ["needs a namespace for a name", { name: "x" }, [
    'throws: The deployment "x" cannot be looked up: the spec names no namespace',
  ]],
  [
    "lists all that lack replicas",
    {},
    [
      "fail: The deployment other/job has 0/2 replicas",
      "fail: The deployment shop/web has 2/3 replicas",
      "fail: The deployment shop/quota has 0/2 replicas",
    ],
  ],
  ["looks where it is told", { namespace: "empty", namespaces: ["other", "empty"] }, [
    "fail: The deployment other/job has 0/2 replicas",
  ]],
  ["has nothing to say when all is well", { namespace: "empty" }, []],
  ["names a namespace that is not in the bundle", { namespaces: ["nope"] }, [
    "skipped/file-missing: The bundle does not have cluster-resources/deployments/nope.json, or it is empty",
  ]],
  ["refuses !=", { ...web, outcomes: [fail("!= 3")] }, [
    'throws: Cannot read the condition "!= 3": "!=" is not an operator here',
  ]],
  ["refuses a bad when that an earlier outcome hides", { ...web, outcomes: [pass(), fail("gone")] }, [
    'throws: Cannot read the condition "gone": it is not an operator and a number',
  ]],
  ["does not leave the bundle", { namespace: "../.." }, [
    'throws: The path "cluster-resources/deployments/../...json" would lie outside the bundle',
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`deploymentStatus ${name}`, async () =>
    deepStrictEqual(await verdictsOf(deploymentStatus, config, files), expected));
}

Deno.test("deploymentStatus honours checkName for all deployments", async () =>
  deepStrictEqual(
    (await resultsOf(deploymentStatus, { checkName: "Replicas", namespace: "other" }, files)).map(({ title }) => title),
    ["Replicas"],
  ));

Deno.test("deploymentStatus names each deployment in its title", async () =>
  deepStrictEqual(
    (await resultsOf(deploymentStatus, { namespace: "shop" }, files)).map(({ title }) => title),
    ["shop/web Deployment Status", "shop/quota Deployment Status"],
  ));

Deno.test("deploymentStatus says so when the bundle has no deployments", async () =>
  deepStrictEqual(await verdictsOf(deploymentStatus, {}, {}), [
    "skipped/file-missing: The bundle does not have cluster-resources/deployments/*.json, or it is empty",
  ]));

Deno.test("deploymentStatus takes an empty file for a namespace without deployments", async () =>
  deepStrictEqual(await verdictsOf(deploymentStatus, {}, { "cluster-resources/deployments/a.json": "" }), []));

Deno.test("deploymentStatus goes on after one that cannot be judged", async () => {
  const odd = { metadata: { name: "odd" }, status: { replicas: "***HIDDEN***" } };
  deepStrictEqual(
    await verdictsOf(deploymentStatus, {}, {
      "cluster-resources/deployments/a.json": [odd, {}, { metadata: 7, spec: null }, deployment("web", 1, 0)],
    }),
    ['error: status.replicas of "odd" is not a number', "fail: The deployment shop/web has 0/1 replicas"],
  );
});

Deno.test("deploymentStatus fails on null items", async () =>
  deepStrictEqual(await verdictsOf(deploymentStatus, {}, { "cluster-resources/deployments/a.json": [null] }), [
    "throws: cluster-resources/deployments/a.json of the bundle is not a list of Kubernetes objects",
  ]));

Deno.test("deploymentStatus is called by checkName, or by the deployment", () => {
  const title = (config: object) => deploymentStatus.title(deploymentStatus.schema.parse(config));
  deepStrictEqual(title(web), "web Status");
  deepStrictEqual(title({ ...web, checkName: "Web" }), "Web");
});

Deno.test("deploymentStatus says where it is seen, and where to read on", async () => {
  const outcomes = [fail("< 3", "F", "https://x.example")];
  const evidence = [{ path: "cluster-resources/deployments/shop.json" }];
  deepStrictEqual(await resultsOf(deploymentStatus, { ...web, outcomes }, files), [
    { outcome: { status: "fail", message: "F" }, uri: "https://x.example", evidence },
  ]);
  deepStrictEqual(await resultsOf(deploymentStatus, { ...gone, outcomes }, files), [{
    outcome: { status: "fail", message: 'The deployment "gone" was not found' },
    uri: "https://x.example",
    evidence,
  }]);
});
