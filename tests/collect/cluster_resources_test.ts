import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { canReadPods, rulesList } from "../../src/collect/kinds/cluster/cluster_resources/access_rules.ts";
import { clusterResources } from "../../src/collect/kinds/cluster/cluster_resources/cluster_resources.ts";
import { customResourceOf } from "../../src/collect/kinds/cluster/cluster_resources/custom_resource.ts";
import { readLicense } from "../../src/kube/replicated_license.ts";
import { isSelected } from "../../src/collect/kinds/cluster/cluster_resources/namespaces.ts";
import { summarizePullSecret } from "../../src/collect/kinds/cluster/cluster_resources/pull_secret.ts";
import { RESOURCE_KINDS } from "../../src/collect/kinds/cluster/cluster_resources/resource_kinds.ts";
import { unhealthyContainers } from "../../src/collect/kinds/cluster/cluster_resources/unhealthy_logs.ts";
import { compareVersions } from "../../src/collect/kinds/cluster/cluster_resources/version_priority.ts";
import type { KubeObject } from "../../src/kube/kube_client.ts";
import { noKube } from "./collect_all.ts";

const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
const secret = (data: Record<string, string>): KubeObject => ({ metadata: { name: "s" }, data });

Deno.test("compareVersions() orders as Kubernetes does", () => {
  const best = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"];
  deepStrictEqual(best.toReversed().sort(compareVersions), best);
  deepStrictEqual(["v1alpha1", "v01", "v1", "v1beta"].sort(compareVersions), ["v1", "v1alpha1", "v01", "v1beta"]);
});

const crd = (versions: object[], more: object = {}): KubeObject => ({
  metadata: { name: "widgets.example.com" },
  spec: { group: "example.com", scope: "Namespaced", names: { plural: "widgets" }, versions, ...more },
});
const definitions: [name: string, definition: KubeObject, groupVersion: string | undefined][] = [
  ["takes the only version", crd([{ name: "v1beta1", served: true }]), "example.com/v1beta1"],
  ["takes the best version", crd([{ name: "v1beta2", served: true }, { name: "v1", served: true }]), "example.com/v1"],
  [
    "passes over what is not served",
    crd([{ name: "v1", served: false }, { name: "v1alpha1", served: true }]),
    "example.com/v1alpha1",
  ],
  ["reads the older form", crd([], { version: "v1" }), "example.com/v1"],
  ["finds nothing where nothing is served", crd([{ name: "v1", served: false }]), undefined],
];
for (const [name, definition, groupVersion] of definitions) {
  Deno.test(`customResourceOf() ${name}`, () => strictEqual(customResourceOf(definition)?.groupVersion, groupVersion));
}

const rule = (verbs: string[], apiGroups: string[], resources: string[]) => ({
  resourceRules: [{ verbs, apiGroups, resources }],
});
const cannotTell = "webhook authorizer does not support user rule resolution";
const rules: [name: string, rules: Parameters<typeof canReadPods>[0], expected: boolean][] = [
  ["sees get on pods", rule(["list", "get"], [""], ["services", "pods"]), true],
  ["sees wildcards", rule(["*"], ["*"], ["*"]), true],
  ["wants the core group", rule(["get"], ["apps"], ["pods"]), false],
  ["wants get", rule(["list"], [""], ["pods"]), false],
  ["wants pods themselves", rule(["get"], [""], ["pods/log"]), false],
  ["puts no rule together from two", {
    resourceRules: [...rule(["get"], [""], ["secrets"]).resourceRules, ...rule(["list"], [""], ["pods"]).resourceRules],
  }, false],
  ["reads on where the authorizer cannot tell", { incomplete: true, evaluationError: cannotTell }, true],
  ["does not read on after other errors", { incomplete: true, evaluationError: "other" }, false],
];
for (const [name, value, expected] of rules) {
  Deno.test(`canReadPods() ${name}`, () => strictEqual(canReadPods(value), expected));
}

Deno.test("isSelected() asks for rules only where nobody named the namespace", () => {
  const none = {};
  const pods = rule(["get"], [""], ["pods"]);
  const all = (how: "named" | "listed" | "guessed", ignore = false) =>
    [none, pods, undefined].map((value) => isSelected(how, ignore, value));
  deepStrictEqual(all("named"), [true, true, true]);
  deepStrictEqual(all("listed"), [false, true, true]);
  deepStrictEqual(all("listed", true), [true, true, true]);
  deepStrictEqual(all("guessed"), [false, true, false]);
});

Deno.test("rulesList() puts resource rules first and leaves empty lists out, except verbs", () =>
  deepStrictEqual(
    rulesList({
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }],
      resourceRules: [{ verbs: null, apiGroups: [""], resources: ["pods"], resourceNames: [] }],
    }),
    [{ verbs: [], apiGroups: [""], resources: ["pods"] }, { verbs: ["get"], nonResourceURLs: ["/healthz"] }],
  ));

Deno.test("rulesList() is the same in whatever order the API server names the rules", () => {
  const resourceRules = [
    { verbs: ["list"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["get"], apiGroups: ["apps"], resources: ["deployments"] },
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
  ];
  const nonResourceRules = [{ verbs: ["get"], nonResourceURLs: ["/version"] }, {
    verbs: ["get"],
    nonResourceURLs: ["/api"],
  }];
  const list = rulesList({ resourceRules, nonResourceRules });
  deepStrictEqual(list.map(({ resources, nonResourceURLs }) => (resources ?? nonResourceURLs)![0]), [
    "pods",
    "deployments",
    "pods",
    "/api",
    "/version",
  ]);
  const turned = { resourceRules: resourceRules.toReversed(), nonResourceRules: nonResourceRules.toReversed() };
  deepStrictEqual(rulesList(turned), list);
});

const pullSecrets: [name: string, config: string, expected: ReturnType<typeof summarizePullSecret>][] = [
  [
    "shows every registry and no password",
    base64(
      JSON.stringify({
        auths: { "a.example": { auth: base64("ann:pass:word") }, "b.example": { auth: base64("bob:x") } },
      }),
    ),
    { usernames: { "a.example": "ann", "b.example": "bob" }, errors: {} },
  ],
  [
    "shows no user where there is no auth",
    base64(JSON.stringify({ auths: { "a.example": { username: "ann", password: "x" }, "b.example": null } })),
    { usernames: { "a.example": "", "b.example": "" }, errors: {} },
  ],
  [
    "keeps what it can read",
    base64(JSON.stringify({ auths: { "a.example": { auth: "%%%" }, "b.example": { auth: base64("bob:x") } } })),
    { usernames: { "b.example": "bob" }, errors: { "a.example": "Its auth is not base64" } },
  ],
  ["says what it cannot read, without quoting it", base64("{ secret"), {
    usernames: {},
    errors: { "": "Its .dockerconfigjson is not base64 of JSON" },
  }],
];
for (const [name, config, expected] of pullSecrets) {
  Deno.test(`summarizePullSecret() ${name}`, () =>
    deepStrictEqual(summarizePullSecret(secret({ ".dockerconfigjson": config })), expected));
}

const licenses: [name: string, config: string | undefined, expected: object | undefined][] = [
  ["reads YAML within YAML", "license: |\n  spec:\n    appSlug: shop\n    licenseID: l-1\n", {
    appSlug: "shop",
    licenseID: "l-1",
  }],
  ["does without a slug", "license: 'spec: {licenseID: l-1}'", { appSlug: "", licenseID: "l-1" }],
  ["finds none without an id", "license: 'spec: {appSlug: shop}'", undefined],
  ["finds none in other content", "a: [", undefined],
  ["finds none without its key", undefined, undefined],
];
for (const [name, config, expected] of licenses) {
  Deno.test(`readLicense() ${name}`, async () =>
    deepStrictEqual(
      await readLicense(secret(config === undefined ? {} : { "config.yaml": base64(config) })),
      expected,
    ));
}

Deno.test("unhealthyContainers() puts init containers first", () => {
  const pod = {
    metadata: { name: "p", namespace: "n" },
    spec: { nodeName: "node-1", containers: [{ name: "main" }], initContainers: [{ name: "init" }] },
    status: {},
  };
  deepStrictEqual(unhealthyContainers(pod).map(({ container, node }) => [container, node]), [
    ["init", "node-1"],
    ["main", "node-1"],
  ]);
});

Deno.test("RESOURCE_KINDS has every folder and file that existing readers look for, once", () => {
  const folders =
    "configmaps cronjobs daemonsets deployments endpoints endpointslices events ingress jobs leases limitranges " +
    "network-policy pod-disruption-budgets pods pvcs replicasets resource-quota rolebindings roles serviceaccounts services statefulsets";
  const names =
    "certificatesigningrequests clusterrolebindings clusterroles custom-resource-definitions ingress-classes " +
    "mutating-webhook-configurations nodes priorityclasses pvs storage-classes validating-webhook-configurations volumeattachments";
  const dirs = (namespaced: boolean) =>
    RESOURCE_KINDS.filter((kind) => kind.namespaced === namespaced).map(({ dir }) => dir).sort().join(" ");
  deepStrictEqual([dirs(true), dirs(false)], [folders, names]);
});

type Config = Parameters<NonNullable<typeof clusterResources.merge>>[0][number];
const merges: [name: string, configs: Partial<Config>[], expected: Partial<Config>[]][] = [
  ["of nothing is nothing", [], []],
  ["joins and sorts namespaces", [{ namespaces: ["b"] }, { namespaces: ["c", "a", "b"] }], [{
    namespaces: ["a", "b", "c"],
  }]],
  ["takes all where one takes all", [{ namespaces: ["b"] }, {}], [{ namespaces: undefined }]],
  ["takes an empty name as all", [{ namespaces: ["b"] }, { namespaces: ["", "x"] }], [{ namespaces: undefined }]],
  ["keeps the other fields of the first", [{ namespaces: ["b"], exclude: true }, {
    namespaces: ["a"],
    ignoreRBAC: true,
  }], [{ namespaces: ["a", "b"], exclude: true }]],
];
for (const [name, configs, expected] of merges) {
  Deno.test(`clusterResources.merge() ${name}`, () =>
    deepStrictEqual(clusterResources.merge!(configs as Config[]), expected));
}

Deno.test("clusterResources.collect() fails at once where there is no cluster", async () => {
  const { connectKube } = await import("../../src/kube/connect.ts");
  const kube = connectKube({}, { HOME: "/nonexistent" });
  const context = { kube, signal: new AbortController().signal } as Parameters<typeof clusterResources.collect>[1];
  const config = clusterResources.schema.parse({});
  await rejects(() => Array.fromAsync(clusterResources.collect(config, context)), /^KubeUnreachableError: No cluster/);
  const aborted = { kube: noKube, signal: AbortSignal.abort(new Error("stop")) } as typeof context;
  await rejects(() => Array.fromAsync(clusterResources.collect(config, aborted)));
});
