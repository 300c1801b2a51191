import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import type { CollectContext, Collector } from "../../../../src/collect/collector.ts";
import { run } from "../../../../src/collect/kinds/cluster/run.ts";
import { runPod } from "../../../../src/collect/kinds/cluster/run_pod.ts";
import type { KubeClient } from "../../../../src/kube/kube_client.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, running, untilPods } from "../../cluster_case.ts";
import { collectAll, collectContext, type Collected } from "../../collect_all.ts";

const real = "cluster-resources/pods/logs";
const FOREVER = "example.com/forever:1";
const image = (what: string) => `${SIMULATE_IMAGE}${what}`;
const podSpec = (...images: string[]) => ({
  containers: images.map((image, i) => ({ name: `c${i}`, image, env: [{ name: "KEY", value: "shown-to-nobody" }] })),
});
const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
const secrets = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;

/** The entries that came before the failure, and the failure. */
async function untilFailure<S extends Collector["schema"]>(
  collector: Collector<S>,
  config: unknown,
  context: Partial<CollectContext>,
): Promise<{ entries: Collected[]; error: Error }> {
  const entries: Collected[] = [];
  try {
    for await (const entry of collector.collect(collector.schema.parse(config), collectContext(context))) {
      if (entry.type === "file") await entry.body.cancel();
      entries.push(entry as Collected);
    }
  } catch (error) {
    return { entries, error: error as Error };
  }
  throw new Error("The collector did not fail");
}

async function nothingLeft(kube: KubeClient, namespace: string): Promise<void> {
  deepStrictEqual(await listAll(kube, pods(namespace)), []);
  deepStrictEqual(await listAll(kube, secrets(namespace)), []);
}

clusterCase("runPod writes log, link, status and events, and removes the pod", async (kube, namespace) => {
  const config = { name: "ping", namespace, podSpec: podSpec(image("succeed")), annotations: { note: "x" } };
  const { files, links, missing, entries } = await collectAll(runPod, config, { kube, clock: new PollClock() });
  const log = `${real}/${namespace}/ping/c0.log`;
  deepStrictEqual(Object.keys(files), [log, "ping/ping.json", "ping/ping-events.json"]);
  deepStrictEqual([links, missing], [{ "ping/ping.log": log }, []]);
  match(files[log]!, /handled request=/);
  const pod = JSON.parse(files["ping/ping.json"]!);
  deepStrictEqual([pod.spec, pod.status.phase], [{ containers: null }, "Succeeded"]);
  deepStrictEqual([pod.metadata.annotations.note, pod.metadata.labels["troubleshoot-role"]], ["x", "run-collector"]);
  const events = JSON.parse(files["ping/ping-events.json"]!);
  deepStrictEqual(Object.keys(events), ["metadata", "items"]);
  ok(events.items.length > 0);
  for (const { involvedObject } of events.items) strictEqual(involvedObject.uid, pod.metadata.uid);
  ok(!JSON.stringify(files).includes("shown-to-nobody"));
  ok(entries[0]?.type === "file");
  match(entries[0].source!, /pods\/ping\/log\?container=c0&tailLines=10000&limitBytes=5000000$/);
  await nothingLeft(kube, namespace);
});

clusterCase("runPod takes the log of a pod that fails, which is its result", async (kube, namespace) => {
  const config = { name: "bad", namespace, podSpec: podSpec(image("fail")) };
  const { files, missing } = await collectAll(runPod, config, { kube, clock: new PollClock() });
  ok(`${real}/${namespace}/bad/c0.log` in files);
  strictEqual(JSON.parse(files["bad/bad.json"]!).status.phase, "Failed");
  deepStrictEqual(missing, []);
  await nothingLeft(kube, namespace);
});

clusterCase("runPod takes the logs of all containers", async (kube, namespace) => {
  const config = { name: "out", collectorName: "two", namespace, podSpec: podSpec(image("succeed"), FOREVER) };
  const { files, links } = await collectAll(runPod, config, { kube, clock: new PollClock() });
  const logs = [`${real}/${namespace}/two/c0.log`, `${real}/${namespace}/two/c1.log`];
  deepStrictEqual(Object.keys(files), [...logs, "out/out.json", "out/out-events.json"]);
  deepStrictEqual(links, { "out/two.log": logs[0], "out/two-c1.log": logs[1] });
});

clusterCase("runPod takes the log before a restart, too", async (kube, namespace) => {
  const spec = { restartPolicy: "Always", containers: [{ name: "restarts", image: image("restart") }] };
  const { files } = await collectAll(runPod, { name: "r", namespace, podSpec: spec }, { kube, clock: new PollClock() });
  strictEqual(files[`${real}/${namespace}/r/restarts.log`], "done\n");
  strictEqual(files[`${real}/${namespace}/r/restarts-previous.log`], "done\n");
});

clusterCase("runPod without a name has one, and any collectorName makes one", async (kube, namespace) => {
  const config = { namespace, podSpec: podSpec(image("succeed")) };
  const { links } = await collectAll(runPod, config, { kube, clock: new PollClock() });
  deepStrictEqual(links, { "run-pod.log": `${real}/${namespace}/run-pod/c0.log` });
  const named = await collectAll(runPod, { ...config, collectorName: "My/Check" }, { kube, clock: new PollClock() });
  deepStrictEqual(named.links, { "my-check.log": `${real}/${namespace}/my-check/c0.log` });
});

clusterCase("runPod runs beside a pod that has the name, and leaves that alone", async (kube, namespace) => {
  await kube.create(pods(namespace), {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "ping", labels: { "app.kubernetes.io/managed-by": "troubleshoot.sh" } },
    spec: podSpec(FOREVER),
  });
  const config = { name: "ping", namespace, podSpec: podSpec(image("succeed")) };
  const { files, links } = await collectAll(runPod, config, { kube, clock: new PollClock() });
  deepStrictEqual(links, { "ping/ping.log": `${real}/${namespace}/ping/c0.log` });
  match(JSON.parse(files["ping/ping.json"]!).metadata.name, /^ping-[a-z2-9]{8}$/);
  const left = await listAll(kube, pods(namespace));
  deepStrictEqual(left.map(({ metadata }) => metadata.name), ["ping"]);
  strictEqual(left[0]!.metadata.deletionTimestamp, undefined);
});

clusterCase("runPod gives up an image that cannot be pulled, with the events in words", async (kube, namespace) => {
  const config = { name: "x", namespace, podSpec: podSpec(image("pull")) };
  const { entries, error } = await untilFailure(runPod, config, { kube, clock: new PollClock() });
  match(
    error.message,
    /^The pod "x" will not start: the image "simulate\.example\/pull" of container "c0" cannot be had: ImagePullBackOff/,
  );
  deepStrictEqual(entries.map((entry) => [entry.type, entry.path]), [
    ["missing", `${real}/${namespace}/x/c0.log`],
    ["file", "x/x.json"],
    ["file", "x/x-events.json"],
  ]);
  await nothingLeft(kube, namespace);
});

clusterCase("runPod waits for an image on request, until its timeout", async (kube, namespace) => {
  const clock = new PollClock();
  const config = {
    name: "x",
    namespace,
    podSpec: podSpec(image("pull")),
    allowImagePullRetries: "true",
    timeout: "5s",
  };
  const failure = untilFailure(runPod, config, { kube, clock });
  await untilPods(kube, namespace, ([pod]) => pod?.status?.containerStatuses !== undefined);
  await clock.advance(5000);
  const { error } = await failure;
  match(error.message, /^timeout: the pod "x" did not end within 5s \(Pending; container "c0" waits: ImagePullBackOff/);
  await nothingLeft(kube, namespace);
});

clusterCase("runPod gives up a pod that gets no sandbox", async (kube, namespace) => {
  const config = { name: "x", namespace, podSpec: podSpec(image("creating")) };
  const failure = untilFailure(runPod, config, { kube, clock: new PollClock() });
  const [pod] = await untilPods(kube, namespace, ([pod]) => pod?.status?.containerStatuses !== undefined);
  await warn(kube, pod!);
  const { error } = await failure;
  match(
    error.message,
    /its sandbox cannot be created: FailedCreatePodSandBox: no network \(FailedCreatePodSandBox: no network \(3 times\)\)$/,
  );
  await nothingLeft(kube, namespace);
});

async function warn(kube: KubeClient, { metadata: { name, namespace, uid } }: { metadata: Record<string, unknown> }) {
  await kube.create(`/api/v1/namespaces/${namespace}/events`, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.sandbox`, namespace },
    involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
    type: "Warning",
    reason: "FailedCreatePodSandBox",
    message: "no network",
    count: 3,
    lastTimestamp: "2026-01-01T00:00:00Z",
  });
}

clusterCase("runPod at its timeout keeps what there is of the log", async (kube, namespace) => {
  const clock = new PollClock();
  const config = { name: "slow", namespace, podSpec: podSpec(FOREVER), timeout: "5s" };
  const failure = untilFailure(runPod, config, { kube, clock });
  await untilPods(kube, namespace, running(1));
  await clock.advance(5000);
  const { entries, error } = await failure;
  strictEqual((error as Error & { code: string }).code, "TIMEOUT");
  match(error.message, /^timeout: the pod "slow" did not end within 5s \(Running\)$/);
  deepStrictEqual(entries.map((entry) => entry.path), [
    `${real}/${namespace}/slow/c0.log`,
    "slow/slow.log",
    "slow/slow.json",
    "slow/slow-events.json",
  ]);
  deepStrictEqual((entries[0] as Collected & { truncated: unknown }).truncated, { limit: "deadline" });
  await nothingLeft(kube, namespace);
});

clusterCase("runPod without a timeout ends before the run's deadline", async (kube, namespace) => {
  const clock = new PollClock();
  const deadlineAt = new Date(clock.now().getTime() + 10_000);
  const config = { name: "slow", namespace, podSpec: podSpec(FOREVER) };
  const failure = untilFailure(runPod, config, { kube, clock, deadlineAt });
  await untilPods(kube, namespace, running(1));
  await clock.advance(8000);
  match((await failure).error.message, /did not end within 8s /);
});

clusterCase("runPod removes its pod when it is aborted", async (kube, namespace) => {
  const abort = new AbortController();
  const config = { name: "slow", namespace, podSpec: podSpec(FOREVER) };
  const context = { kube, clock: new PollClock(), signal: abort.signal };
  const failed = rejects(collectAll(runPod, config, context), { message: "Ctrl-C" });
  await untilPods(kube, namespace, running(1));
  abort.abort(new Error("Ctrl-C"));
  await failed;
  // The deletion was accepted; the simulated kubelet ends the pod in its own time.
  for (const { metadata } of await listAll(kube, pods(namespace))) ok(metadata.deletionTimestamp);
});

const login = btoa(
  JSON.stringify({ auths: { "registry.example.com": { auth: btoa("user:" + crypto.randomUUID()) } } }),
);
clusterCase("runPod creates a pull secret, attaches it, and removes it", async (kube, namespace) => {
  const created: Record<string, unknown>[] = [];
  const listening = new Proxy(kube, {
    get(target, key) {
      if (key === "create") {
        return async (path: string, body: unknown, options: never) => {
          const object = await target.create<Record<string, unknown>>(path, body, options);
          created.push(object);
          return object;
        };
      }
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const imagePullSecret = {
    name: "login",
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": login },
  };
  const spec = { ...podSpec(image("succeed")), imagePullSecrets: [{ name: "mine" }] };
  const config = { name: "p", namespace, podSpec: spec, imagePullSecret };
  await collectAll(runPod, config, { kube: listening, clock: new PollClock() });
  // deno-lint-ignore no-explicit-any -- objects of the cluster
  const [secret, pod] = created as any[];
  match(secret.metadata.name, /^login-[a-z2-9]{8}$/);
  deepStrictEqual([secret.type, secret.data], [imagePullSecret.type, imagePullSecret.data]);
  deepStrictEqual(pod.spec.imagePullSecrets, [{ name: "mine" }, { name: secret.metadata.name }]);
  await nothingLeft(kube, namespace);
});

const badSecrets: [string, Record<string, unknown>, RegExp][] = [
  ["of another type", { type: "Opaque", data: { ".dockerconfigjson": login } }, /its type is "Opaque"/],
  ["without a type", { data: { ".dockerconfigjson": login } }, /its type is missing/],
  ["with other keys", { type: "kubernetes.io/dockerconfigjson", data: { a: login } }, /its data has the keys a$/],
  [
    "that is not base64",
    { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": "%hidden%" } },
    /is not base64$/,
  ],
  [
    "that is not JSON",
    { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": btoa("hidden") } },
    /is not JSON in base64$/,
  ],
];
for (const [name, imagePullSecret, expected] of badSecrets) {
  clusterCase(`runPod refuses a pull secret ${name}, without showing it`, async (kube, namespace) => {
    const config = { name: "p", namespace, podSpec: podSpec(image("succeed")), imagePullSecret };
    const { error } = await untilFailure(runPod, config, { kube, clock: new PollClock() });
    strictEqual((error as Error & { code: string }).code, "SPEC_VALUE");
    match(error.message, expected);
    ok(!/hidden|auths/.test(error.message));
    await nothingLeft(kube, namespace);
  });
}

clusterCase("runPod that may not create pods fails as forbidden", async (kube, namespace) => {
  const { error, entries } = await untilFailure(runPod, { namespace, podSpec: podSpec(image("succeed")) }, { kube });
  strictEqual((error as Error & { code: string }).code, "KUBE_FORBIDDEN");
  deepStrictEqual(entries, []);
}, { as: "system:serviceaccount:shop:nobody" });

clusterCase("runPod passes on what the API server says of a podSpec", async (kube, namespace) => {
  const config = { namespace, podSpec: { containers: [{ name: "no image" }] } };
  const { error } = await untilFailure(runPod, config, { kube });
  match(error.message, /the API server answered 422/);
  await nothingLeft(kube, namespace);
});

Deno.test("runPod refuses a name outside of the bundle before it creates anything", async () => {
  await rejects(collectAll(runPod, { name: "../x", podSpec: podSpec("x") }), { code: "UNSAFE_PATH" });
});

Deno.test("runPod refuses a podSpec without containers", () => {
  strictEqual(runPod.schema.safeParse({ podSpec: { containers: [] } }).success, false);
  strictEqual(runPod.schema.safeParse({ podSpec: {} }).success, false);
});

Deno.test("runPod needs what it does to pods, and to secrets where it creates one", () => {
  const needs = (imagePullSecret?: unknown) =>
    runPod.needs!(runPod.schema.parse({ podSpec: podSpec("x"), imagePullSecret }), { namespace: "shop" })
      .map(({ verb, resource, subresource, namespace }) => `${verb} ${resource}${subresource ?? ""} ${namespace}`);
  const usual = ["create pods shop", "get pods shop", "delete pods shop", "get podslog shop"];
  deepStrictEqual(needs(), usual);
  deepStrictEqual(needs({ data: { ".dockerconfigjson": "x" } }), [
    ...usual,
    "create secrets shop",
    "delete secrets shop",
  ]);
});

/** The account that a pod of a new namespace needs comes a moment later. */
async function untilAccount(kube: KubeClient, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  while (!await kube.get(path).then(() => true, () => false)) await new Promise((done) => setTimeout(done, 20));
}

clusterCase("run starts one container named collector, under the given names", async (kube, namespace) => {
  await untilAccount(kube, namespace);
  const config = { name: "out", collectorName: "ping", namespace, image: image("succeed"), args: ["-c", 1] };
  const { files, links } = await collectAll(run, config, { kube, clock: new PollClock() });
  deepStrictEqual(Object.keys(files), [
    `${real}/${namespace}/ping/collector.log`,
    "out/out.json",
    "out/out-events.json",
  ]);
  deepStrictEqual(links, { "out/ping.log": `${real}/${namespace}/ping/collector.log` });
  await nothingLeft(kube, namespace);
});

clusterCase("run says that its service account does not exist", async (kube, namespace) => {
  const config = { name: "x", namespace, image: "x", serviceAccountName: "nobody" };
  await rejects(collectAll(run, config, { kube }), {
    code: "SPEC_VALUE",
    message: `Cannot run the pod: there is no service account "nobody" in namespace "${namespace}"`,
  });
});
