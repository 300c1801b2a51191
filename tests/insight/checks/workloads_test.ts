import { deepStrictEqual } from "node:assert/strict";
import { disruptionBudgets } from "../../../src/insight/checks/disruption_budgets.ts";
import { services } from "../../../src/insight/checks/services.ts";
import { webhooks } from "../../../src/insight/checks/webhooks.ts";
import { workloads } from "../../../src/insight/checks/workloads.ts";
import type { Insight } from "../../../src/insight/insight.ts";
import { type Any, bundleOf, causesOf, container, crashing, made, node, pod, YOUNG } from "../cluster_fixture.ts";

type Row = [name: string, lists: Record<string, Any[]>, expected: string[], more?: Record<string, unknown>];
const CRASH = "crash-loop/shop/Deployment/web/main";
const sick = pod({ ready: false, statuses: [crashing()] });
const young = { creationTimestamp: YOUNG };
const deployment = (status: Any, spec: Any = {}, metadata: Any = {}) =>
  made("Deployment", "shop/web", {
    spec: { replicas: 2, template: { metadata: { labels: { app: "web" } } }, ...spec },
    status,
  }, metadata);
const daemons = (status: Any) => made("DaemonSet", "shop/agent", { status });
const agent = (name: string, more: Any = {}) =>
  pod({ name, owner: "DaemonSet/agent", labels: { app: "agent" }, ...more });
const replicaFailure = (message: string) => ({
  readyReplicas: 1,
  conditions: [{ type: "ReplicaFailure", status: "True", message }],
});
const cordoned = node("node-b", { Ready: "True" }, { spec: { unschedulable: true } });
const service = (spec: Any = {}, metadata: Any = {}) =>
  made("Service", "shop/web", { spec: { clusterIP: "10.0.0.1", selector: { app: "web" }, ...spec } }, metadata);
const other = pod({ name: "other", owner: "ReplicaSet/other-abc", labels: { app: "other" } });
const slice = (ready: boolean) =>
  made("EndpointSlice", "shop/web-x", { endpoints: [{ conditions: { ready } }] }, {
    labels: { "kubernetes.io/service-name": "web" },
  });
const hook = (more: Any = {}) =>
  made("ValidatingWebhookConfiguration", "guard", {
    webhooks: [{
      name: "guard.example.com",
      clientConfig: { service: { namespace: "shop", name: "web" } },
      rules: [{ operations: ["CREATE"], resources: ["pods"] }],
      ...more,
    }],
  });
const hooks = (...configurations: Any[]) => ({ "validating-webhook-configurations": configurations });
const namespaces = (...names: string[]) => ({
  "cluster-resources/namespaces.json": { kind: "NamespaceList", items: names.map((name) => made("Namespace", name)) },
});
const budget = (status: Any, spec: Any = { minAvailable: 2 }, metadata: Any = {}) =>
  made(
    "PodDisruptionBudget",
    "shop/web",
    { spec: { selector: { matchLabels: { app: "web" } }, ...spec }, status },
    metadata,
  );
const BUDGETS = "pod-disruption-budgets";

const checks: [Insight, Row[]][] = [
  [workloads, [
    ["says nothing of one that has what it wants", { deployments: [deployment({ readyReplicas: 2 })] }, []],
    ["says nothing of one that has more", { deployments: [deployment({ readyReplicas: 3 })] }, []],
    ["tells of one without pods", { deployments: [deployment({})] }, ["fail workload/shop/Deployment/web"]],
    ["warns of one with too few", { deployments: [deployment({ readyReplicas: 1 })] }, [
      "warn workload/shop/Deployment/web",
    ]],
    ["adds to the finding about its pods", { deployments: [deployment({ readyReplicas: 1 })], pods: [sick] }, [
      `warn ${CRASH}`,
    ]],
    ["gives a quota as the cause", {
      deployments: [deployment(replicaFailure('pods "x" is forbidden: exceeded quota: q, requested'))],
    }, ["warn quota/shop/q"]],
    ["gives a webhook as the cause, by its Service", {
      deployments: [deployment(replicaFailure(
        'failed calling webhook "guard.example.com": Post "https://web.shop.svc:443/x": connection refused',
      ))],
    }, ["warn webhook/shop/web"]],
    ["tells of any other refusal", { deployments: [deployment(replicaFailure("violates PodSecurity"))] }, [
      "warn workload/shop/Deployment/web",
    ]],
    ["says nothing of a paused Deployment", { deployments: [deployment({}, { paused: true })] }, []],
    ["says nothing of one that is scaled to zero", { deployments: [deployment({}, { replicas: 0 })] }, []],
    ["says nothing of a young one", { deployments: [deployment({}, {}, young)] }, []],
    ["adds to the finding about its pods at any age", { deployments: [deployment({}, {}, young)], pods: [sick] }, [
      `fail ${CRASH}`,
    ]],
    ["says nothing while a young pod starts", {
      deployments: [deployment({ readyReplicas: 1 })],
      pods: [pod({ created: YOUNG, ready: false, statuses: [container({ ready: false })] })],
    }, []],
    ["says nothing while a rollout moves", {
      deployments: [deployment({
        readyReplicas: 1,
        conditions: [{ type: "Progressing", status: "True", reason: "ReplicaSetUpdated", lastUpdateTime: YOUNG }],
      })],
    }, []],
    ["tells of a StatefulSet", {
      statefulsets: [made("StatefulSet", "shop/db", { spec: { replicas: 1 }, status: {} })],
    }, [
      "fail workload/shop/StatefulSet/db",
    ]],
    ["tells of daemons", {
      daemonsets: [daemons({ desiredNumberScheduled: 2, numberReady: 1 })],
      pods: [agent("a")],
      nodes: [node("node-a"), node("node-b")],
    }, ["warn workload/shop/DaemonSet/agent"]],
    ["says nothing of daemons whose missing pod belongs to a cordoned node", {
      daemonsets: [daemons({ desiredNumberScheduled: 2, numberReady: 1 })],
      pods: [agent("a"), agent("b", { node: "node-b", ready: false, statuses: [container({ ready: false })] })],
      nodes: [node("node-a"), cordoned],
    }, []],
    ["says nothing of daemons on a node that is being set up", {
      daemonsets: [daemons({ desiredNumberScheduled: 1, numberReady: 0 })],
      pods: [agent("a", { created: YOUNG, ready: false, statuses: [container({ ready: false })] })],
      nodes: [node("node-a", { Ready: "False" }, { metadata: { name: "node-a", ...young } })],
    }, []],
    ["says nothing of daemons that no node wants", {
      daemonsets: [daemons({ desiredNumberScheduled: 0, numberReady: 0 })],
    }, []],
  ]],
  [services, [
    ["says nothing of one with a ready pod", { services: [service()], pods: [pod(), sick] }, []],
    ["warns of a selector that fits nothing", { services: [service()], pods: [other] }, ["warn service/shop/web"]],
    ["adds to the finding about its pods", { services: [service()], pods: [sick] }, [`fail ${CRASH}`]],
    ["says nothing of a headless one", { services: [service({ clusterIP: "None" })], pods: [other] }, []],
    ["says nothing of an ExternalName", { services: [service({ type: "ExternalName" })], pods: [other] }, []],
    ["says nothing of one without a selector", { services: [service({ selector: undefined })], pods: [other] }, []],
    ["says nothing of one that publishes pods that are not ready", {
      services: [service({ publishNotReadyAddresses: true })],
      pods: [other],
    }, []],
    ["says nothing of one whose workload is scaled to zero", {
      services: [service()],
      pods: [other],
      deployments: [deployment({}, { replicas: 0 })],
    }, []],
    ["says nothing of a young one", { services: [service({}, young)], pods: [other] }, []],
    ["says nothing while its only pod is young", {
      services: [service()],
      pods: [pod({ created: YOUNG, ready: false, statuses: [container({ ready: false })] })],
    }, []],
    ["says nothing where the bundle lacks the pods", { services: [service()] }, []],
    ["believes endpoints that are ready", { services: [service()], pods: [other], endpointslices: [slice(true)] }, []],
    ["believes endpoints that are not", { services: [service()], pods: [other], endpointslices: [slice(false)] }, [
      "warn service/shop/web",
    ]],
  ]],
  [webhooks, [
    [
      "says nothing of one whose Service has a ready pod",
      { ...hooks(hook()), services: [service()], pods: [pod()] },
      [],
    ],
    ["tells of one whose Service is not there", {
      ...hooks(hook()),
      services: [made("Service", "shop/else")],
      pods: [pod()],
    }, [
      "fail webhook/shop/web",
    ]],
    ["tells of one whose namespace is not there", hooks(hook()), ["fail webhook/shop/web"], namespaces("ops")],
    ["says nothing where the bundle lacks the namespace", hooks(hook()), [], namespaces("ops", "shop")],
    ["adds to the finding about the pods", { ...hooks(hook()), services: [service()], pods: [sick] }, [
      `fail ${CRASH}`,
    ]],
    ["adds to the finding about the Service", { ...hooks(hook()), services: [service()], pods: [other] }, [
      "fail service/shop/web",
    ]],
    ["tells of a workload that is scaled to zero", {
      ...hooks(hook()),
      services: [service()],
      pods: [other],
      deployments: [deployment({}, { replicas: 0 })],
    }, ["fail webhook/shop/web"]],
    ["says nothing of one that may be ignored", {
      ...hooks(hook({ failurePolicy: "Ignore" })),
      services: [service()],
      pods: [other],
    }, []],
    ["says nothing of one that is called by URL", {
      ...hooks(hook({ clientConfig: { url: "https://x.example" } })),
      services: [service()],
      pods: [other],
    }, []],
  ]],
  [disruptionBudgets, [
    ["says nothing of one that allows some", {
      [BUDGETS]: [budget({ disruptionsAllowed: 1, expectedPods: 3, currentHealthy: 3, desiredHealthy: 2 })],
    }, []],
    ["warns of a dead end", {
      [BUDGETS]: [budget({ disruptionsAllowed: 0, expectedPods: 2, currentHealthy: 2, desiredHealthy: 2 })],
    }, ["warn disruption-budget/shop/web"]],
    ["says nothing of one without pods", {
      [BUDGETS]: [budget({ disruptionsAllowed: 0, expectedPods: 0, currentHealthy: 0, desiredHealthy: 0 })],
    }, []],
    ["adds to the finding about pods that are not healthy", {
      [BUDGETS]: [budget({ disruptionsAllowed: 0, expectedPods: 3, currentHealthy: 1, desiredHealthy: 2 })],
      pods: [sick],
    }, [`warn ${CRASH}`]],
    ["says nothing of a young one", {
      [BUDGETS]: [budget({ disruptionsAllowed: 0, expectedPods: 2, currentHealthy: 2, desiredHealthy: 2 }, {}, young)],
    }, []],
  ]],
];

for (const [insight, rows] of checks) {
  for (const [name, lists, expected, more] of rows) {
    Deno.test(`${insight.id}: ${name}`, async () => {
      deepStrictEqual(await causesOf(insight, bundleOf(lists, more)), expected);
    });
  }
}
