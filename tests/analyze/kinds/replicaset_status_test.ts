import { deepStrictEqual } from "node:assert/strict";
import { replicasetStatus } from "../../../src/analyze/kinds/cluster/replicaset_status.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const FOLDER = "cluster-resources/replicasets";
const set = (name: string, replicas: number | undefined, available: number, labels: object, namespace = "shop") => ({
  metadata: { name, namespace, labels },
  spec: { replicas },
  status: { readyReplicas: available + 1, availableReplicas: available },
});
const files = {
  [`${FOLDER}/shop.json`]: {
    items: [
      set("web", 3, 2, { app: "web", tier: "front" }),
      set("web-old", 0, 0, { app: "web" }),
      set("one", undefined, 1, { app: "one" }),
      set("none", undefined, 0, {}),
    ],
  },
  [`${FOLDER}/other.json`]: [set("db", 1, 0, { app: "db" }, "other")],
};
const web = { name: "web", namespace: "shop" };
const shop = { namespace: "shop" };

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["compares ready replicas", { ...web, outcomes: [fail("ready < 3"), warn("ready = 3")] }, ["warn: W"]],
  ["counts ready replicas where nothing is named", { ...web, outcomes: [fail("< 3"), warn(">= 3")] }, ["warn: W"]],
  ["compares available replicas", { ...web, outcomes: [fail("available > 2"), pass("available == 2")] }, ["pass: P"]],
  ["has conditions for each operator", {
    ...web,
    outcomes: [fail("available === 3"), fail("available <= 1"), warn("available >= 2")],
  }, ["warn: W"]],
  ["takes an outcome without when", { ...web, outcomes: [fail("ready > 5"), pass()] }, ["pass: P"]],
  ["fails when it is not there", { ...web, name: "gone", outcomes: [pass()] }, [
    'fail: The replicaset "gone" was not found',
  ]],
  ["says so when no outcome matches", { ...web, outcomes: [pass("ready > 5")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched 3 ready and 2 available replicas of the " +
    'replicaset "web"',
  ]],
  ["judges by itself without outcomes", web, ["fail: The replicaset shop/web is not ready"]],
  ["passes by itself without outcomes", { ...web, name: "web-old" }, ["pass: The replicaset shop/web-old is ready"]],
  ["wants one replica where none are asked for", { ...web, name: "one" }, ["pass: The replicaset shop/one is ready"]],
  ["ignores selectors beside a name", { ...web, selector: ["app=db"] }, ["fail: The replicaset shop/web is not ready"]],
  ["lists all that lack replicas", {}, [
    "fail: The replicaset other/db is not ready",
    "fail: The replicaset shop/web is not ready",
    "fail: The replicaset shop/none is not ready",
  ]],
  ["looks where it is told", { namespaces: ["other"] }, ["fail: The replicaset other/db is not ready"]],
  ["judges each by outcomes", { ...shop, outcomes: [fail("available < 1"), pass("available >= 1")] }, [
    "pass: P",
    "fail: F",
    "pass: P",
    "fail: F",
  ]],
  ["says of each that no outcome matches", { ...shop, selector: ["app=one"], outcomes: [fail("available > 1")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched 2 ready and 1 available replicas of the " +
    'replicaset "one"',
  ]],
  ["selects by label", { ...shop, selector: ["app=web"], outcomes: [pass("", "P")] }, ["pass: P", "pass: P"]],
  ["joins selectors", { ...shop, selector: ["app in (web, db)", "tier"], outcomes: [pass()] }, ["pass: P"]],
  ["has nothing to say when nothing is selected", { ...shop, selector: ["app=nope"] }, []],
  ["says which file is missing", { ...web, namespace: "nope" }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
  ]],
  ["refuses a bad selector", { ...shop, selector: ["app=web", "tier ~ x"] }, [
    'throws: Cannot read the selector "app=web,tier ~ x": "tier ~ x" is not a requirement',
  ]],
  ["refuses !=", { ...web, outcomes: [pass(), fail("ready != 3")] }, [
    'throws: Cannot read the condition "ready != 3": "!=" is not an operator here',
  ]],
  ["refuses other counts", { ...shop, outcomes: [fail("current > 1")] }, [
    'throws: Cannot read the condition "current > 1": "current" cannot be compared here',
  ]],
  ["does not leave the bundle", { namespaces: ["a/../../.."] }, [
    `throws: The path "${FOLDER}/a/../../...json" would lie outside the bundle`,
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`replicasetStatus ${name}`, async () =>
    deepStrictEqual(await verdictsOf(replicasetStatus, config, files), expected));
}

const titles: [config: Record<string, unknown>, titles: (string | undefined)[]][] = [
  [{ namespace: "other" }, ["other/db ReplicaSet Status"]],
  [{ namespace: "other", checkName: "Sets" }, ["Sets"]],
  [{ namespace: "other", outcomes: [fail()] }, ["db Status"]],
  [{ namespace: "other", checkName: "Sets", outcomes: [fail()] }, ["Sets"]],
  [{ ...web, name: "gone" }, ["gone ReplicaSet Status"]],
  [{ ...web, name: "gone", checkName: "Web" }, ["Web"]],
  [{ ...web, outcomes: [pass()] }, [undefined]],
];

for (const [config, expected] of titles) {
  Deno.test(`replicasetStatus has a title for ${JSON.stringify(config)}`, async () =>
    deepStrictEqual((await resultsOf(replicasetStatus, config, files)).map(({ title }) => title), expected));
}

Deno.test("replicasetStatus is called by checkName, or by the replicaset", () => {
  const title = (config: object) => replicasetStatus.title(replicasetStatus.schema.parse(config));
  deepStrictEqual(title(web), "web Status");
  deepStrictEqual(title({ ...web, checkName: "Web" }), "Web");
});

Deno.test("replicasetStatus says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(replicasetStatus, { ...web, outcomes: [fail("", "F", "https://x.example")] }, files),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: `${FOLDER}/shop.json` }],
    }],
  ));
