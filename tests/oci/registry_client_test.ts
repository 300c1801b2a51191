import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { RegistryCredentials } from "../../src/oci/docker_config.ts";
import { type ImageReference, parseImageReference } from "../../src/oci/image_reference.ts";
import { RegistryClient, type RegistryClientOptions } from "../../src/oci/registry_client.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import {
  makeImage,
  makeIndex,
  pushImage,
  pushManifest,
  type RegistryFront,
  registryProgram,
  startRegistry,
  startRegistryFront,
  startTokenServer,
  stored,
  type TestImage,
} from "../fixtures/oci_registry.ts";
import { randomHex } from "../fixtures/server_process.ts";

interface World {
  /** A registry without credentials; its storage is shared with those that a test starts. */
  host: string;
  storage: string;
  image: TestImage;
  certificates(): Promise<Certificates>;
  signal: AbortSignal;
  client(options?: Partial<RegistryClientOptions>): RegistryClient;
  ref(name: string, host?: string): ImageReference;
  /** Ended with the test. */
  use<T extends { stop(): Promise<void> }>(server: T): T;
}

let made: Promise<Certificates> | undefined;

async function withRegistry(test: (world: World) => Promise<void>) {
  const storage = await Deno.makeTempDir({ prefix: "registry-storage-" });
  const servers: { stop(): Promise<void> }[] = [];
  const clients: RegistryClient[] = [];
  try {
    const registry = await startRegistry({ storage });
    servers.push(registry);
    const image = await makeImage({ architecture: "amd64", os: "linux" }, ["one", "two"]);
    await pushImage(registry.host, "app/web", "1.0", image);
    await test({
      host: registry.host,
      storage,
      image,
      certificates: () => made ??= makeCertificates(),
      signal: new AbortController().signal,
      client(options = {}) {
        const client = new RegistryClient({ clock: systemClock, env: {}, ...options });
        clients.push(client);
        return client;
      },
      ref: (name, host = registry.host) => parseImageReference(`${host}/${name}`),
      use(server) {
        servers.push(server);
        return server;
      },
    });
  } finally {
    for (const client of clients) client[Symbol.dispose]();
    for (const server of servers.reverse()) await server.stop();
    await Deno.remove(storage, { recursive: true });
  }
}

const basicUser = () => ({ username: "puller", password: `${randomHex(8)}:x` });

async function basicRegistry({ storage, use }: World) {
  const user = basicUser();
  return { user, host: use(await startRegistry({ storage, auth: { kind: "basic", ...user } })).host };
}

async function tokenRegistry({ storage, certificates, use }: World, options: Parameters<typeof startTokenServer>[1]) {
  const { server, ca } = await certificates();
  const tokens = use(await startTokenServer(server, options));
  const { realm, service, issuer } = tokens;
  const auth = { kind: "token", realm, service, issuer, ca } as const;
  return { tokens, host: use(await startRegistry({ storage, auth })).host };
}

function front({ host, use }: World, intercept: Parameters<typeof startRegistryFront>[1]): RegistryFront {
  return use(startRegistryFront(host, intercept));
}

const behaviour: [name: string, test: (world: World) => Promise<void>][] = [
  ["reads a manifest by its tag, with the digest of its very bytes", async ({ client, ref, image, signal }) => {
    const { digest, document } = await client().manifest(ref("app/web:1.0"), { signal });
    strictEqual(digest, image.manifest.digest);
    ok(document.form === "image");
    deepStrictEqual(document.layers.map(({ size }) => size), [3, 3]);
  }],
  ["reads a manifest by its digest", async ({ client, ref, image, signal }) => {
    const { digest } = await client().manifest(ref(`app/web@${image.manifest.digest}`), { signal });
    strictEqual(digest, image.manifest.digest);
  }],
  ["reads lists of manifests, of OCI and of Docker", async ({ client, ref, host, image, signal }) => {
    for (const type of ["oci.image.index.v1", "docker.distribution.manifest.list.v2"]) {
      const index = await makeIndex([["linux/amd64", image]], `application/vnd.${type}+json`);
      await pushManifest(host, "app/web", "list", index);
      const { digest, document } = await client().manifest(ref("app/web:list"), { signal });
      deepStrictEqual([digest, document.form], [index.digest, "index"]);
    }
  }],
  ["reads a manifest of OCI", async ({ client, ref, host, signal }) => {
    const manifest = "application/vnd.oci.image.manifest.v1+json";
    await pushImage(host, "app/oci", "1", await makeImage({}, ["x"], { manifest }));
    strictEqual((await client().manifest(ref("app/oci:1"), { signal })).document.mediaType, manifest);
  }],
  ["reads a blob", async ({ client, ref, image, signal }) => {
    const blob = image.blobs[1]!;
    deepStrictEqual(await client().blob(ref("app/web"), blob.digest, 100, { signal }), blob.bytes);
  }],
  ["refuses a blob that is longer than wanted", async ({ client, ref, image, signal }) => {
    await rejects(client().blob(ref("app/web"), image.blobs[0]!.digest, 10, { signal }), {
      code: "REGISTRY_TOO_LARGE",
    });
  }],
  ["tells an image that is there from one that is not", async ({ client, ref, image, signal }) => {
    const asked = client();
    deepStrictEqual([
      await asked.exists(ref("app/web:1.0"), { signal }),
      await asked.exists(ref(`app/web@${image.manifest.digest}`), { signal }),
      await asked.exists(ref("app/web:2.0"), { signal }),
    ], [true, true, false]);
  }],
  ["fails where the repository is unknown, or nobody says what is", async (world) => {
    const answers = [JSON.stringify({ errors: [{ code: "NAME_UNKNOWN" }] }), "", "<html>"];
    for (const body of answers) {
      const registry = front(
        world,
        (_request, url) => url.pathname.includes("/manifests/") ? new Response(body, { status: 404 }) : undefined,
      );
      const asked = world.client().exists(world.ref("app/web:1.0", registry.host), { signal: world.signal });
      await rejects(asked, { code: "REGISTRY_NOT_FOUND" });
    }
  }],
  ["fails for a manifest that is not there", async ({ client, ref, signal }) => {
    const error = { code: "REGISTRY_NOT_FOUND", status: 404, reason: "MANIFEST_UNKNOWN" };
    await rejects(client().manifest(ref("app/web:2.0"), { signal }), error);
  }],
  ["logs in with name and password", async (world) => {
    const { host, user } = await basicRegistry(world);
    const call = { credentials: [user], signal: world.signal };
    strictEqual(await world.client().exists(world.ref("app/web:1.0", host), call), true);
    const { digest } = await world.client().manifest(world.ref("app/web:1.0", host), call);
    strictEqual(digest, world.image.manifest.digest);
  }],
  ["fails without the credentials that are wanted", async (world) => {
    const { host } = await basicRegistry(world);
    const asked = world.client().exists(world.ref("app/web:1.0", host), { signal: world.signal });
    await rejects(asked, { code: "REGISTRY_AUTH", status: 401, hint: /image pull secret/ });
  }],
  ["tries a wrong password once, however many images there are", async (world) => {
    const { host, user } = await basicRegistry(world);
    const seen = world.use(startRegistryFront(host, () => undefined));
    const wrong = { ...user, password: randomHex(8) };
    const client = world.client();
    for (const name of ["app/web:1.0", "app/web:2.0", "app/other"]) {
      const asked = client.exists(world.ref(name, seen.host), { credentials: [wrong], signal: world.signal });
      await rejects(asked, (error: Error) => {
        match(error.message, /^Cannot find 127/);
        ok(!error.message.includes(wrong.password));
        return true;
      });
    }
    strictEqual(seen.requests.filter(({ authorization }) => authorization !== null).length, 1);
  }],
  ["goes on to the next credentials when some are refused", async (world) => {
    const { host, user } = await basicRegistry(world);
    const credentials = [{ ...user, password: "wrong" }, user];
    const asked = world.client().exists(world.ref("app/web:1.0", host), { credentials, signal: world.signal });
    strictEqual(await asked, true);
  }],
  ["gets a token without credentials, and one for each repository", async (world) => {
    const { host, tokens } = await tokenRegistry(world, {});
    await pushImage(world.host, "app/other", "1.0", world.image);
    const client = world.client();
    const call = { signal: world.signal };
    for (const name of ["app/web:1.0", "app/web:1.0", "app/other:1.0"]) {
      strictEqual(await client.exists(world.ref(name, host), call), true);
    }
    await client.manifest(world.ref("app/web:1.0", host), call);
    deepStrictEqual(tokens.requests, [
      { method: "GET", scope: "repository:app/web:pull", sent: null },
      { method: "GET", scope: "repository:app/other:pull", sent: null },
    ]);
  }],
  ["asks for one token only when images are asked for at a time", async (world) => {
    const { host, tokens } = await tokenRegistry(world, {});
    const client = world.client();
    const names = ["app/web:1.0", "app/web:2.0", "app/web:3.0"];
    const call = { signal: world.signal };
    deepStrictEqual(
      await Promise.all(names.map((name) => client.exists(world.ref(name, host), call))),
      [true, false, false],
    );
    strictEqual(tokens.requests.length, 1);
  }],
  ["renews a token that has ended", async (world) => {
    const { host, tokens } = await tokenRegistry(world, { lifetimeS: 5 });
    const client = world.client();
    for (let i = 0; i < 2; i++) {
      strictEqual(await client.exists(world.ref("app/web:1.0", host), { signal: world.signal }), true);
    }
    strictEqual(tokens.requests.length, 2);
  }],
  ["gets a token for name and password", async (world) => {
    const user = basicUser();
    user.password = user.password.replace(":", "-");
    const { host, tokens } = await tokenRegistry(world, { users: { [user.username]: user.password } });
    const call = { credentials: [user], signal: world.signal };
    strictEqual(await world.client().exists(world.ref("app/web:1.0", host), call), true);
    strictEqual(tokens.requests[0]!.sent, `Basic ${btoa(`${user.username}:${user.password}`)}`);
    const wrong = { credentials: [{ ...user, password: "wrong" }], signal: world.signal };
    const client = world.client();
    for (let i = 0; i < 3; i++) {
      const expected = { code: "REGISTRY_AUTH", message: /get a token for "repository:app\/web:pull"/ };
      await rejects(client.exists(world.ref("app/web:1.0", host), wrong), expected);
    }
    strictEqual(tokens.requests.length, 2);
  }],
  ["exchanges an identity token", async (world) => {
    const identityToken = randomHex(16);
    const { host, tokens } = await tokenRegistry(world, { refreshToken: identityToken });
    const credentials: RegistryCredentials[] = [{ username: "<token>", identityToken }];
    const call = { credentials, signal: world.signal };
    strictEqual(await world.client().exists(world.ref("app/web:1.0", host), call), true);
    deepStrictEqual(tokens.requests.map(({ method, sent }) => [method, sent]), [["POST", identityToken]]);
  }],
  ["sends a registry token as it is", async (world) => {
    const seen = front(
      world,
      (request) =>
        request.headers.get("authorization") === "Bearer given" ? undefined : new Response(null, { status: 401 }),
    );
    const call = { credentials: [{ registryToken: "given" }], signal: world.signal };
    strictEqual(await world.client().exists(world.ref("app/web:1.0", seen.host), call), true);
  }],
  ["does not trust a certificate that nobody here vouches for", async (world) => {
    const { storage, certificates, signal } = world;
    const { host } = world.use(await startRegistry({ storage, tls: (await certificates()).server }));
    const asked = world.client().exists(world.ref("app/web:1.0", host), { signal });
    await rejects(asked, { code: "REGISTRY_UNREACHABLE", why: "certificate", hint: /certs\.d/ });
  }],
  ["trusts the authority that certs.d has for the registry", async (world) => {
    const { storage, certificates, signal } = world;
    const { host } = world.use(await startRegistry({ storage, tls: (await certificates()).server }));
    const home = join(storage, "home");
    const folder = join(home, ".config", "containers", "certs.d", host);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "ca.crt"), (await certificates()).ca);
    const client = world.client({ env: { HOME: home } });
    strictEqual(await client.exists(world.ref("app/web:1.0", host), { signal }), true);
  }],
  ["follows a blob to another server without the credentials", async (world) => {
    const user = { username: "u", password: randomHex(8) };
    const storage = world.use(startRegistryFront(world.host, () => undefined));
    const registry = front(world, (request, url) => {
      if (request.headers.get("authorization") === null) {
        return new Response(null, { status: 401, headers: { "www-authenticate": "Basic realm=x" } });
      }
      if (!url.pathname.includes("/blobs/")) return undefined;
      return new Response(null, { status: 307, headers: { location: `http://${storage.host}${url.pathname}` } });
    });
    const blob = world.image.blobs[0]!;
    const call = { credentials: [user], signal: world.signal };
    deepStrictEqual(
      await world.client().blob(world.ref("app/web", registry.host), blob.digest, 1000, call),
      blob.bytes,
    );
    deepStrictEqual(storage.requests.map(({ authorization }) => authorization), [null]);
  }],
  ["stops following redirects in circles", async (world) => {
    const registry = front(
      world,
      (_request, url) => new Response(null, { status: 302, headers: { location: url.href } }),
    );
    const asked = world.client().manifest(world.ref("app/web", registry.host), { signal: world.signal });
    await rejects(asked, /in circles/);
  }],
  ["waits as long as the registry asks, and tries again", async (world) => {
    const registry = front(
      world,
      (_request, _url, count) =>
        count === 2 ? new Response(null, { status: 429, headers: { "retry-after": "0" } }) : undefined,
    );
    strictEqual(await world.client().exists(world.ref("app/web:1.0", registry.host), { signal: world.signal }), true);
  }],
  ["leaves a registry alone that asks for a long pause", async (world) => {
    const registry = front(
      world,
      (_request, url) =>
        url.pathname === "/v2/" ? undefined : new Response(null, { status: 429, headers: { "retry-after": "3600" } }),
    );
    const client = world.client();
    for (const tag of ["1", "2", "3"]) {
      const asked = client.exists(world.ref(`app/web:${tag}`, registry.host), { signal: world.signal });
      await rejects(asked, { code: "REGISTRY_RATE_LIMIT", retryAfterMs: 3_600_000 });
    }
    strictEqual(registry.requests.length, 2);
  }],
  ["refuses bytes that are not those of the digest", async (world) => {
    const other = await stored("{}", "application/octet-stream");
    const registry = front(world, (request, url) => {
      if (request.method === "HEAD" || url.pathname === "/v2/") return undefined;
      return new Response(other.bytes as BodyInit, {
        headers: {
          "docker-content-digest": url.pathname.endsWith("1.0") ? world.image.manifest.digest : other.digest,
          "content-type": other.mediaType,
        },
      });
    });
    const client = world.client();
    const call = { signal: world.signal };
    const expected = { code: "REGISTRY_DIGEST" };
    await rejects(client.manifest(world.ref("app/web:1.0", registry.host), call), expected);
    await rejects(client.manifest(world.ref(`app/web@${world.image.manifest.digest}`, registry.host), call), expected);
    await rejects(client.blob(world.ref("app/web", registry.host), world.image.blobs[0]!.digest, 99, call), expected);
  }],
  ["reads no more of a manifest than one may have", async (world) => {
    let sent = 0;
    const registry = front(world, (_request, url) => {
      if (!url.pathname.includes("/manifests/")) return undefined;
      const chunk = new Uint8Array(1024 * 1024);
      return new Response(
        new ReadableStream({
          pull(controller) {
            sent += chunk.length;
            controller.enqueue(chunk);
          },
        }),
      );
    });
    const asked = world.client().manifest(world.ref("app/web:1.0", registry.host), { signal: world.signal });
    await rejects(asked, { code: "REGISTRY_TOO_LARGE" });
    ok(sent < 64 * 1024 * 1024, `${sent} bytes were sent`);
  }],
  ["gives up a registry that does not answer, and does not ask it again", async (world) => {
    const registry = front(world, () => new Promise<Response>(() => {}));
    const client = world.client({ timeoutMs: 200 });
    const expected = { code: "REGISTRY_UNREACHABLE", message: /no answer within 0\.2 s/ };
    const ask = () => client.exists(world.ref("app/web:1.0", registry.host), { signal: world.signal });
    await Promise.all(Array.from({ length: 5 }, () => rejects(ask(), expected)));
    await rejects(ask(), expected);
    strictEqual(registry.requests.length, 1);
  }],
  ["ends with its signal", async (world) => {
    const registry = front(world, () => new Promise<Response>(() => {}));
    const signal = AbortSignal.timeout(100);
    await rejects(world.client().exists(world.ref("app/web", registry.host), { signal }), { name: "TimeoutError" });
  }],
  ["says that a host is unknown, and asks for it once", async ({ client, signal }) => {
    const asked = client();
    const image = parseImageReference("registry.invalid/app:1");
    const expected = { code: "REGISTRY_UNREACHABLE", message: /^Cannot reach the registry registry\.invalid: .*dns/i };
    await rejects(asked.exists(image, { signal }), expected);
    await rejects(asked.exists(image, { signal }), expected);
  }],
  ["asks a registry over plain http where it is told to, through the proxy of the environment", async (world) => {
    const proxy = front(world, () => undefined);
    const before = Deno.env.get("HTTP_PROXY");
    Deno.env.set("HTTP_PROXY", `http://${proxy.host}`);
    try {
      const client = world.client({ env: { SUPPORT_BUNDLE_HTTP_REGISTRIES: "other:1, plain.invalid:5000" } });
      const image = parseImageReference("plain.invalid:5000/app/web:1.0");
      strictEqual(await client.exists(image, { signal: world.signal }), true);
    } finally {
      if (before === undefined) Deno.env.delete("HTTP_PROXY");
      else Deno.env.set("HTTP_PROXY", before);
    }
    deepStrictEqual(proxy.requests.map(({ path }) => path), ["/v2/", "/v2/app/web/manifests/1.0"]);
  }],
  ["sends credentials to no server of tokens that is not encrypted", async (world) => {
    const registry = front(world, () => {
      const realm = 'Bearer realm="http://tokens.example.com/token",service="x"';
      return new Response(null, { status: 401, headers: { "www-authenticate": realm } });
    });
    const call = { credentials: [{ username: "u", password: "p" }], signal: world.signal };
    const expected = { why: "refused-by-us", message: /tokens\.example\.com, which is not encrypted/ };
    await rejects(world.client().exists(world.ref("app/web", registry.host), call), expected);
  }],
];
for (const [name, fn] of behaviour) {
  const ignore = registryProgram === undefined || !hasOpenssl;
  Deno.test({ name: `RegistryClient ${name} (docker-registry, openssl)`, ignore, fn: () => withRegistry(fn) });
}
