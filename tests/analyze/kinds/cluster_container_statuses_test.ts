import { deepStrictEqual } from "node:assert/strict";
import { clusterContainerStatuses } from "../../../src/analyze/kinds/cluster/cluster_container_statuses.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const FOLDER = "cluster-resources/pods";
const container = (name: string, restartCount: number, states: object = {}) => ({
  name,
  restartCount,
  ready: restartCount === 0,
  ...states,
});
const pod = (name: string, ...containerStatuses: object[]) => ({
  metadata: { name, namespace: "shop", uid: name },
  status: { containerStatuses, initContainerStatuses: [container("init", 9, oom)] },
});
const oom = { lastState: { terminated: { reason: "OOMKilled", message: "out of memory" } } };
const loop = {
  lastState: { terminated: { reason: "Error", message: "no disk" } },
  state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
};
const files = {
  [`${FOLDER}/shop.json`]: {
    items: [
      pod("web", container("app", 5, oom), container("sidecar", 4, oom), container("calm", 0)),
      pod("db", container("pg", 2, loop)),
    ],
  },
  [`${FOLDER}/jobs.json`]: [{
    metadata: { name: "once", namespace: "jobs" },
    status: { containerStatuses: [container("run", 1, { state: { terminated: { reason: "Completed" } } })] },
  }],
  [`${FOLDER}/empty.json`]: "",
};
const shop = { namespaces: ["shop"] };
const WHICH = "{{ .Namespace }}/{{ .PodName }}/{{ .ContainerName }}";

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["finds every container that ended for a reason, each with its message", {
    outcomes: [fail("== OOMKilled", WHICH)],
  }, ["fail: shop/web/app", "fail: shop/web/sidecar"]],
  ["knows why containers have ended", { outcomes: [pass("= Completed", WHICH)] }, ["pass: jobs/once/run"]],
  ["knows why containers wait", { outcomes: [warn("=== CrashLoopBackOff", WHICH)] }, ["warn: shop/db/pg"]],
  ["compares reasons in any case", { outcomes: [warn("== crashloopbackoff", WHICH)] }, ["warn: shop/db/pg"]],
  ["finds containers of no such reason", { ...shop, outcomes: [warn("!= OOMKilled", WHICH)] }, [
    "warn: shop/web/calm",
    "warn: shop/db/pg",
  ]],
  ["knows !==", { ...shop, restartCount: 1, outcomes: [warn("!== OOMKilled", WHICH)] }, ["warn: shop/db/pg"]],
  ["leaves out containers that restarted less often", { restartCount: 5, outcomes: [fail("== OOMKilled", WHICH)] }, [
    "fail: shop/web/app",
  ]],
  ["takes a number as text", { restartCount: "5", outcomes: [fail("== OOMKilled", WHICH)] }, ["fail: shop/web/app"]],
  ["goes on to further outcomes", {
    outcomes: [fail("== OOMKilled", WHICH), warn("== CrashLoopBackOff", WHICH)],
  }, ["fail: shop/web/app", "fail: shop/web/sidecar", "warn: shop/db/pg"]],
  ["has the outcome without when where none matched", { outcomes: [fail("== Nothing"), pass("", "all is well")] }, [
    "pass: all is well",
  ]],
  ["has it not where one matched, and ends there", {
    outcomes: [fail("== CrashLoopBackOff", WHICH), pass(), warn("== OOMKilled", WHICH)],
  }, ["fail: shop/db/pg"]],
  ["does not look at init containers", { outcomes: [warn("!= Nothing", "{{ .ContainerName }}")], ...shop }, [
    "warn: app",
    "warn: sidecar",
    "warn: calm",
    "warn: pg",
  ]],
  ["renders the fields of the container", {
    outcomes: [fail("== CrashLoopBackOff", "{{ .RestartCount }} {{ .Ready }} {{ .Message }}")],
  }, ["fail: 2 false back-off"]],
  ["renders what the state of the reason says", { outcomes: [fail("== error", "{{ .Message }}")] }, ["fail: no disk"]],
  ["renders what any state says where another reason was asked for", {
    restartCount: 2,
    outcomes: [fail("!= OOMKilled", "{{ .Message }}")],
  }, ["fail: no disk"]],
  ["says which container matched where there is no message", { outcomes: [fail("== CrashLoopBackOff", "")] }, [
    "fail: Container matched. Container: pg, Namespace: shop, Pod: db",
  ]],
  ["says which container matched where the message cannot be made", {
    outcomes: [fail("== CrashLoopBackOff", "{{ .Nope }}")],
  }, [
    "fail: Container matched. Container: pg, Namespace: shop, Pod: db " +
    '(Cannot use the template "{{ .Nope }}": Container has no field Nope)',
  ]],
  ["says so when no outcome matches", { outcomes: [fail("== Nothing")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched any of the 5 containers",
  ]],
  ["names a namespace that is not in the bundle", { namespaces: ["nope"], outcomes: [fail()] }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
  ]],
  ["judges the others beside it", { namespaces: ["nope", "jobs"], outcomes: [pass("= Completed", WHICH)] }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
    "pass: jobs/once/run",
  ]],
  ["refuses other operators, even after an outcome without when", { outcomes: [pass(), fail("> OOMKilled")] }, [
    'throws: Cannot read the condition "> OOMKilled": ">" is not an operator here',
  ]],
  ["refuses more words", { outcomes: [fail("== OOMKilled now")] }, [
    'throws: Cannot read the condition "== OOMKilled now": it is not an operator and a reason',
  ]],
  ["refuses a reason alone", { outcomes: [fail("OOMKilled")] }, [
    'throws: Cannot read the condition "OOMKilled": it is not an operator and a reason',
  ]],
  ["refuses a template that cannot be read", { outcomes: [fail("== Nothing", "{{ nope }}")] }, [
    'throws: Cannot use the template "{{ nope }}": there is no function "nope"',
  ]],
  ["does not leave the bundle", { namespaces: ["../../x"], outcomes: [fail()] }, [
    `throws: The path "${FOLDER}/../../x.json" would lie outside the bundle`,
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`clusterContainerStatuses ${name}`, async () =>
    deepStrictEqual(await verdictsOf(clusterContainerStatuses, config, files), expected));
}

const odd: [name: string, items: unknown, expected: string[]][] = [
  ["pods without a status", [{}, { status: 7 }, { status: { containerStatuses: "x" } }], ["pass: P"]],
  ["containers that are none", [{ status: { containerStatuses: [null, 7, {}] } }], ["pass: P"]],
  ["states that are none", [{ status: { containerStatuses: [{ state: 7, lastState: { terminated: [] } }] } }], [
    "pass: P",
  ]],
  ["a count that is none", [pod("x", { name: "c", restartCount: "***HIDDEN***" })], [
    'throws: restartCount of "c" is not a number',
  ]],
  ["null items", [null], [`throws: ${FOLDER}/a.json of the bundle is not a list of Kubernetes objects`]],
];

for (const [name, items, expected] of odd) {
  Deno.test(`clusterContainerStatuses survives ${name}`, async () =>
    deepStrictEqual(
      await verdictsOf(clusterContainerStatuses, { outcomes: [fail("== OOMKilled"), pass()] }, {
        [`${FOLDER}/a.json`]: { items },
      }),
      expected,
    ));
}

Deno.test("clusterContainerStatuses says so when the bundle has no pods", async () =>
  deepStrictEqual(await verdictsOf(clusterContainerStatuses, { outcomes: [pass()] }, {}), [
    `skipped/file-missing: The bundle does not have ${FOLDER}/*.json, or it is empty`,
  ]));

Deno.test("clusterContainerStatuses says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(clusterContainerStatuses, { outcomes: [fail("= Completed", "F", "https://x.example")] }, files),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: `${FOLDER}/jobs.json` }],
    }],
  ));

Deno.test("clusterContainerStatuses is called by checkName, or what it is", () => {
  const title = (config: object) => clusterContainerStatuses.title(clusterContainerStatuses.schema.parse(config));
  deepStrictEqual(title({}), "Cluster Container Status");
  deepStrictEqual(title({ checkName: "Containers" }), "Containers");
});
