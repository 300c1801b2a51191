import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { readOciSpecs } from "../../src/spec/oci_source.ts";
import { readSource } from "../../src/spec/read_source.ts";
import { makeImage, pushImage, registryProgram, startRegistry } from "../fixtures/oci_registry.ts";
import { randomHex } from "../fixtures/server_process.ts";

const PREFLIGHT = "replicated.preflight.spec";
const SUPPORT_BUNDLE = "replicated.supportbundle.spec";

/** What vendors publish: an artifact with one layer, which is the spec. */
const artifact = (layer: string, ...texts: string[]) =>
  makeImage({}, texts, {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: layer.replace("spec", "config"),
    layer,
  });

interface World {
  host: string;
  storage: string;
  push(path: string, tag: string, layer: string, ...texts: string[]): Promise<void>;
}

async function withRegistry(test: (world: World) => Promise<void>) {
  const storage = await Deno.makeTempDir({ prefix: "registry-storage-" });
  const { host, stop } = await startRegistry({ storage });
  try {
    const push: World["push"] = async (path, tag, layer, ...texts) =>
      await pushImage(host, path, tag, await artifact(layer, ...texts));
    await test({ host, storage, push });
  } finally {
    await stop();
    await Deno.remove(storage, { recursive: true });
  }
}

const behaviour: [name: string, test: (world: World) => Promise<void>][] = [
  ["reads both artifacts of a release", async ({ host, push }) => {
    await push("shop/stable/replicated-preflight", "latest", PREFLIGHT, "kind: Preflight");
    await push("shop/stable/replicated-supportbundle", "latest", SUPPORT_BUNDLE, "kind: SupportBundle");
    const expect = [
      { name: `oci://${host}/shop/stable/replicated-preflight:latest`, text: "kind: Preflight" },
      { name: `oci://${host}/shop/stable/replicated-supportbundle:latest`, text: "kind: SupportBundle" },
    ];
    deepStrictEqual(await readOciSpecs(`oci://${host}/shop/stable`, {}), expect);
    deepStrictEqual(await readSource(`oci://${host}/shop/stable/`, { cwd: "/", env: {} }), expect);
  }],
  ["reads the one that is there, under its tag", async ({ host, push }) => {
    await push("shop/replicated-supportbundle", "1.2.3", SUPPORT_BUNDLE, "kind: SupportBundle");
    const [spec, ...others] = await readOciSpecs(`oci://${host}/shop:1.2.3`, {});
    deepStrictEqual([spec?.text, others.length], ["kind: SupportBundle", 0]);
  }],
  ["fails where there is no release", async ({ host, push }) => {
    await push("shop/replicated-supportbundle", "1", SUPPORT_BUNDLE, "x");
    const expected = { code: "SPEC", exitCode: 2, message: /there is no release.*replicated-supportbundle:2$/ };
    await rejects(readOciSpecs(`oci://${host}/shop:2`, {}), expected);
    await rejects(readOciSpecs(`oci://${host}/nothing`, {}), { code: "SPEC", message: /there is no release/ });
  }],
  ["fails where the spec's layer is missing or there are two", async ({ host, push }) => {
    await push("shop/replicated-supportbundle", "none", "text/plain", "x");
    await rejects(readOciSpecs(`oci://${host}/shop:none`, {}), /0 layers of type replicated\.supportbundle\.spec/);
    await push("shop/replicated-supportbundle", "two", SUPPORT_BUNDLE, "x", "y");
    await rejects(readOciSpecs(`oci://${host}/shop:two`, {}), /2 layers/);
  }],
  ["logs in as Helm does on this machine", async ({ push, storage }) => {
    await push("shop/replicated-supportbundle", "latest", SUPPORT_BUNDLE, "kind: SupportBundle");
    const user = { username: "licence", password: randomHex(8) };
    const registry = await startRegistry({ storage, auth: { kind: "basic", ...user } });
    try {
      const source = `oci://${registry.host}/shop`;
      await rejects(readOciSpecs(source, {}), { exitCode: 2, message: /answered 401/, hint: /docker login/ });
      const folder = join(storage, "home", ".config", "helm", "registry");
      await Deno.mkdir(folder, { recursive: true });
      const auth = btoa(`${user.username}:${user.password}`);
      await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const [spec] = await readOciSpecs(source, { env: { HOME: join(storage, "home") } });
      deepStrictEqual(spec?.text, "kind: SupportBundle");
    } finally {
      await registry.stop();
    }
  }],
];
for (const [name, fn] of behaviour) {
  const ignore = registryProgram === undefined;
  Deno.test({ name: `readOciSpecs() ${name} (docker-registry)`, ignore, fn: () => withRegistry(fn) });
}

const refused: [source: string, why: RegExp][] = [
  ["oci://r.example", /no path/],
  ["oci://r.example/", /no path/],
  ["oci:///shop", /no path/],
  ["oci://user:planted@r.example/shop", /^Cannot read the specs of oci:\/\/r\.example\/shop: it has more than/],
  ["oci://r.example/shop?token=planted", /^Cannot read the specs of oci:\/\/r\.example\/shop: it has more than/],
  [`oci://r.example/shop@sha256:${"0".repeat(64)}`, /more than a host, a path and a tag/],
  ["oci://r.example/Shop", /upper-case/],
  ["oci://r.example/shop:-", /no tag/],
];
for (const [source, message] of refused) {
  Deno.test(`readOciSpecs() refuses ${source}`, () =>
    rejects(readOciSpecs(source, {}), (error: Error & { exitCode: number }) => {
      match(error.message, message);
      deepStrictEqual([error.exitCode, error.message.includes("planted")], [2, false]);
      return true;
    }));
}
