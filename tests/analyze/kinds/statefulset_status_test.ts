import { deepStrictEqual } from "node:assert/strict";
import { statefulsetStatus } from "../../../src/analyze/kinds/cluster/statefulset_status.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const FOLDER = "cluster-resources/statefulsets";
const set = (name: string, replicas: number, ready: number, namespace = "shop") => ({
  metadata: { name, namespace },
  spec: { replicas },
  status: { replicas, readyReplicas: ready, availableReplicas: 0 },
});
const files = {
  [`${FOLDER}/shop.json`]: { items: [set("db", 3, 2), set("cache", 1, 1), { metadata: { name: "new" } }] },
  [`${FOLDER}/other.json`]: [set("queue", 2, 0, "other")],
};
const db = { name: "db", namespace: "shop" };
const gone = { name: "gone", namespace: "shop" };
const NOT_FOUND = 'fail: The statefulset "gone" was not found';

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["compares with =", { ...db, outcomes: [pass("= 2")] }, ["pass: P"]],
  ["compares with ==", { ...db, outcomes: [fail("== 3"), pass("== 2")] }, ["pass: P"]],
  ["compares with ===", { ...db, outcomes: [pass("=== 2")] }, ["pass: P"]],
  ["compares with <", { ...db, outcomes: [fail("< 2"), warn("< 3")] }, ["warn: W"]],
  ["compares with >", { ...db, outcomes: [fail("> 2"), warn("> 1")] }, ["warn: W"]],
  ["compares with <=", { ...db, outcomes: [fail("<= 1"), warn("<= 2")] }, ["warn: W"]],
  ["compares with >=", { ...db, outcomes: [fail(">= 3"), warn(">= 2")] }, ["warn: W"]],
  ["takes an outcome without when", { ...db, outcomes: [fail("> 5"), pass()] }, ["pass: P"]],
  ["does not take what is there for absent", { ...db, outcomes: [fail("absent"), pass()] }, ["pass: P"]],
  ["counts no ready replicas where the status lacks them", {
    name: "new",
    namespace: "shop",
    outcomes: [fail("< 1"), pass()],
  }, ["fail: F"]],
  ["fails when it is not there", { ...gone, outcomes: [pass(">= 1")] }, [NOT_FOUND]],
  ["fails when it is not there, without outcomes", gone, [NOT_FOUND]],
  ["knows absent, wherever it stands", { ...gone, outcomes: [pass(">= 1"), warn("absent", "fine")] }, ["warn: fine"]],
  ["says so when no outcome matches", { ...db, outcomes: [pass(">= 3")] }, [
    'skipped/no-outcome-matched: No outcome of the spec matched 2 ready replicas of the statefulset "db"',
  ]],
  ["judges by itself without outcomes", db, ["fail: The statefulset shop/db has 2/3 replicas"]],
  ["passes by itself without outcomes", { name: "cache", namespace: "shop" }, [
    "pass: The statefulset shop/cache has 1/1 replicas",
  ]],
  ["lists all that lack replicas", { outcomes: [pass()] }, [
    "fail: The statefulset other/queue has 0/2 replicas",
    "fail: The statefulset shop/db has 2/3 replicas",
  ]],
  ["looks in the namespace alone", { namespace: "shop" }, ["fail: The statefulset shop/db has 2/3 replicas"]],
  ["looks in namespace and namespaces, in each once", { namespace: "shop", namespaces: ["other", "shop"] }, [
    "fail: The statefulset other/queue has 0/2 replicas",
    "fail: The statefulset shop/db has 2/3 replicas",
  ]],
  ["says which file is missing", { name: "x", namespace: "nope", outcomes: [pass()] }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
  ]],
  ["needs a namespace for a name", { name: "x" }, [
    'throws: The statefulset "x" cannot be looked up: the spec names no namespace',
  ]],
  ["refuses !=", { ...db, outcomes: [fail("!= 3")] }, [
    'throws: Cannot read the condition "!= 3": "!=" is not an operator here',
  ]],
  ["refuses a bad when that an earlier outcome hides", { ...db, outcomes: [pass(), fail("gone")] }, [
    'throws: Cannot read the condition "gone": it is not an operator and a number',
  ]],
  ["does not leave the bundle", { namespaces: ["../x"] }, [
    `throws: The path "${FOLDER}/../x.json" would lie outside the bundle`,
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`statefulsetStatus ${name}`, async () =>
    deepStrictEqual(await verdictsOf(statefulsetStatus, config, files), expected));
}

Deno.test("statefulsetStatus goes on after one that cannot be judged", async () => {
  const odd = { metadata: { name: "odd" }, status: { replicas: "***HIDDEN***" } };
  deepStrictEqual(
    await verdictsOf(statefulsetStatus, {}, {
      [`${FOLDER}/a.json`]: { items: [odd, { status: 7 }, set("db", 1, 0, "a")] },
    }),
    ['error: status.replicas of "odd" is not a number', "fail: The statefulset a/db has 0/1 replicas"],
  );
});

Deno.test("statefulsetStatus has a title for each, unless checkName is one", async () => {
  const titles = async (config: object) =>
    (await resultsOf(statefulsetStatus, { namespace: "shop", ...config }, files)).map(({ title }) => title);
  deepStrictEqual(await titles({}), ["shop/db Statefulset Status"]);
  deepStrictEqual(await titles({ checkName: "Sets" }), ["Sets"]);
  const title = (config: object) => statefulsetStatus.title(statefulsetStatus.schema.parse(config));
  deepStrictEqual(title(db), "db Status");
  deepStrictEqual(title({ ...db, checkName: "Database" }), "Database");
});

Deno.test("statefulsetStatus says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(statefulsetStatus, { ...db, outcomes: [fail("< 3", "F", "https://x.example")] }, files),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: `${FOLDER}/shop.json` }],
    }],
  ));
