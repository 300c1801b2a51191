import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { http, https } from "../../src/upload/kinds/https.ts";
import { parseDestination } from "../../src/upload/registry.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import { context, makeFile, sha256 } from "../contracts/uploader_contract.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { type ConnectProxy, startConnectProxy, startSocksProxy } from "../fixtures/connect_proxy.ts";

/** A name that only the proxies know. */
const HOST = "elsewhere.invalid";
const hosts = { [HOST]: "127.0.0.1" };

interface Row {
  proxy: () => ConnectProxy;
  /** In the proxy's URL. */
  account?: string;
  /** Undefined: there is none, the body comes in chunks. */
  contentLength?: string;
}
const BYTES = 3_000_000;
const rows: Record<string, Row> = {
  "an HTTP proxy": { proxy: () => startConnectProxy({ hosts }), contentLength: String(BYTES) },
  "an HTTP proxy that wants a password": {
    proxy: () => startConnectProxy({ hosts, account: "user:pass word" }),
    account: "user:pass%20word@",
    contentLength: String(BYTES),
  },
  "a SOCKS proxy": { proxy: () => startSocksProxy(hosts) },
};
for (const [name, { proxy: start, account = "", contentLength }] of Object.entries(rows)) {
  Deno.test({
    name: `https: delivers through ${name}`,
    ignore: !hasOpenssl,
    async fn() {
      await using proxy = start();
      await withServer(async ({ port, caFile, work, received }) => {
        const file = await makeFile(work, "bundle.tar.gz", BYTES);
        const destination = parseDestination(`https://${HOST}:${port}/x/`, { caFile });
        const env = { HTTPS_PROXY: proxy.url.replace("://", `://${account}`) };
        const delivery = await https.upload(file, destination, context(env));
        strictEqual(delivery.url, `https://${HOST}:${port}/x/bundle.tar.gz`);
        deepStrictEqual(received, [{ contentLength: contentLength ?? null, sha256: file.sha256 }]);
        ok(proxy.tunnels.every((to) => to === `${HOST}:${port}`));
        strictEqual(proxy.tunnels.length, 2); // the upload, and the question for what has arrived
      });
    },
  });
}

Deno.test("https: names the whole URL to a proxy of plain http:", async () => {
  const work = await Deno.makeTempDir({ prefix: "https-proxy-" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const head = (async () => {
    using conn = await listener.accept();
    const decoder = new TextDecoder("latin1");
    const bytes = new Uint8Array(64 * 1024);
    // To its end: what is left unread when a connection is closed takes the answer with it.
    let request = "";
    while ((request.split("\r\n\r\n")[1]?.length ?? 0) < 10) {
      request += decoder.decode(bytes.subarray(0, (await conn.read(bytes))!), { stream: true });
    }
    await conn.write(new TextEncoder().encode("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"));
    return request.split("\r\n\r\n")[0]!.split("\r\n");
  })();
  try {
    const file = await makeFile(work, "bundle.tar.gz", 10);
    const options = { insecure: "true", verify: "none" };
    const env = { HTTP_PROXY: `http://user:pass@127.0.0.1:${(listener.addr as Deno.NetAddr).port}` };
    await http.upload(file, parseDestination(`http://${HOST}:8080/x/`, options), context(env));
    const lines = await head;
    strictEqual(lines[0], `PUT http://${HOST}:8080/x/bundle.tar.gz HTTP/1.1`);
    ok(lines.includes(`Host: ${HOST}:8080`));
    ok(lines.includes(`Proxy-Authorization: Basic ${btoa("user:pass")}`));
  } finally {
    listener.close();
    await Deno.remove(work, { recursive: true });
  }
});

Deno.test("https: says what a proxy answers, without its password", async () => {
  await using proxy = startConnectProxy({ account: "user:right" });
  const work = await Deno.makeTempDir({ prefix: "https-proxy-" });
  try {
    const file = await makeFile(work, "bundle.tar.gz", 10);
    const env = { HTTPS_PROXY: proxy.url.replace("://", "://user:wrong@") };
    const error = await failure(https.upload(file, parseDestination(`https://${HOST}/x/`), context(env)));
    ok(error.message.includes("the proxy answered 407"), error.message);
    strictEqual(error.transient, false);
    ok(!Deno.inspect(error).includes("wrong"));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});

interface Server {
  port: number;
  caFile: string;
  work: string;
  received: { contentLength: string | null; sha256: string }[];
}

async function withServer(fn: (server: Server) => Promise<void>): Promise<void> {
  const { ca, misnamed: { cert, key } } = await makeCertificates();
  const work = await Deno.makeTempDir({ prefix: "https-proxy-" });
  const received: Server["received"] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} }, async (request) => {
    if (request.method === "HEAD") return new Response(null, { headers: { "content-length": String(BYTES) } });
    const contentLength = request.headers.get("content-length");
    received.push({ contentLength, sha256: sha256(new Uint8Array(await request.arrayBuffer())) });
    return new Response(null, { status: 201 });
  });
  const caFile = join(work, "ca.pem");
  await Deno.writeTextFile(caFile, ca);
  try {
    await fn({ port: server.addr.port, caFile, work, received });
  } finally {
    await server.shutdown();
    await Deno.remove(work, { recursive: true });
  }
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
