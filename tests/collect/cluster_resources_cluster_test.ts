import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { clusterInfo } from "../../src/collect/kinds/cluster/cluster_info.ts";
import { clusterResources } from "../../src/collect/kinds/cluster/cluster_resources/cluster_resources.ts";
import { RESOURCE_KINDS } from "../../src/collect/kinds/cluster/cluster_resources/resource_kinds.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import type { KubeObject, KubeOptions } from "../../src/kube/kube_client.ts";
import { isPodUnhealthy } from "../../src/kube/pod_health.ts";
import { refusal, startGateway } from "../kube/api_gateway.ts";
import { collectAll, type Collection } from "./collect_all.ts";
import { setStage } from "./cluster_resources_stage.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ROOT = "cluster-resources";
const NAMESPACED = RESOURCE_KINDS.filter((kind) => kind.namespaced).map(({ dir }) => dir);

function clusterTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: kubeconfig === "", fn });
}

async function collect(
  config: object,
  options: KubeOptions = {},
  context: { namespace?: string; signal?: AbortSignal } = {},
): Promise<Collection> {
  const kube = connectKube({ kubeconfig, ...options }, {});
  try {
    return await collectAll(clusterResources, config, { kube, ...context });
  } finally {
    kube.close();
  }
}

// deno-lint-ignore no-explicit-any -- files of every shape
const json = (collection: Collection, path: string): any => JSON.parse(collection.files[`${ROOT}/${path}`]!);
const paths = (collection: Collection, folder: string) =>
  Object.keys(collection.files).filter((path) => path.startsWith(`${ROOT}/${folder}`)).map((path) =>
    path.slice(ROOT.length + 1)
  );

clusterTest("clusterInfo.collect() tells the version of the API server, or why it cannot", async () => {
  const kube = connectKube({ kubeconfig }, {});
  const { files } = await collectAll(clusterInfo, {}, { kube });
  kube.close();
  const { info, string } = JSON.parse(files["cluster-info/cluster_version.json"]!);
  strictEqual(string, info.gitVersion);
  strictEqual(info.major, "1");

  await using gateway = await startGateway(kubeconfig, () => refusal(500));
  const broken = connectKube({ kubeconfig, server: gateway.server }, {});
  const failed = await collectAll(clusterInfo, {}, { kube: broken });
  broken.close();
  strictEqual(failed.files["cluster-info/cluster_version.json"], "");
  ok(/answered 500/.test(JSON.parse(failed.files["cluster-info/errors.json"]!)[0]));
  deepStrictEqual(failed.missing.map(({ reason }) => reason), ["failed"]);
});

clusterTest("clusterResources.collect() writes every file of a cluster", async () => {
  await using stage = await setStage(kubeconfig);
  const found = await collect({});
  const namespaces = json(found, "namespaces.json");
  strictEqual(namespaces.kind, "NamespaceList");
  strictEqual(namespaces.items[0].kind, "Namespace");
  const names: string[] = namespaces.items.map((item: KubeObject) => item.metadata.name);
  ok(names.includes(stage.namespace));

  for (const { dir, namespaced, resource } of RESOURCE_KINDS) {
    const files = namespaced ? names.map((name) => `${dir}/${name}.json`) : [`${dir}.json`];
    for (const file of files) {
      const list = json(found, file);
      ok(/List$/.test(list.kind) && list.apiVersion, file);
      for (const item of list.items) {
        strictEqual(`${item.kind}List`, list.kind, file);
        strictEqual(item.apiVersion, list.apiVersion, file);
        if (namespaced) strictEqual(`${dir}/${item.metadata.namespace}.json`, file);
      }
    }
    ok(resource);
  }
  for (const name of names) ok(Array.isArray(json(found, `auth-cani-list/${name}.json`)));
  deepStrictEqual(
    json(found, `auth-cani-list/${stage.namespace}.json`).some((rule: { verbs: string[] }) => rule.verbs.includes("*")),
    true,
  );

  const groups = json(found, "groups.json");
  strictEqual(groups[0].name, "");
  strictEqual(groups.find(({ name }: { name: string }) => name === "apps").preferredVersion.groupVersion, "apps/v1");
  const core = json(found, "resources.json").find((list: { groupVersion: string }) => list.groupVersion === "v1");
  const pods = core.resources.find((resource: { name: string }) => resource.name === "pods");
  deepStrictEqual([core.kind, pods.kind, pods.namespaced, pods.singularName], ["APIResourceList", "Pod", true, "pod"]);
  ok(core.resources.some((resource: { name: string }) => resource.name === "pods/log"));

  const widget = json(found, `custom-resources/${stage.widgets}/${stage.namespace}.json`);
  deepStrictEqual([widget.length, widget[0].kind, widget[0].spec], [1, "Widget", { size: 1 }]);
  strictEqual(json(found, `custom-resources/${stage.gadgets}.json`)[0].metadata.name, "g");
  strictEqual(
    found.links[`${ROOT}/custom-resources/${stage.widgets}/${stage.namespace}.yaml`],
    `${ROOT}/custom-resources/${stage.widgets}/${stage.namespace}.json`,
  );
  strictEqual(
    found.links[`${ROOT}/custom-resources/${stage.gadgets}.yaml`],
    `${ROOT}/custom-resources/${stage.gadgets}.json`,
  );
  strictEqual(paths(found, `custom-resources/${stage.widgets}`).length, 1, "no files without objects");

  strictEqual(
    found.files[`${ROOT}/image-pull-secrets/${stage.namespace}/pull.json`],
    '{"a.example":"ann","b.example":"bob"}',
  );
  strictEqual(found.files[`${ROOT}/license.json`], '{"appSlug":"shop","licenseID":"l-1"}');
  deepStrictEqual(Object.keys(found.files).filter((path) => /-errors\.json$/.test(path)), []);
  deepStrictEqual([...new Set(found.missing.map(({ reason }) => reason))].filter((r) => r !== "not-started"), []);
  const listed = found.entries.map((entry) => entry.path);
  strictEqual(
    new Set(listed.filter((path) => path.endsWith(".json"))).size,
    listed.filter((p) => p.endsWith(".json")).length,
  );
});

clusterTest("clusterResources.collect() reads the logs of pods that are not well, and of no others", async () => {
  // The simulated kubelets keep no log of a previous run.
  const isPrevious = ({ url }: { url: string }) => new URL(url).searchParams.has("previous");
  await using gateway = await startGateway(
    kubeconfig,
    (request) => isPrevious(request) ? new Response("before the crash\n") : undefined,
  );
  const found = await collect({}, { server: gateway.server });
  const pods = paths(found, "pods/").filter((path) => path.endsWith(".json")).flatMap((path) =>
    json(found, path).items
  );
  ok(pods.length > 10);
  const expected = pods.filter(isPodUnhealthy).map(({ metadata }) =>
    `pods/logs/${metadata.namespace}/${metadata.name}/`
  );
  const logs = paths(found, "pods/logs/");
  deepStrictEqual([...new Set(logs.map((path) => path.replace(/[^/]*$/, "")))].sort(), expected.sort());
  const crashed = pods.find((pod) => pod.status.containerStatuses?.[0]?.restartCount > 0);
  const waiting = pods.find((pod) => pod.status.containerStatuses?.[0]?.state?.waiting?.reason === "ImagePullBackOff");
  ok(crashed && waiting, "the cluster has a crashing pod and one without its image");
  const folder = ({ metadata }: KubeObject) => `pods/logs/${metadata.namespace}/${metadata.name}`;
  const log = found.files[`${ROOT}/${folder(crashed)}/main.log`]!;
  ok(log.length > 0 && log.split("\n").length <= 501);
  strictEqual(found.files[`${ROOT}/${folder(crashed)}/main-previous.log`], "before the crash\n");
  strictEqual(found.files[`${ROOT}/${folder(waiting)}/main-previous.log`], undefined);
  ok(gateway.requests.some(({ path }) => path.endsWith("/log?container=main&tailLines=500&limitBytes=5000000")));
  ok(/ImagePullBackOff|waiting to start/.test(found.files[`${ROOT}/${folder(waiting)}/main-logs-errors.log`]!));
  const gap = found.missing.find(({ path }) => path === `${ROOT}/${folder(waiting)}/main.log`);
  strictEqual(gap?.reason, "not-started");
});

clusterTest("clusterResources.collect() keeps to the namespaces that the spec names", async () => {
  await using stage = await setStage(kubeconfig);
  const found = await collect({ namespaces: [stage.namespace, "nowhere"] });
  const namespaces = json(found, "namespaces.json");
  deepStrictEqual(namespaces.map((object: KubeObject) => [object.kind, object.metadata.name]), [[
    undefined,
    stage.namespace,
  ]]);
  ok(/Cannot get "namespaces" "nowhere".*404/.test(json(found, "namespaces-errors.json")[0]));
  deepStrictEqual(paths(found, "services/").sort(), ["services/nowhere.json", `services/${stage.namespace}.json`]);
  deepStrictEqual(json(found, "services/nowhere.json").items, []);
  deepStrictEqual(paths(found, "custom-resources/widgets"), [
    `custom-resources/${stage.widgets}/${stage.namespace}.json`,
  ]);
  ok(json(found, "nodes.json").items.length > 0);
});

clusterTest("clusterResources.collect() keeps to the namespace of the command line", async () => {
  const found = await collect({}, {}, { namespace: "default" });
  const namespace = json(found, "namespaces.json");
  deepStrictEqual([namespace.kind, namespace.metadata.name], ["Namespace", "default"]);
  for (const dir of NAMESPACED) {
    deepStrictEqual(paths(found, `${dir}/`).filter((p) => p.endsWith(".json")), [`${dir}/default.json`]);
  }
});

clusterTest("clusterResources.collect() says what it may not read", async () => {
  const found = await collect({}, { as: "nobody" });
  strictEqual(found.files[`${ROOT}/namespaces.json`], "");
  ok(/User "nobody" cannot list resource "namespaces"/.test(json(found, "namespaces-errors.json")[0]));
  strictEqual(found.files[`${ROOT}/nodes.json`], "");
  ok(/Cannot list "nodes": the API server answered 403/.test(json(found, "nodes-errors.json")[0]));
  ok(/403/.test(json(found, "custom-resources/custom-resources-errors.json").crdList));
  const reasons = new Map(found.missing.map(({ path, reason }) => [path, reason]));
  strictEqual(reasons.get(`${ROOT}/namespaces.json`), "forbidden");
  strictEqual(reasons.get(`${ROOT}/nodes.json`), "forbidden");
  deepStrictEqual(paths(found, "pods"), [], "no namespace is known to be readable");
});

clusterTest("clusterResources.collect() asks each namespace where the cluster may not be asked", async () => {
  await using stage = await setStage(kubeconfig);
  const id = stage.namespace.slice("stage-".length);
  // May list namespaces and configmaps everywhere, and read pods in one namespace.
  const found = await collect({}, { as: stage.user, asGroup: [`listers-${id}`] });
  deepStrictEqual(paths(found, "pods/").filter((path) => path.endsWith(".json")), [`pods/${stage.namespace}.json`]);
  deepStrictEqual(
    paths(found, "configmaps/"),
    [`configmaps/${stage.namespace}.json`],
    "of those that may be listed too",
  );
  ok(paths(found, "auth-cani-list/").length > 1);
  const errors = json(found, "services-errors.json");
  deepStrictEqual(Object.keys(errors), [stage.namespace]);
  ok(errors[stage.namespace].startsWith(`Cannot list "services" in namespace "${stage.namespace}": `));
  const gap = found.missing.find(({ path }) => path === `${ROOT}/services/${stage.namespace}.json`);
  strictEqual(gap?.reason, "forbidden");

  // Without the right to list namespaces, those that are named are read all the same.
  const named = await collect({ namespaces: [stage.namespace] }, { as: stage.user });
  deepStrictEqual(paths(named, "pods/"), [`pods/${stage.namespace}.json`]);
  strictEqual(json(named, "namespaces.json").length, 0);

  // Where nobody names one, the namespace of the kubeconfig's context is worth a try.
  const file = await Deno.makeTempFile();
  try {
    const { cluster, user } = await findKubeTarget({ kubeconfig }, {});
    const context = { cluster: "c", user: "u", namespace: stage.namespace };
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        "current-context": "x",
        clusters: [{ name: "c", cluster }],
        users: [{ name: "u", user }],
        contexts: [{ name: "x", context }],
      }),
    );
    const guessed = await collect({}, { kubeconfig: file, as: stage.user });
    strictEqual(guessed.files[`${ROOT}/namespaces.json`], "");
    deepStrictEqual(paths(guessed, "pods/"), [`pods/${stage.namespace}.json`]);
  } finally {
    await Deno.remove(file);
  }

  // With ignoreRBAC nothing is left out before it was tried.
  const tried = await collect({ ignoreRBAC: true }, { as: stage.user, asGroup: [`listers-${id}`] });
  ok(Object.keys(json(tried, "pods-errors.json")).includes("default"));
});

clusterTest("clusterResources.collect() gets round a list that fails, and reports what stays failed", async () => {
  await using gateway = await startGateway(kubeconfig, (request) => {
    const { pathname } = new URL(request.url);
    return ["/api/v1/events", "/api/v1/nodes", "/api/v1/namespaces/kube-system/services", "/api/v1/services"].includes(
        pathname,
      )
      ? refusal(500)
      : undefined;
  });
  const found = await collect({}, { server: gateway.server });
  const all = json(found, "namespaces.json").items.length;
  strictEqual(paths(found, "events/").length, all);
  strictEqual(paths(found, "services/").length, all - 1);
  deepStrictEqual(Object.keys(json(found, "services-errors.json")), ["kube-system"]);
  strictEqual(found.files[`${ROOT}/nodes.json`], "");
  ok(/Cannot list "nodes": .* 500/.test(json(found, "nodes-errors.json")[0]));
  const shortfalls = found.missing.filter(({ reason }) => reason === "failed").map(({ path }) => path);
  deepStrictEqual(shortfalls.sort(), [`${ROOT}/nodes.json`, `${ROOT}/services/kube-system.json`]);
});

clusterTest("clusterResources.collect() knows older discovery too", async () => {
  await using gateway = await startGateway(kubeconfig, () => undefined); // which forwards no Accept header
  const plain = await collect({ namespaces: ["default"] }, { server: gateway.server });
  const modern = await collect({ namespaces: ["default"] });
  const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
  deepStrictEqual(json(plain, "groups.json").sort(byName), json(modern, "groups.json").sort(byName));
  const names = (collection: Collection) =>
    json(collection, "resources.json").map((list: { groupVersion: string; resources: { name: string }[] }) =>
      `${list.groupVersion} ${list.resources.map(({ name }) => name).sort()}`
    ).sort();
  deepStrictEqual(names(plain), names(modern));
  const asked = gateway.requests.map(({ path }) => path);
  ok(asked.includes("/apis/apps/v1"));
  ok(asked.includes("/api/v1/namespaces/default/pods?limit=500"));
  ok(!asked.some((path) => path.startsWith("/api/v1/pods")), "a run for one namespace asks for no other");
});
