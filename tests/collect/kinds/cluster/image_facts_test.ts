import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { CollectContext } from "../../../../src/collect/collector.ts";
import { data } from "../../../../src/collect/kinds/cluster/data.ts";
import {
  imageFactsNamespace,
  imageFactsPermissions,
  uniqueFacts,
} from "../../../../src/collect/kinds/cluster/image_facts.ts";
import { type ImageFacts, UNKNOWN_IMAGE } from "../../../../src/collect/kinds/cluster/image_facts_of.ts";
import { connectKube } from "../../../../src/kube/connect.ts";
import type { KubeClient } from "../../../../src/kube/kube_client.ts";
import {
  makeImage,
  makeIndex,
  pushImage,
  pushManifest,
  registryProgram,
  startRegistry,
  startRegistryFront,
} from "../../../fixtures/oci_registry.ts";
import { randomHex } from "../../../fixtures/server_process.ts";
import { clusterCase } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

const namespaces: [config: Parameters<typeof imageFactsNamespace>[0], expect: string | undefined][] = [
  [{ name: "image-facts-shop", collectorName: "image-facts/shop" }, "shop"],
  [{ name: "x", collectorName: "image-facts/shop" }, "shop"],
  [{ name: "image-facts-shop" }, "shop"],
  [{ name: "my/image-facts-shop", collectorName: "x" }, "shop"],
  [{ collectorName: "image-facts/" }, ""],
  [{ name: "image-facts", collectorName: "facts" }, undefined],
  [{}, undefined],
];
for (const [config, expect] of namespaces) {
  Deno.test(`imageFactsNamespace() of ${JSON.stringify(config)} is ${expect}`, () =>
    strictEqual(imageFactsNamespace(config), expect));
}

Deno.test("imageFactsPermissions() are those of the collector's namespace, else of --namespace, else of all", () => {
  const of = (wanted: string, namespace?: string) =>
    new Set(imageFactsPermissions(wanted, { namespace }).map((need) => need.namespace));
  deepStrictEqual([of("a", "b"), of("", "b"), of("")], [new Set(["a"]), new Set(["b"]), new Set([undefined])]);
  const lists = imageFactsPermissions("a", {}).map(({ verb, group = "", resource }) => `${verb} ${group}/${resource}`);
  deepStrictEqual(lists, [
    "list /pods",
    "list apps/deployments",
    "list apps/daemonsets",
    "list apps/statefulsets",
    "get /serviceaccounts",
    "get /secrets",
  ]);
});

Deno.test("uniqueFacts() keeps one of each digest, or reference without one, and sorts by size", () => {
  const of = (tag: string, digest: string, size: number): ImageFacts => ({
    ...UNKNOWN_IMAGE,
    registry: "r",
    repository: "a",
    tag,
    digest,
    size,
    collectedAt: "",
    source: "",
  });
  const facts = uniqueFacts([
    of("1", "d1", 5),
    of("2", "d1", 5),
    of("3", "", 0),
    of("3", "", 0),
    of("4", "", 0),
    of("5", "d2", 9),
  ]);
  deepStrictEqual(facts.map(({ tag }) => tag), ["5", "1", "3", "4"]);
});

interface World {
  kube: KubeClient;
  namespace: string;
  host: string;
  storage: string;
  use<T extends { stop(): Promise<void> }>(server: T): T;
  /** Runs nothing: a template alone names its images. */
  deployment(name: string, podSpec: Record<string, unknown>): Promise<void>;
  secret(name: string, logins: Record<string, { username: string; password: string }>): Promise<void>;
}

function facts(name: string, test: (world: World) => Promise<void>) {
  const title = `image facts ${name} (docker-registry)`;
  if (registryProgram === undefined) return Deno.test({ name: title, ignore: true, fn() {} });
  clusterCase(title, async (kube, namespace) => {
    const storage = await Deno.makeTempDir({ prefix: "registry-storage-" });
    const servers: { stop(): Promise<void> }[] = [];
    const use: World["use"] = (server) => {
      servers.push(server);
      return server;
    };
    try {
      const { host } = use(await startRegistry({ storage }));
      await test({
        kube,
        namespace,
        host,
        storage,
        use,
        async deployment(name, podSpec) {
          const labels = { app: name };
          await kube.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: { name },
            spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
          });
        },
        async secret(name, logins) {
          const config = JSON.stringify({ auths: logins });
          await kube.create(`/api/v1/namespaces/${namespace}/secrets`, {
            apiVersion: "v1",
            kind: "Secret",
            type: "kubernetes.io/dockerconfigjson",
            metadata: { name },
            data: { ".dockerconfigjson": btoa(config) },
          });
        },
      });
    } finally {
      for (const server of servers.reverse()) await server.stop();
      await Deno.remove(storage, { recursive: true });
    }
  });
}

/** What the collector writes for the namespace. */
async function collect(namespace: string, context: Partial<CollectContext>) {
  const config = { name: `image-facts-${namespace}`, collectorName: `image-facts/${namespace}` };
  const { files, missing } = await collectAll(data, config, { env: {}, ...context });
  const text = files[`image-facts/${namespace}-facts.json`];
  // deno-lint-ignore no-explicit-any -- as a reader of the bundle finds it
  return { files, missing, facts: text === undefined ? undefined : JSON.parse(text) as any };
}

const containers = (...images: string[]) => ({ containers: images.map((image, i) => ({ name: `c${i}`, image })) });

facts("describe the images of pods and templates", async ({ kube, namespace, host, deployment }) => {
  const single = await makeImage({
    architecture: "arm64",
    os: "linux",
    variant: "v8",
    created: "2026-02-03T04:05:06.7Z",
    config: {
      User: "app",
      ExposedPorts: { "8080/tcp": {} },
      Env: ["A=1"],
      Entrypoint: ["/app"],
      Cmd: null,
      WorkingDir: "/srv",
      Labels: { version: "1" },
    },
  }, ["layer one", "two"]);
  await pushImage(host, "app/web", "1.0", single);
  const amd64 = await makeImage({ architecture: "amd64", os: "linux" }, ["x".repeat(100)], {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
  });
  await pushImage(host, "app/multi", "amd64", amd64);
  const index = await makeIndex([["unknown/unknown", amd64], ["linux/amd64", amd64]]);
  await pushManifest(host, "app/multi", "2.0", index);

  await kube.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "runner" },
  });
  await kube.create(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "one" },
    spec: {
      serviceAccountName: "runner",
      initContainers: [{ name: "init", image: `${host}/app/web:1.0` }],
      ...containers(`${host}/app/multi:2.0`),
    },
  });
  await deployment("two", containers(`${host}/app/web:1.0`, `${host}/app/gone:3`, "Not an image"));

  const { files, facts, missing } = await collect(namespace, { kube, namespace: "elsewhere" });
  deepStrictEqual(missing, []);
  deepStrictEqual(Object.keys(files), [`image-facts/${namespace}-facts.json`, `image-facts/${namespace}-summary.txt`]);
  strictEqual(files[`image-facts/${namespace}-summary.txt`]!.split("\n").length, 5);
  match(files[`image-facts/${namespace}-facts.json`]!, /^\{\n {2}"version": "v1",\n {2}"generatedAt": "20\d\d-/);
  deepStrictEqual([facts.version, facts.namespace], ["v1", namespace]);
  deepStrictEqual(facts.summary, {
    totalImages: 4,
    uniqueRegistries: 1,
    uniqueRepositories: 4,
    totalSize: 112,
    collectionErrors: 2,
  });

  const [multi, web, ...failed] = facts.imageFacts;
  deepStrictEqual([multi.repository, multi.tag, multi.size], ["app/multi", "2.0", 100]);
  deepStrictEqual([multi.digest, multi.mediaType], [index.digest, index.mediaType]);
  deepStrictEqual([multi.platform, multi.config, multi.labels], [{ architecture: "amd64", os: "linux" }, {}, null]);
  strictEqual(multi.created, "0001-01-01T00:00:00Z");
  ok(!("error" in multi));
  const { collectedAt, layers, ...rest } = web;
  match(collectedAt, /^20\d\d-.*Z$/);
  deepStrictEqual(layers.map((layer: { size: number }) => layer.size), [9, 3]);
  deepStrictEqual(rest, {
    repository: "app/web",
    tag: "1.0",
    digest: single.manifest.digest,
    size: 12,
    created: "2026-02-03T04:05:06.7Z",
    labels: { version: "1" },
    platform: { architecture: "arm64", os: "linux", variant: "v8" },
    mediaType: single.manifest.mediaType,
    schemaVersion: 2,
    config: {
      user: "app",
      exposedPorts: { "8080/tcp": {} },
      env: ["A=1"],
      entrypoint: ["/app"],
      workingDir: "/srv",
    },
    registry: host,
    source: `namespace/${namespace}`,
  });
  const errors = Object.fromEntries(failed.map((one: ImageFacts) => [one.repository, one.error]));
  deepStrictEqual(Object.keys(errors).sort(), ["Not an image", "app/gone"]);
  match(errors["app/gone"], /the registry answered 404/);
  match(errors["Not an image"], /is not an image reference/);
});

facts("are read with the pull secrets of templates and of their service accounts", async (world) => {
  const { kube, namespace, storage, use, deployment, secret, host: open } = world;
  const user = { username: "puller", password: randomHex(8) };
  const { host } = use(await startRegistry({ storage, auth: { kind: "basic", ...user } }));
  for (const name of ["one", "two", "three"]) await pushImage(open, `app/${name}`, "1", await makeImage({}, [name]));
  await secret("right", { [host]: user });
  await secret("wrong", { [host]: { ...user, password: "planted" } });
  await kube.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "runner" },
    imagePullSecrets: [{ name: "right" }],
  });
  const pulling = (...names: string[]) => ({ imagePullSecrets: names.map((name) => ({ name })) });
  await deployment("one", { ...containers(`${host}/app/one:1`), ...pulling("wrong", "right") });
  await deployment("two", { ...containers(`${host}/app/two:1`), serviceAccountName: "runner" });
  await deployment("three", { ...containers(`${host}/app/three:1`), ...pulling("gone") });

  const { facts, files } = await collect(namespace, { kube });
  const errors = Object.fromEntries(facts.imageFacts.map((one: ImageFacts) => [one.repository, one.error]));
  deepStrictEqual([errors["app/one"], errors["app/two"]], [undefined, undefined]);
  match(errors["app/three"], /answered 401.*secrets? "gone"/s);
  for (const text of Object.values(files)) ok(!text.includes(user.password) && !text.includes("planted"));
});

facts("ask a registry that does not answer once in a run, however many namespaces there are", async (world) => {
  const { kube, namespace, use, deployment } = world;
  // Closes every connection: like a network that lets nothing through, but at once.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  use({
    async stop() {
      listener.close();
      await accepting.catch(() => {});
    },
  });
  const { port } = listener.addr as Deno.NetAddr;
  await deployment("one", containers(...Array.from({ length: 8 }, (_, i) => `127.0.0.1:${port}/app/${i}:1`)));
  const first = await collect(namespace, { kube });
  strictEqual(first.facts.summary.collectionErrors, 8);
  match(first.facts.imageFacts[0].error, /^Cannot reach the registry 127\.0\.0\.1/);
  const before = connections;
  strictEqual((await collect(namespace, { kube })).facts.summary.collectionErrors, 8);
  strictEqual(connections, before);
});

facts("end before the collector's own deadline, with what there was time for", async (world) => {
  const { kube, namespace, host, use, deployment } = world;
  await pushImage(host, "app/web", "1.0", await makeImage({}, ["x"]));
  const hanging = use(startRegistryFront(undefined, () => new Promise<Response>(() => {})));
  await deployment("one", containers(`${host}/app/web:1.0`, `${hanging.host}/app/web:1.0`));
  const deadlineAt = new Date(Date.now() + 3_500);
  const { facts } = await collect(namespace, { kube, deadlineAt });
  ok(Date.now() < deadlineAt.getTime());
  const errors = facts.imageFacts.map((one: ImageFacts) => one.error);
  deepStrictEqual(errors, [undefined, "not read: the time for image facts was over"]);
});

facts("refuse what is too large to be an image", async ({ kube, namespace, host, use, deployment }) => {
  const huge = use(startRegistryFront(host, (_request, url) => {
    if (!url.pathname.includes("/manifests/")) return undefined;
    return new Response(new Uint8Array(8 * 1024 * 1024));
  }));
  await deployment("one", containers(`${huge.host}/app/web:1.0`));
  match((await collect(namespace, { kube })).facts.imageFacts[0].error, /more than the 4194304 bytes/);
});

facts("say so where there is no image", async ({ kube, namespace }) => {
  const { files, missing } = await collect(namespace, { kube });
  deepStrictEqual([Object.keys(files), missing], [[`image-facts/${namespace}-info.txt`], []]);
});

facts("say so where nothing may be listed", async ({ namespace }) => {
  const kubeconfig = Deno.env.get("TEST_KUBECONFIG");
  const kube = connectKube({ kubeconfig, as: "system:serviceaccount:default:nobody" }, Deno.env.toObject());
  try {
    const { files, missing } = await collect(namespace, { kube });
    deepStrictEqual(Object.keys(files), [`image-facts/${namespace}-error.txt`]);
    deepStrictEqual(missing.map((entry) => entry.type === "missing" && entry.reason), ["forbidden"]);
  } finally {
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  }
});
