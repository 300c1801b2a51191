import { deepStrictEqual } from "node:assert/strict";
import {
  deployment,
  differenceOf,
  type Files,
  files,
  list,
  type Made,
  node,
  object,
  objectLines,
  pod,
} from "./made_bundle.ts";

const H = "***HIDDEN***";
const NODES = "cluster-resources/nodes.json";
const PODS = "cluster-resources/pods/shop.json";
const DEPLOYMENTS = "cluster-resources/deployments/shop.json";
const CONFIG = "cluster-resources/configmaps/shop.json";

const nodes = (...items: unknown[]) => files({ [NODES]: list("Node", ...items) });
const pods = (...items: unknown[]) => files({ [PODS]: list("Pod", ...items) });
const deployments = (...items: unknown[]) => files({ [DEPLOYMENTS]: list("Deployment", ...items) });
const config = (data: unknown, metadata: Made = {}) =>
  files({ [CONFIG]: list("ConfigMap", object("ConfigMap", "settings", { data, metadata })) });
const claim = (phase: string) =>
  files({
    "cluster-resources/pvcs/shop.json": list("PVC", object("PersistentVolumeClaim", "data", { status: { phase } })),
  });
const widgets = (...items: Made[]) =>
  files({
    "cluster-resources/custom-resource-definitions.json": list(
      "CustomResourceDefinition",
      object("CustomResourceDefinition", "widgets.ex.io"),
    ),
    ...(items.length === 0 ? {} : { "cluster-resources/custom-resources/widgets.ex.io/shop.json": items }),
  });
const widget = (size: number) => object("Widget", "w", { spec: { size } }, "ex.io/v1");
const lease = (time: string, holder: string) =>
  files({
    "cluster-resources/leases/shop.json": list(
      "Lease",
      object("Lease", "leader", { spec: { renewTime: time, holderIdentity: holder } }, "coordination.k8s.io/v1"),
    ),
  });
const replicaSet = (name: string) =>
  object("ReplicaSet", name, { metadata: { ownerReferences: [{ kind: "Deployment", name: "web" }] } }, "apps/v1");
const version = (gitVersion: string) =>
  files({ "cluster-info/cluster_version.json": { info: { gitVersion }, string: gitVersion } });
const certificates = (isValid: boolean, notAfter = "2026-01-01T00:00:00Z") =>
  files({
    "certificates/certificates.json": [{
      source: { secret: "tls", namespace: "shop" },
      certificateChain: [{ certificate: "tls.crt", subject: "CN=a", issuer: "CN=ca", notAfter, isValid }],
    }],
  });
const later = {
  resourceVersion: "99",
  creationTimestamp: "2026-01-02T00:00:00Z",
  managedFields: [],
  generation: 5,
  uid: undefined,
};
const unstamped = ({ kind: _, apiVersion: __, ...rest }: Made) => rest;
const oldIngress = object("Ingress", "web", { spec: { rules: [] } }, "extensions/v1beta1");
const newIngress = object("Ingress", "web", { spec: { rules: null } }, "networking.k8s.io/v1");

// deno-fmt-ignore
const behaviour: [name: string, old: Files, current: Files, lines: string[]][] = [
  ["nothing", pods(pod("a")), pods(pod("a")), []],
  ["a node that is not ready any more", nodes(node("n")), nodes(node("n", { ready: "Unknown" })), ["~ Node n: Ready → NotReady; status.conditions[Ready].status True → Unknown"]],
  ["pressure on a node", nodes(node("n")), nodes(node("n", { pressure: "MemoryPressure" })), ["~ Node n: Ready → Ready, MemoryPressure; status.conditions[MemoryPressure].status False → True"]],
  ["a node's version", nodes(node("n")), nodes(node("n", { version: "v1.31.0" })), ["~ Node n: status.nodeInfo.kubeletVersion v1.30.1 → v1.31.0"]],
  ["a node that came, and one that went", nodes(node("a"), node("b")), nodes(node("b"), node("c")), ["+ Node c", "- Node a"]],
  ["heartbeats, images and messages of nodes: noise", nodes(node("n")), nodes(node("n", { beat: "2026-02-02T00:00:00Z" })), []],
  ["versions, times and managers of objects: noise", config({ a: "1" }), config({ a: "1" }, later), []],
  ["the order of a list: noise", pods(pod("a"), pod("b")), pods(pod("b"), pod("a")), []],
  ["an image", deployments(deployment("web")), deployments(deployment("web", { image: "nginx:1.26", revision: "2" })), ["~ Deployment web: spec.template.spec.containers[web].image nginx:1.25 → nginx:1.26"]],
  ["replicas", deployments(deployment("web")), deployments(deployment("web", { replicas: 3 })), ["~ Deployment web: 2/2 ready → 3/3 ready; spec.replicas 2 → 3"]],
  ["a workload that is not ready any more", deployments(deployment("web")), deployments(deployment("web", { ready: 1 })), ["~ Deployment web: 2/2 ready → 1/2 ready"]],
  ["restarts with the state they led to", pods(pod("a", { restarts: 2 })), pods(pod("a", { restarts: 9, waiting: "CrashLoopBackOff" })), ["~ Pod a: Running → CrashLoopBackOff; restarts 2 → 9"]],
  ["a pod made again under its name", pods(pod("db-0", { restarts: 4 })), pods(pod("db-0", { uid: "other" })), ["~ Pod db-0: recreated"]],
  ["a pod that took another's place", pods(pod("web-1-a")), pods(pod("web-1-b")), ["+ Pod web-1-b", "- Pod web-1-a"]],
  ["a value of a ConfigMap", config({ a: "1", b: "2" }), config({ a: "1", b: "3" }), ["~ ConfigMap settings: data.b 2 → 3"]],
  ["a key that looks like a time in data", config({ t: "2026-01-01T00:00:00Z" }), config({ t: "2026-01-02T00:00:00Z" }), ["~ ConfigMap settings: data.t 2026-01-01T00:00:00Z → 2026-01-02T00:00:00Z"]],
  ["a key by the name of a prototype", config({ ["__proto__x"]: "1" }), config({ constructor: "1" }), ["~ ConfigMap settings: data.__proto__x 1 → undefined; data.constructor undefined → 1"]],
  ["a claim's phase", claim("Bound"), claim("Lost"), ["~ PersistentVolumeClaim data: Bound → Lost"]],
  ["a custom resource", widgets(widget(1)), widgets(widget(2)), ["~ Widget w: spec.size 1 → 2"]],
  ["the first object of a definition", widgets(), widgets(widget(1)), ["+ Widget w"]],
  ["the last object of a definition", widgets(widget(1)), widgets(), ["- Widget w"]],
  ["leases: noise, whoever leads", lease("2026-01-01T00:00:00.000000Z", "a"), lease("2026-01-01T00:00:09.000000Z", "b"), []],
  ["ReplicaSets follow their Deployments", files({ "cluster-resources/replicasets/shop.json": list("ReplicaSet", replicaSet("web-1")) }), files({ "cluster-resources/replicasets/shop.json": list("ReplicaSet", replicaSet("web-2")) }), ["+ ReplicaSet web-2 (quiet)", "- ReplicaSet web-1 (quiet)"]],
  ["the version of the cluster", version("v1.30.1"), version("v1.31.0"), ["~ Cluster Kubernetes: gitVersion v1.30.1 → v1.31.0"]],
  ["a certificate that is no longer valid", certificates(true), certificates(false), ["~ Certificates secret/tls: 1/1 valid → 0/1 valid; spec.certificates[tls.crt CN=a].isValid true → false"]],
  ["a certificate that was renewed", certificates(true), certificates(true, "2027-01-01T00:00:00Z"), ["~ Certificates secret/tls: spec.certificates[tls.crt CN=a].notAfter 2026-01-01T00:00:00Z → 2027-01-01T00:00:00Z"]],
  ["the first fields of a part", nodes(node("n")), nodes({ ...node("n"), spec: { unschedulable: true } }), ["~ Node n: Ready → Ready, cordoned; spec.unschedulable undefined → true"]],
  ["another version of an API: noise", files({ "cluster-resources/ingress/shop.json": list("Ingress", oldIngress) }), files({ "cluster-resources/ingress/shop.json": list("Ingress", newIngress) }), []],
  ["items that do not say their kind: noise", deployments(unstamped(deployment("web"))), deployments(deployment("web")), []],
  ["a plain list of objects, as old versions wrote it", files({ [PODS]: [unstamped(pod("a"))] }), pods(pod("a", { restarts: 2 })), ["~ Pod a: restarts 0 → 2"]],
  ["what is hidden: no change", config({ a: "x=***HIDDEN***&y=1" }), config({ a: "x=hunter2&y=1" }), []],
  ["what is hidden in one bundle only: no change", config({ a: "secret" }), config({ a: H }), []],
  ["what stands beside a hidden value", config({ a: `x=${H}&y=1` }), config({ a: `x=${H}&y=2` }), [`~ ConfigMap settings: data.a x=${H}&y=1 → x=${H}&y=2`]],
  ["a line that came behind a hidden value", config({ a: `x: ${H}\nz: 1` }), config({ a: `x: ${H}\ny: 2\nz: 1` }), [`~ ConfigMap settings: data.a x: ${H}\nz: 1 → x: ${H}\ny: 2\nz: 1`]],
  ["tokens of unrelated runs: no change", config({ a: "***TOKEN_PASSWORD_A1B2C3***" }), config({ a: "***TOKEN_PASSWORD_FFFFFF***" }), []],
];
for (const [name, old, current, lines] of behaviour) {
  Deno.test(`compareBundles() of objects: ${name}`, async () => {
    const found = await differenceOf(old, current);
    deepStrictEqual(objectLines(found), lines);
    deepStrictEqual(found.objects.notCompared, []);
    deepStrictEqual(found.differs, lines.some((line) => !line.includes("(quiet)")));
  });
}

const ofJob = (job: string, token: string) => ({
  ...config({ a: `pw=${token}` }),
  "MANIFEST.json": { startedAt: "2026-01-01T00:00:00Z", execution: { id: `${job}-1`, job }, files: [], missing: [] },
});
// deno-fmt-ignore
const tokens: [name: string, old: Files, current: Files, changed: boolean][] = [
  ["equal tokens of one job", ofJob("a", "***TOKEN_PASSWORD_A1B2C3***"), ofJob("a", "***TOKEN_PASSWORD_A1B2C3***"), false],
  ["different tokens of one job: the value changed", ofJob("a", "***TOKEN_PASSWORD_A1B2C3***"), ofJob("a", "***TOKEN_PASSWORD_FFFFFF***"), true],
  ["different tokens of two jobs", ofJob("a", "***TOKEN_PASSWORD_A1B2C3***"), ofJob("b", "***TOKEN_PASSWORD_FFFFFF***"), false],
  ["a token and a mask of one job", ofJob("a", "***TOKEN_PASSWORD_A1B2C3***"), ofJob("a", H), false],
];
for (const [name, old, current, changed] of tokens) {
  Deno.test(`compareBundles() of tokens: ${name}`, async () => {
    deepStrictEqual((await differenceOf(old, current)).objects.changed.length > 0, changed);
  });
}

const manifest = (part: Made) => ({
  "MANIFEST.json": { startedAt: "2026-01-01T00:00:00Z", files: [], missing: [], ...part },
});
const ofTwo = { ...pods(pod("a")), [`cluster-resources/pods/bank.json`]: list("Pod", pod("b")) };
const huge = (mark: string) => object("Pod", "huge", { data: mark.repeat(9_000_000) });
const twoNamespaces = list("Namespace", object("Namespace", "shop"), object("Namespace", "bank"));

// deno-fmt-ignore
const unknown: [name: string, old: Files, current: Files, removed: string[], why: string[]][] = [
  ["a list that was forbidden", pods(pod("a")), { ...files(), ...manifest({ missing: [{ path: PODS, message: "403 Forbidden" }] }) }, [], ["new: 403 Forbidden"]],
  ["a list that is not there", pods(pod("a")), files(), [], ["new: it is not in the bundle"]],
  ["an empty file", nodes(node("a")), files({ [NODES]: "" }), [], ["new: its list is empty, as after an error"]],
  ["damaged JSON", nodes(node("a")), files({ [NODES]: '{"kind":"NodeList","items":[' }), [], ["new: its JSON cannot be read"]],
  ["a list that was cut", pods(pod("a"), pod("b")), { ...pods(pod("a")), ...manifest({ files: [{ path: PODS, truncated: { limit: "1 MB" } }] }) }, [], ["new: it was cut"]],
  ["a namespace that is gone", { ...ofTwo, "cluster-resources/namespaces.json": twoNamespaces }, pods(pod("a")), ["Namespace bank", "Pod b"], []],
  ["a namespace that was not asked for", ofTwo, { ...pods(pod("a")), "cluster-resources/namespaces.json": [object("Namespace", "shop")] }, [], ["new: it is not in the bundle"]],
  ["namespaces that were not asked for", { ...files(), "cluster-resources/namespaces.json": twoNamespaces }, { ...files(), "cluster-resources/namespaces.json": [object("Namespace", "shop")] }, [], ["new: it has only namespaces that were asked for"]],
  ["an empty list of what was not asked for", pods(), files(), [], []],
  ["an object that is too large, in both", files({ [PODS]: list("Pod", huge("a")) }), files({ [PODS]: list("Pod", huge("b")) }), [], ["old: 1 of its items are no objects, or larger than 8 MiB", "new: 1 of its items are no objects, or larger than 8 MiB"]],
  ["null for an empty list", pods(pod("a")), files({ [PODS]: { kind: "PodList", items: null } }), ["Pod a"], []],
  ["null among the items", pods(pod("a"), pod("b")), pods(pod("a"), null), [], ["new: 1 of its items are no objects, or larger than 8 MiB"]],
];
for (const [name, old, current, removed, why] of unknown) {
  Deno.test(`compareBundles() of what one bundle does not have: ${name}`, async () => {
    const { objects } = await differenceOf(old, current);
    deepStrictEqual(objects.removed.map(({ kind, name }) => `${kind} ${name}`).sort(), removed);
    deepStrictEqual(objects.notCompared.map(({ bundle, why }) => `${bundle}: ${why}`), why);
  });
}
