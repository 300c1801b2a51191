import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { s3Status } from "../../../../src/collect/kinds/cluster/s3_status.ts";
import { type S3Server, startS3Server, TEST_SERVICES } from "../../../fixtures/s3_server.ts";
import { freePort, randomHex } from "../../../fixtures/server_process.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll } from "../../collect_all.ts";
import { CertificateMaker, HAS_OPENSSL } from "../../openssl.ts";

function s3Test(name: string, test: (server: S3Server) => Promise<void>): void {
  Deno.test({
    name: TEST_SERVICES === undefined ? `${name} (needs versitygw)` : name,
    ignore: TEST_SERVICES === undefined,
    async fn() {
      const server = await startS3Server(TEST_SERVICES!);
      try {
        await test(server);
      } finally {
        await server.stop();
      }
    },
  });
}

function configOf({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Server) {
  return { bucketName: bucket, endpoint, accessKeyID: accessKeyId, secretAccessKey, usePathStyle: true };
}

const status = async (config: unknown, context = {}) => {
  const { files, missing } = await collectAll(s3Status, config, context);
  deepStrictEqual(missing, []);
  deepStrictEqual(Object.keys(files), ["s3Status/s3Status.json"]);
  return JSON.parse(files["s3Status/s3Status.json"]!);
};

s3Test("s3Status connects to a real server, and writes compact JSON under its name", async (server) => {
  const config = { ...configOf(server), collectorName: "backups", region: "eu-west-1" };
  // The bucket's real region does not count for versitygw's HEAD; what is signed does.
  const { files } = await collectAll(s3Status, { ...config, region: "us-east-1" });
  deepStrictEqual(files, {
    "s3Status/backups.json":
      `{"bucketName":"bundles","endpoint":"${server.endpoint}","region":"us-east-1","isConnected":true}`,
  });
});

s3Test("s3Status leaves out a region that is not given, and tries us-east-1", async (server) => {
  const { bucketName, endpoint } = configOf(server);
  deepStrictEqual(await status(configOf(server)), { bucketName, endpoint, isConnected: true });
});

const refusals: [what: string, change: (server: S3Server) => object, error: RegExp][] = [
  ["a wrong secret key", () => ({ secretAccessKey: randomHex(20) }), /^The server answered 403: it refuses these keys/],
  [
    "an unknown access key",
    () => ({ accessKeyID: "x" + randomHex(8) }),
    /^The server answered 403: it refuses these keys/,
  ],
  ["an unknown bucket", () => ({ bucketName: "no-such-bucket" }), /^The server answered 404: there is no such bucket$/],
  ["no keys", () => ({ accessKeyID: "", secretAccessKey: undefined }), /no accessKeyID and secretAccessKey/],
  ["no bucket", () => ({ bucketName: "" }), /no bucketName/],
  ["an endpoint that is no URL", () => ({ endpoint: "ftp://x" }), /not the URL of a server/],
  ["a closed port", () => ({ endpoint: `http://127.0.0.1:${freePort()}` }), /refused/i],
];
for (const [what, change, error] of refusals) {
  s3Test(`s3Status tells of ${what}`, async (server) => {
    const changed = change(server);
    const { isConnected, error: told } = await status({ ...configOf(server), ...changed });
    strictEqual(isConnected, false);
    match(told, error);
    ok(!told.includes(server.secretAccessKey));
  });
}

s3Test("s3Status never takes keys, endpoint or region of the environment", async (server) => {
  const env = {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${freePort()}`,
    AWS_REGION: "eu-north-1",
    AWS_USE_FIPS_ENDPOINT: "true",
  };
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, Deno.env.get(name)]));
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    strictEqual((await status(configOf(server))).isConnected, true);
    const { secretAccessKey: _, ...keyless } = configOf(server);
    strictEqual((await status(keyless)).isConnected, false);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});

const KEYS = { bucketName: "my-bucket", accessKeyID: "a", secretAccessKey: "b" };

/** What arrives at a server that answers each request with `answer`. */
async function asked(answer: Response, config: (port: number) => object): Promise<{ urls: string[]; result: unknown }> {
  const urls: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    urls.push(`${request.method} ${request.headers.get("host")} ${new URL(request.url).pathname}`);
    return answer.clone();
  });
  try {
    return { urls, result: await status({ ...KEYS, ...config(server.addr.port) }) };
  } finally {
    await server.shutdown();
  }
}

Deno.test("s3Status puts the bucket into the path with usePathStyle, and keeps the endpoint's own path", async () => {
  let at = 0;
  const { urls } = await asked(new Response(), (port) => {
    at = port;
    return { endpoint: `http://localhost:${port}/store`, usePathStyle: "true" };
  });
  deepStrictEqual(urls, [`HEAD localhost:${at} /store/my-bucket/`]);
});

Deno.test("s3Status puts the bucket into the host name without usePathStyle", async () => {
  const { error } = await status({ ...KEYS, endpoint: `http://no-such-host.invalid:${freePort()}` });
  match(error, /http:\/\/my-bucket\.no-such-host\.invalid:/);
});

Deno.test("s3Status says in which region the bucket is, and follows nowhere", async () => {
  const moved = new Response(null, {
    status: 301,
    headers: { "x-amz-bucket-region": "eu-west-1", location: "http://127.0.0.1:1/" },
  });
  const { urls, result } = await asked(moved, (port) => ({ endpoint: `http://127.0.0.1:${port}` }));
  strictEqual(urls.length, 1);
  match((result as { error: string }).error, /^The server answered 301: the bucket is in the region eu-west-1$/);
});

// Deno keeps the resource of a TLS socket of node:tls that is destroyed in its handshake.
const insecure = { name: ", insecure", fields: { insecure: true }, sanitizeResources: false };
const secure = { name: "", fields: {}, sanitizeResources: true };
for (
  const [scheme, { name, fields, sanitizeResources }] of [["http", secure], ["https", secure], [
    "https",
    insecure,
  ]] as const
) {
  Deno.test({
    name: `s3Status waits 30 s for a silent server, over ${scheme}${name}`,
    sanitizeResources,
    async fn() {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const accepting = listener.accept();
      const clock = new ManualClock();
      const endpoint = `${scheme}://127.0.0.1:${listener.addr.port}`;
      const collecting = status({ ...KEYS, endpoint, ...fields }, { clock });
      using _connection = await accepting;
      strictEqual(clock.nextWake?.getTime(), clock.now().getTime() + 30_000);
      await clock.advance(30_000);
      deepStrictEqual((await collecting).error, "No answer within 30 s");
    },
  });
}

Deno.test("s3Status obeys an abort", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  const controller = new AbortController();
  const endpoint = `http://127.0.0.1:${listener.addr.port}`;
  const rejected = rejects(collectAll(s3Status, { ...KEYS, endpoint }, { signal: controller.signal }), {
    name: "AbortError",
  });
  using _connection = await accepting;
  controller.abort();
  await rejected;
});

Deno.test({
  name: "s3Status takes an unknown certificate with insecure alone",
  ignore: !HAS_OPENSSL || TEST_SERVICES === undefined,
  async fn() {
    await using maker = await CertificateMaker.create();
    const { pem: cert, key } = await maker.make("server", { subject: "/CN=x", names: "IP:127.0.0.1" });
    const s3 = await startS3Server(TEST_SERVICES!);
    // A real S3 server behind TLS: the signature, which covers the host's name, must survive the relay.
    const proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} }, (request) => {
      const { pathname } = new URL(request.url);
      return fetch(s3.endpoint + pathname, { method: request.method, headers: request.headers, client });
    });
    const client = Deno.createHttpClient({ allowHost: true });
    try {
      const config = { ...configOf(s3), endpoint: `https://127.0.0.1:${proxy.addr.port}` };
      const strict = await status(config);
      match(strict.error, /certificate/);
      const wrong = await status({ ...config, insecure: true, secretAccessKey: randomHex(20) });
      match(wrong.error, /answered 403/);
      deepStrictEqual((await status({ ...config, insecure: true })).isConnected, true);
    } finally {
      client.close();
      await proxy.shutdown();
      await s3.stop();
    }
  },
});
