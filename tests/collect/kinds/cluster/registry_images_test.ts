import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { registryImages } from "../../../../src/collect/kinds/cluster/registry_images.ts";
import type { CollectContext } from "../../../../src/collect/collector.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import {
  makeImage,
  pushImage,
  registryProgram,
  startRegistry,
  startRegistryFront,
} from "../../../fixtures/oci_registry.ts";
import { randomHex } from "../../../fixtures/server_process.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { clusterCase } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

interface World {
  host: string;
  storage: string;
  use<T extends { stop(): Promise<void> }>(server: T): T;
}

async function withRegistry(test: (world: World) => Promise<void>) {
  const storage = await Deno.makeTempDir({ prefix: "registry-storage-" });
  const servers: { stop(): Promise<void> }[] = [];
  const use: World["use"] = (server) => {
    servers.push(server);
    return server;
  };
  try {
    const { host } = use(await startRegistry({ storage }));
    await pushImage(host, "app/web", "1.0", await makeImage({ os: "linux" }, ["x"]));
    await test({ host, storage, use });
  } finally {
    for (const server of servers.reverse()) await server.stop();
    await Deno.remove(storage, { recursive: true });
  }
}

async function check(config: unknown, context: Partial<CollectContext> = {}) {
  const { files } = await collectAll(registryImages, config, { env: {}, ...context });
  const [path, text] = Object.entries(files)[0]!;
  deepStrictEqual(Object.keys(files).length, 1);
  return { path, text, images: JSON.parse(text).images as Record<string, { exists: boolean; error?: string }> };
}

const user = { username: "puller", password: randomHex(8) };
const pullSecret = (host: string, login = user) => ({
  ".dockerconfigjson": btoa(
    JSON.stringify({ auths: { [host]: { auth: btoa(`${login.username}:${login.password}`) } } }),
  ),
});
const TYPE = "kubernetes.io/dockerconfigjson";

const behaviour: [name: string, test: (world: World) => Promise<void>][] = [
  ["tells what is there from what is not, and from what cannot be asked", async ({ host }) => {
    const images = [`${host}/app/web:1.0`, `${host}/app/web:2.0`, "Not an image", "127.0.0.1:1/app/web"];
    const found = await check({ images });
    strictEqual(found.path, "registry/images.json");
    match(found.text, /^\{\n {2}"images": \{\n {4}"127\.0\.0\.1:\d+\/app\/web:1\.0": \{\n {6}"exists": true\n {4}\}/);
    const [there, not, invalid, nobody] = images.map((image) => found.images[image]!);
    deepStrictEqual([there, not], [{ exists: true }, { exists: false }]);
    deepStrictEqual([invalid!.exists, nobody!.exists], [false, false]);
    match(invalid!.error!, /is not an image reference/);
    match(nobody!.error!, /^Cannot reach the registry 127\.0\.0\.1:1: /);
  }],
  ["names its file by the collector", async ({ host }) => {
    strictEqual((await check({ collectorName: "app", images: [`${host}/app/web`] })).path, "registry/app.json");
  }],
  ["logs in with the secret that the spec holds", async ({ storage, use }) => {
    const { host } = use(await startRegistry({ storage, auth: { kind: "basic", ...user } }));
    const image = `${host}/app/web:1.0`;
    const withSecret = (secret: unknown) => check({ images: [image], imagePullSecret: secret });
    const right = await withSecret({ data: pullSecret(host), type: TYPE });
    deepStrictEqual(right.images[image], { exists: true });
    const wrong = await withSecret({ data: pullSecret(host, { ...user, password: "planted" }), type: TYPE });
    match(wrong.images[image]!.error!, /answered 401/);
    ok(!wrong.text.includes("planted"));
    const untyped = await withSecret({ data: pullSecret(host) });
    match(untyped.images[image]!.error!, /they are not a pull secret's/);
  }],
  ["says that a registry wants credentials", async ({ storage, use }) => {
    const { host } = use(await startRegistry({ storage, auth: { kind: "basic", ...user } }));
    const { images } = await check({ images: [`${host}/app/web:1.0`] });
    match(images[`${host}/app/web:1.0`]!.error!, /answered 401/);
  }],
  ["gives errors for what there was no time for", async ({ host, use }) => {
    const front = use(startRegistryFront(host, () => new Promise<Response>(() => {})));
    const clock = new ManualClock();
    const images = Array.from({ length: 8 }, (_, i) => `${front.host}/app/web:${i}`);
    const running = check({ images }, { clock, deadlineAt: new Date(clock.now().getTime() + 7_000) });
    await clock.untilSleeping(2);
    await clock.advance(5_000);
    const errors = Object.values((await running).images).map(({ error }) => error);
    deepStrictEqual(new Set(errors), new Set(["not checked: the collector's time was over"]));
    strictEqual(errors.length, 8);
  }],
  ["throws when it is aborted", async ({ host, use }) => {
    const front = use(startRegistryFront(host, () => new Promise<Response>(() => {})));
    const signal = AbortSignal.timeout(100);
    await rejects(check({ images: [`${front.host}/app/web`] }, { signal }), { name: "TimeoutError" });
  }],
];
for (const [name, fn] of behaviour) {
  const ignore = registryProgram === undefined;
  Deno.test({ name: `registryImages ${name} (docker-registry)`, ignore, fn: () => withRegistry(fn) });
}

Deno.test({
  name: "registryImages takes any certificate, but sends no credentials there (docker-registry, openssl)",
  ignore: registryProgram === undefined || !hasOpenssl,
  fn: () =>
    withRegistry(async ({ storage, use }) => {
      const { server: tls } = await makeCertificates();
      const open = use(await startRegistry({ storage, tls }));
      const { images } = await check({ images: [`${open.host}/app/web:1.0`, `${open.host}/app/web:2.0`] });
      deepStrictEqual(Object.values(images), [{ exists: true }, { exists: false }]);
      const closed = use(await startRegistry({ storage, tls, auth: { kind: "basic", ...user } }));
      const image = `${closed.host}/app/web:1.0`;
      const config = { images: [image], imagePullSecret: { data: pullSecret(closed.host), type: TYPE } };
      match((await check(config)).images[image]!.error!, /certificate/);
    }),
});

const fromCluster: [name: string, test: Parameters<typeof clusterCase>[1]][] = [
  ["logs in with a secret of the cluster", (kube, namespace) =>
    withRegistry(async ({ storage, use }) => {
      const { host } = use(await startRegistry({ storage, auth: { kind: "basic", ...user } }));
      await kube.create(`/api/v1/namespaces/${namespace}/secrets`, {
        apiVersion: "v1",
        kind: "Secret",
        type: TYPE,
        metadata: { name: "pull" },
        data: pullSecret(host),
      });
      const image = `${host}/app/web:1.0`;
      const config = { images: [image], imagePullSecret: { name: "pull" } };
      deepStrictEqual((await check({ ...config, namespace }, { kube })).images[image], { exists: true });
      deepStrictEqual((await check(config, { kube, namespace })).images[image], { exists: true });
      const missing = await check({ ...config, namespace, imagePullSecret: { name: "gone" } }, { kube });
      match(missing.images[image]!.error!, /"gone".*404/);
    })],
];
for (const [name, test] of fromCluster) {
  const title = `registryImages ${name} (docker-registry)`;
  if (registryProgram === undefined) Deno.test({ name: title, ignore: true, fn() {} });
  else clusterCase(title, test);
}

Deno.test("registryImages needs to read the secret that it names, and no other", () => {
  const needs = (config: unknown, context = {}) => registryImages.needs!(registryImages.schema.parse(config), context);
  const secret = { verb: "get", resource: "secrets", name: "pull", namespace: "default" };
  deepStrictEqual(needs({ images: [], imagePullSecret: { name: "pull" } }), [secret]);
  deepStrictEqual(needs({ images: [], imagePullSecret: { name: "pull" } }, { namespace: "x" }), [
    { ...secret, namespace: "x" },
  ]);
  deepStrictEqual(needs({ images: [], imagePullSecret: { name: "pull", data: { a: "b" } } }), []);
  deepStrictEqual(needs({ images: [] }), []);
});
