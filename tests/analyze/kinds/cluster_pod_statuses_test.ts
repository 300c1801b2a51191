import { deepStrictEqual } from "node:assert/strict";
import { clusterPodStatuses } from "../../../src/analyze/kinds/cluster/cluster_pod_statuses.ts";
import { ParsedFiles } from "../../../src/analyze/parsed_files.ts";
import { MemoryBundle } from "../memory_bundle.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const pod = (name: string, phase: string, reason?: string, more: object = {}) => ({
  metadata: { name, namespace: "shop", labels: { app: name } },
  status: {
    phase,
    podIP: "10.0.0.1",
    containerStatuses: [
      reason === undefined
        ? { name: "c", ready: phase === "Running", state: { running: {} } }
        : { name: "c", ready: false, state: { waiting: { reason } } },
    ],
    ...more,
  },
});
const event = (name: string, message: string, more: object = {}) => ({
  type: "Warning",
  message,
  involvedObject: { kind: "Pod", name, namespace: "shop" },
  ...more,
});
const files = {
  "cluster-resources/pods/shop.json": {
    items: [pod("ok", "Running"), pod("loop", "Running", "CrashLoopBackOff"), pod("new", "Pending")],
  },
  "cluster-resources/pods/other.json": [{
    ...pod("gone", "Failed", undefined, { reason: "Evicted", message: "disk" }),
  }],
  "cluster-resources/events/shop.json": {
    items: [
      event("loop", "Back-off restarting"),
      event("loop", "Unhealthy"),
      event("loop", "Pulled", { type: "Normal" }),
      event("loop", "of another kind", { involvedObject: { kind: "Node", name: "loop", namespace: "shop" } }),
    ],
  },
};
const shop = { namespaces: ["shop"] };

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["fails unhealthy pods with the reason and their warnings", { outcomes: [fail("!= Healthy", "")] }, [
    "fail: Pod shop/gone status is Evicted. Message is: disk",
    "fail: Pod shop/loop status is CrashLoopBackOff. Message is: Back-off restarting. Unhealthy",
    "fail: Pod shop/new status is Pending. Message is: None",
  ]],
  ["judges healthy pods", { ...shop, outcomes: [pass("= Healthy", "{{ .Name }}")] }, ["pass: ok"]],
  ["matches reasons and phases", {
    ...shop,
    outcomes: [fail("== CrashLoopBackOff", "{{ .Name }} loops"), warn("=== Pending", "{{ .Name }} waits")],
  }, ["fail: loop loops", "warn: new waits"]],
  ["matches the phase beside the reason", { ...shop, outcomes: [pass("= Running", "{{ .Name }}")] }, [
    "pass: ok",
    "pass: loop",
  ]],
  ["differs from both for !=", { ...shop, outcomes: [warn("!== Running", "{{ .Name }}")] }, ["warn: new"]],
  ["takes words after the reason for a comment", { ...shop, outcomes: [warn("= Pending now", "{{ .Name }}")] }, [
    "warn: new",
  ]],
  ["takes the first outcome that holds", { ...shop, outcomes: [warn("= Pending", "a"), fail("", "b")] }, [
    "fail: b",
    "fail: b",
    "warn: a",
  ]],
  ["renders the fields of the pod", {
    ...shop,
    outcomes: [
      warn(
        "= Pending",
        "{{ .Status.PodIP }} {{ .Labels.app }} {{ .ObjectMeta.Name }} [{{ .Status.HostIP }}] " +
          "{{ (index .Status.ContainerStatuses 0).Ready }} {{ (index .Status.ContainerStatuses 0).RestartCount }}",
      ),
    ],
  }, ["warn: 10.0.0.1 new new [] false 0"]],
  ["knows = with other spellings", { ...shop, outcomes: [fail("=== Healthy", "{{ .Name }}")] }, ["fail: ok"]],
  ["knows != with other spellings", { ...shop, outcomes: [fail("!== Healthy", "{{ .Name }}")] }, [
    "fail: loop",
    "fail: new",
  ]],
  ["minds the case of reasons", { ...shop, outcomes: [fail("= pending"), warn("= crashloopbackoff")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched any of the 3 pods",
  ]],
  ["takes a reason of the status itself", { outcomes: [fail("= Evicted", "{{ .Name }}")] }, ["fail: gone"]],
  ["takes blanks around a message away", { ...shop, outcomes: [warn("= Pending", "  {{ .Name }}\n ")] }, ["warn: new"]],
  ["looks into namespaces in order", {
    namespaces: ["shop", "other"],
    outcomes: [fail("= Evicted", "{{ .Name }}"), warn("= Pending", "{{ .Name }}")],
  }, ["fail: gone", "warn: new"]],
  ["looks into each namespace once", { namespaces: ["other", "other"], outcomes: [fail("", "{{ .Name }}")] }, [
    "fail: gone",
  ]],
  ["sums up when no pod matches", { ...shop, outcomes: [fail("= Evicted")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched any of the 3 pods",
  ]],
  ["names a namespace that is not in the bundle", { namespaces: ["nope"], outcomes: [fail()] }, [
    "skipped/file-missing: The bundle does not have cluster-resources/pods/nope.json, or it is empty",
  ]],
  ["fails on a field that pods do not have", { ...shop, outcomes: [fail("= Pending", "{{ .Status.Nope }}")] }, [
    'throws: Cannot use the template "{{ .Status.Nope }}": PodStatus has no field Nope',
  ]],
  ["refuses a template that cannot be read", { ...shop, outcomes: [fail("= Nothing", "{{ nope }}")] }, [
    'throws: Cannot use the template "{{ nope }}": there is no function "nope"',
  ]],
  ["refuses other operators", { ...shop, outcomes: [fail("> Healthy")] }, [
    'throws: Cannot read the condition "> Healthy": ">" is not an operator here',
  ]],
  ["refuses a reason alone", { ...shop, outcomes: [fail("Healthy")] }, [
    'throws: Cannot read the condition "Healthy": it is not an operator and a reason',
  ]],
  ["does not leave the bundle", { namespaces: ["../../x"], outcomes: [fail()] }, [
    'throws: The path "../../x.json" would lie outside the bundle',
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`clusterPodStatuses ${name}`, async () =>
    deepStrictEqual(await verdictsOf(clusterPodStatuses, config, files), expected));
}

Deno.test("clusterPodStatuses says which pod, and where it is seen", async () =>
  deepStrictEqual(
    await resultsOf(clusterPodStatuses, { outcomes: [fail("= Evicted", "out", "https://x.example")] }, files),
    [{
      title: "Pod shop/gone status",
      outcome: { status: "fail", message: "out" },
      uri: "https://x.example",
      involvedObject: { kind: "Pod", namespace: "shop", name: "gone", apiVersion: "v1" },
      evidence: [{ path: "cluster-resources/pods/other.json" }],
    }],
  ));

Deno.test("clusterPodStatuses renders checkName for each pod", async () =>
  deepStrictEqual(
    (await resultsOf(
      clusterPodStatuses,
      { ...shop, checkName: "Is {{ .Name }} up?", outcomes: [fail("!= Healthy")] },
      files,
    ))
      .map(({ title }) => title),
    ["Is loop up?", "Is new up?"],
  ));

Deno.test("clusterPodStatuses leaves the pods of the bundle as they are, for other analyzers", async () => {
  const bundle = new MemoryBundle(files);
  const config = clusterPodStatuses.schema.parse({ outcomes: [fail()] });
  const read = async () => (await Array.fromAsync(clusterPodStatuses.analyze(config, bundle))).length;
  deepStrictEqual(await read(), 4);
  deepStrictEqual(
    await ParsedFiles.of(bundle).json("cluster-resources/pods/shop.json"),
    files["cluster-resources/pods/shop.json"],
  );
  deepStrictEqual(bundle.reads.get("cluster-resources/pods/shop.json"), 1);
});

Deno.test("clusterPodStatuses says so when the bundle has no pods", async () =>
  deepStrictEqual(await verdictsOf(clusterPodStatuses, { outcomes: [fail()] }, {}), [
    "skipped/file-missing: The bundle does not have cluster-resources/pods/*.json, or it is empty",
  ]));

Deno.test("clusterPodStatuses says so when there is no pod in the bundle's lists", async () =>
  deepStrictEqual(
    await verdictsOf(clusterPodStatuses, { outcomes: [fail()] }, {
      "cluster-resources/pods/a.json": { items: [] },
      "cluster-resources/pods/b.json": "",
    }),
    ["skipped/no-outcome-matched: No outcome of the spec matched any of the 0 pods"],
  ));

Deno.test("clusterPodStatuses reads events that are a bare array", async () =>
  deepStrictEqual(
    await verdictsOf(clusterPodStatuses, { outcomes: [fail("= CrashLoopBackOff", "{{ .Status.Message }}")] }, {
      ...files,
      "cluster-resources/events/shop.json": [{}, event("loop", "Back-off")],
    }),
    ["fail: Back-off"],
  ));

Deno.test("clusterPodStatuses goes on after a pod of another shape", async () =>
  deepStrictEqual(
    await verdictsOf(clusterPodStatuses, { outcomes: [fail("!= Healthy", "{{ .Name }}")] }, {
      "cluster-resources/pods/a.json": [
        { metadata: null, status: 7 },
        { metadata: { name: "odd" }, status: { containerStatuses: 7 } },
        pod("new", "Pending"),
      ],
    }),
    [
      "fail: ",
      "error: The status of the pod a/odd in cluster-resources/pods/a.json is of no known form",
      "fail: new",
    ],
  ));

Deno.test("clusterPodStatuses is called by checkName where that is no template", () => {
  const title = (config: object) => clusterPodStatuses.title(clusterPodStatuses.schema.parse(config));
  deepStrictEqual(title({}), "Pod Status");
  deepStrictEqual(title({ checkName: "Pods" }), "Pods");
  deepStrictEqual(title({ checkName: "Is {{ .Name }} up?" }), "Pod Status");
});
