import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import { goldpinger } from "../../../../src/collect/kinds/cluster/goldpinger.ts";
import { checkAllUrl, pingServiceOf } from "../../../../src/collect/kinds/cluster/goldpinger_objects.ts";
import type { KubeClient, KubeObject } from "../../../../src/kube/kube_client.ts";
import { startGateway } from "../../../kube/api_gateway.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, untilPods } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const asking = (namespace: string) => ({ podLaunchOptions: { namespace, image: `${SIMULATE_IMAGE}succeed` } });

/** What of Goldpinger is in a namespace, as `resource/name`. */
async function found(kube: KubeClient, namespace: string): Promise<string[]> {
  const collections: [string, string][] = [
    ["daemonsets", `/apis/apps/v1/namespaces/${namespace}/daemonsets`],
    ["services", `/api/v1/namespaces/${namespace}/services`],
    ["serviceaccounts", `/api/v1/namespaces/${namespace}/serviceaccounts`],
    ["roles", `${RBAC}/namespaces/${namespace}/roles`],
    ["rolebindings", `${RBAC}/namespaces/${namespace}/rolebindings`],
    ["pods", `/api/v1/namespaces/${namespace}/pods`],
    ["secrets", `/api/v1/namespaces/${namespace}/secrets`],
  ];
  const all = await Promise.all(collections.map(async ([resource, path]) =>
    (await listAll(kube, path))
      // The pods of a DaemonSet go after it, and the default account belongs to the namespace.
      .filter(({ metadata }) => !metadata.ownerReferences && metadata.name !== "default")
      .map(({ metadata }) => `${resource}/${metadata.name}`)
  ));
  return all.flat();
}

const services: [name: string, service: KubeObject, url: string][] = [
  ["the port of the name http", {
    metadata: { name: "ping", namespace: "net" },
    spec: { ports: [{ name: "metrics", port: 9 }, { name: "http", port: 8081 }] },
  }, "http://ping.net.svc.cluster.local:8081/check_all"],
  [
    "the first port",
    { metadata: { name: "p", namespace: "n" }, spec: { ports: [{ port: 7070 }] } },
    "http://p.n.svc.cluster.local:7070/check_all",
  ],
];
for (const [name, service, url] of services) {
  Deno.test(`pingServiceOf() takes ${name}`, () => strictEqual(checkAllUrl(pingServiceOf(service)), url));
}

Deno.test("goldpinger refuses a delay that is none", async () => {
  for (const collectDelay of ["soon", "-1s", "20m"]) {
    await rejects(collectAll(goldpinger, { collectDelay }), { code: "SPEC_VALUE" });
  }
});

const DELAY_MS = 6_000;

/** Tells when the collector waits for the pods to have pinged each other. */
class DelayClock extends PollClock {
  readonly #delayed = Promise.withResolvers<void>();
  readonly delayed = this.#delayed.promise;

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const sleeping = super.sleep(ms, signal);
    if (ms === DELAY_MS) this.#delayed.resolve();
    return sleeping;
  }
}

clusterCase("goldpinger starts one, asks it from a pod, and removes everything", async (kube, namespace) => {
  const clock = new DelayClock();
  const collecting = collectAll(goldpinger, { namespace, ...asking(namespace) }, { kube, clock });
  await clock.delayed;
  const there = await found(kube, namespace);
  const set = await untilSet(kube, namespace);
  await clock.advance(DELAY_MS);
  const { files, missing, entries } = await collecting;
  deepStrictEqual(there, [
    "daemonsets/ts-goldpinger",
    "services/ts-goldpinger",
    "serviceaccounts/ts-goldpinger-serviceaccount",
    "roles/ts-goldpinger-role",
    "rolebindings/ts-goldpinger-rolebinding",
  ]);
  deepStrictEqual([Object.keys(files), missing], [["goldpinger/check_all.json"], []]);
  match(files["goldpinger/check_all.json"]!, /handled request=/); // what every container of the simulated kubelet prints
  ok(entries[0]?.type === "file");
  match(entries[0].source!, /\/pods\/ts-goldpinger-collector\/log\?container=collector/);
  const { serviceAccountName, priorityClassName, securityContext, containers } = set.spec.template.spec;
  deepStrictEqual([serviceAccountName, priorityClassName, securityContext.runAsNonRoot], [
    "ts-goldpinger-serviceaccount",
    "system-node-critical",
    true,
  ]);
  strictEqual(containers[0].image, "bloomberg/goldpinger:3.10.1");
  const env = Object.fromEntries(
    containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  deepStrictEqual([env.PORT, env.REFRESH_INTERVAL, env.CHECK_ALL_TIMEOUT], ["8080", "3", "3s"]);
  const { matchLabels } = set.spec.selector;
  strictEqual(env.LABEL_SELECTOR, Object.entries(matchLabels).map((pair) => pair.join("=")).join(","));
  deepStrictEqual(await found(kube, namespace), []);
});

async function untilSet(kube: KubeClient, namespace: string): Promise<KubeObject> {
  while (true) {
    const [set] = await listAll(kube, `/apis/apps/v1/namespaces/${namespace}/daemonsets`);
    if (set !== undefined) return set;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function createService(kube: KubeClient, namespace: string, name: string, labels = {}): Promise<void> {
  await kube.create(`/api/v1/namespaces/${namespace}/services`, {
    metadata: { name, labels },
    spec: { ports: [{ port: 8080 }], selector: { app: "goldpinger" } },
  });
}

clusterCase("goldpinger asks the one that runs, at once, and creates no other", async (kube, namespace) => {
  await createService(kube, namespace, "pinger", { "app.kubernetes.io/name": "goldpinger" });
  const { files, missing } = await collectAll(goldpinger, { namespace, ...asking(namespace) }, {
    kube,
    clock: new PollClock(),
  });
  deepStrictEqual([Object.keys(files), missing], [["goldpinger/check_all.json"], []]);
  deepStrictEqual(await found(kube, namespace), ["services/pinger"]);
});

clusterCase("goldpinger leaves objects of its names to their owner", async (kube, namespace) => {
  await createService(kube, namespace, "ts-goldpinger");
  await kube.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    metadata: { name: "ts-goldpinger-serviceaccount" },
  });
  const clock = new PollClock();
  const config = { namespace, collectDelay: "0s", ...asking(namespace) };
  const { files } = await collectAll(goldpinger, config, { kube, clock });
  deepStrictEqual(Object.keys(files), ["goldpinger/check_all.json"]);
  deepStrictEqual(await found(kube, namespace), [
    "services/ts-goldpinger",
    "serviceaccounts/ts-goldpinger-serviceaccount",
  ]);
});

clusterCase("goldpinger takes the account of the spec, and creates none", async (kube, namespace) => {
  await kube.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "lister" } });
  const config = { namespace, serviceAccountName: "lister", collectDelay: "1ms", ...asking(namespace) };
  const collecting = collectAll(goldpinger, config, { kube, clock: new PollClock() });
  const set = await untilSet(kube, namespace);
  strictEqual(set.spec.template.spec.serviceAccountName, "lister");
  deepStrictEqual(await listAll(kube, `${RBAC}/namespaces/${namespace}/roles`), []);
  await collecting;
  deepStrictEqual(await found(kube, namespace), ["serviceaccounts/lister"]);
});

clusterCase("goldpinger says why it could not be asked", async (kube, namespace) => {
  const podLaunchOptions = { namespace, image: `${SIMULATE_IMAGE}fail` };
  const config = { namespace, collectDelay: "0s", podLaunchOptions };
  const { files, missing } = await collectAll(goldpinger, config, { kube, clock: new PollClock() });
  deepStrictEqual(Object.keys(files), ["goldpinger/error.txt"]);
  match(
    files["goldpinger/error.txt"]!,
    /^http:\/\/ts-goldpinger\.t-\w+\.svc\.cluster\.local:80\/check_all cannot be read: /,
  );
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["goldpinger/check_all.json", "failed"]]);
  deepStrictEqual(await found(kube, namespace), []);
});

clusterCase("goldpinger is asked directly inside of a cluster", async (kube, namespace) => {
  await createService(kube, namespace, "pinger", { "app.kubernetes.io/name": "goldpinger" });
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
  // This machine is in no cluster: the name cannot be found.
  const { files, missing } = await collectAll(goldpinger, { namespace }, { kube, env, clock: new PollClock() });
  deepStrictEqual(Object.keys(files), ["goldpinger/error.txt"]);
  match(files["goldpinger/error.txt"]!, /^GET http:\/\/pinger\.t-\w+\.svc\.cluster\.local:8080\/check_all: /);
  deepStrictEqual(missing.map(({ reason }) => reason), ["failed"]);
  deepStrictEqual(await found(kube, namespace), ["services/pinger"]);
});

clusterCase("goldpinger fails when no pod of it starts, and leaves nothing", async (kube, namespace) => {
  const config = { namespace, image: `${SIMULATE_IMAGE}pull`, ...asking(namespace) };
  await rejects(collectAll(goldpinger, config, { kube, clock: new PollClock() }), {
    code: "POD_FAILED",
    message: /^No pod of Goldpinger will start: .*ImagePullBackOff/,
  });
  deepStrictEqual(await found(kube, namespace), []);
});

const refusals: [name: string, path: RegExp][] = [
  ["the role", /\/roles$/],
  ["the binding", /\/rolebindings$/],
  ["the DaemonSet", /\/daemonsets$/],
  ["the Service", /\/services$/],
  ["the asking pod", /\/pods$/],
];
for (const [name, path] of refusals) {
  clusterCase(`goldpinger leaves nothing when it may not create ${name}`, async (kube, namespace) => {
    await using gateway = await startGateway(kubeconfig, async (request) => {
      const { pathname, search } = new URL(request.url);
      if (request.method === "POST" && path.test(pathname)) {
        return Response.json({ message: "not you", reason: "Forbidden" }, { status: 403 });
      }
      if (request.method !== "DELETE") return undefined;
      // The gateway passes on no bodies and no deletions.
      await kube.delete(pathname, { query: Object.fromEntries(new URLSearchParams(search)) });
      return Response.json({});
    });
    const { connectKube } = await import("../../../../src/kube/connect.ts");
    const limited = connectKube({ kubeconfig, server: gateway.server }, {});
    try {
      const config = { namespace, collectDelay: "0s", ...asking(namespace) };
      const collecting = collectAll(goldpinger, config, { kube: limited, clock: new PollClock() });
      await rejects(collecting, { code: "KUBE_FORBIDDEN" });
    } finally {
      limited.close();
    }
    deepStrictEqual(await found(kube, namespace), []);
  });
}

clusterCase("goldpinger gives its pods 60 s to start", async (kube, namespace) => {
  const clock = new PollClock();
  const config = { namespace, image: `${SIMULATE_IMAGE}creating`, collectDelay: "0s", ...asking(namespace) };
  const collecting = rejects(collectAll(goldpinger, config, { kube, clock }), {
    code: "TIMEOUT",
    message: /within 1m \(Pending; .*ContainerCreating/,
  });
  const nodes = await listAll(kube, "/api/v1/nodes");
  await untilPods(
    kube,
    namespace,
    (pods) => pods.length === nodes.length && pods.every(({ status }) => status?.containerStatuses),
  );
  await clock.advance(60_000);
  await collecting;
  deepStrictEqual(await found(kube, namespace), []);
});
