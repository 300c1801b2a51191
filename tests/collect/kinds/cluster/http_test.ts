import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { environmentProxy } from "../../../../src/collect/http_transport.ts";
import { headersOf } from "../../../../src/collect/http_request.ts";
import { http } from "../../../../src/collect/kinds/cluster/http.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll, noKube } from "../../collect_all.ts";

/** What the server does with a request; anything else is echoed as JSON. */
const routes: Record<string, (request: Request, url: URL) => Response | Promise<Response>> = {
  "/text": () => new Response("not <json>", { headers: { "x-b": "2", "x-a": "1" } }),
  "/500": () => new Response('{"ok":false}', { status: 500 }),
  "/empty": () => new Response(null, { status: 204 }),
  "/cookies": () => new Response("", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
  "/found": () => redirect(302, "/echo"),
  "/keep": () => redirect(307, "/echo"),
  "/loop": () => redirect(302, "/loop"),
  "/away": (_request, url) => redirect(302, `http://localhost:${url.port}/echo`),
  "/large": () => new Response("x".repeat(10_000_001)),
  "/hang": () => new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode("first")) })),
};

function redirect(status: number, location: string): Response {
  return new Response(null, { status, headers: { location } });
}

async function serve(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const route = routes[url.pathname];
  if (route) return route(request, url);
  const headers = Object.fromEntries(request.headers);
  return Response.json({
    method: request.method,
    path: url.pathname + url.search,
    body: await request.text(),
    headers,
  });
}

/** Runs a test against a server on the loopback interface. */
async function withServer(test: (base: string) => Promise<void>, tls?: { cert: string; key: string }) {
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, signal: stop.signal, ...(tls ?? {}) } as Deno.ServeTcpOptions,
    serve,
  );
  try {
    await test(`${tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`);
  } finally {
    stop.abort();
    await server.finished;
  }
}

async function answer(config: unknown, context = {}) {
  const { files, entries } = await collectAll(http, config, { kube: noKube, env: {}, ...context });
  const [path, text] = Object.entries(files)[0]!;
  return { path, text, content: JSON.parse(text), entry: entries[0]! };
}

const behaviour: [string, (base: string) => Promise<void>][] = [
  ["writes status, body and sorted headers of any answer", async (base) => {
    const { path, text, content } = await answer({ get: { url: `${base}/text` } });
    strictEqual(path, "result.json");
    match(text, /^\{\n {2}"response": \{\n {4}"status": 200,\n {4}"body": "not \\u003cjson\\u003e"/);
    const { headers } = content.response;
    deepStrictEqual(Object.keys(headers), Object.keys(headers).toSorted());
    deepStrictEqual([headers["X-A"], headers["Content-Type"]], ["1", "text/plain;charset=UTF-8"]);
    ok(!("raw_json" in content.response));
  }],
  ["takes an error status for a response, and JSON for JSON", async (base) => {
    const { path, content } = await answer({ name: "api", collectorName: "health", get: { url: `${base}/500` } });
    strictEqual(path, "api/health.json");
    deepStrictEqual([content.response.status, content.response.raw_json], [500, { ok: false }]);
  }],
  ["takes an answer without a body", async (base) => {
    const { content } = await answer({ get: { url: `${base}/empty` } });
    deepStrictEqual([content.response.status, content.response.body], [204, ""]);
  }],
  ["joins several values of a header", async (base) => {
    const { content } = await answer({ get: { url: `${base}/cookies` } });
    strictEqual(content.response.headers["Set-Cookie"], "a=1,b=2");
  }],
  ["sends method, headers and body", async (base) => {
    const config = {
      post: { url: `${base}/echo?q=1`, body: "payload", headers: { "X-Num": 7, Host: "other.example" } },
    };
    const sent = (await answer(config)).content.response.raw_json;
    deepStrictEqual([sent.method, sent.path, sent.body], ["POST", "/echo?q=1", "payload"]);
    deepStrictEqual([sent.headers["x-num"], sent.headers.host], ["7", "other.example"]);
    match(sent.headers["user-agent"], /^support-bundle\//);
    strictEqual((await answer({ put: { url: `${base}/echo` } })).content.response.raw_json.method, "PUT");
  }],
  ["follows a redirect of a POST as GET", async (base) => {
    const sent = (await answer({ post: { url: `${base}/found`, body: "b" } })).content.response.raw_json;
    deepStrictEqual([sent.method, sent.body], ["GET", ""]);
  }],
  ["follows a 307 with method and body", async (base) => {
    const sent = (await answer({ post: { url: `${base}/keep`, body: "b" } })).content.response.raw_json;
    deepStrictEqual([sent.method, sent.body], ["POST", "b"]);
  }],
  ["keeps credentials from another host", async (base) => {
    const config = (path: string) => ({ get: { url: base + path, headers: { Authorization: "x", Accept: "y" } } });
    const { headers } = (await answer(config("/away"))).content.response.raw_json;
    deepStrictEqual([headers.authorization, headers.accept], [undefined, "y"]);
    strictEqual((await answer(config("/found"))).content.response.raw_json.headers.authorization, "x");
  }],
  ["stops after ten redirects", async (base) => {
    const { content } = await answer({ get: { url: `${base}/loop` } });
    deepStrictEqual(Object.keys(content), ["error"]);
    match(content.error.message, /Stopped after 10 redirects/);
  }],
  ["cuts a body at 10 MB and says so", async (base) => {
    const { content, entry } = await answer({ get: { url: `${base}/large` } });
    strictEqual(content.response.body.length, 10_000_000);
    ok(entry.type === "file");
    deepStrictEqual(entry.truncated, { limit: "10000000 bytes" });
  }],
  ["ends at its timeout, in the middle of a body too", async (base) => {
    const clock = new ManualClock();
    const running = answer({ get: { url: `${base}/hang`, timeout: "5s" } }, { clock });
    await clock.untilSleeping(1);
    await clock.advance(5000);
    match((await running).content.error.message, /No answer within 5s/);
    strictEqual(clock.sleeping, 0);
  }],
  ["throws when the collector is aborted", async (base) => {
    const signal = AbortSignal.timeout(200);
    await rejects(answer({ get: { url: `${base}/hang` } }, { signal }), { name: "TimeoutError" });
  }],
  ["sends through a proxy, with its credentials", async (base) => {
    const proxy = base.replace("//", "//user:p%40ss@");
    const sent = (await answer({ get: { url: "http://target.invalid/echo", proxy } })).content.response.raw_json;
    deepStrictEqual([sent.headers.host, sent.headers["proxy-authorization"]], [
      "target.invalid",
      `Basic ${btoa("user:p@ss")}`,
    ]);
  }],
];
for (const [name, test] of behaviour) Deno.test(`http ${name}`, () => withServer(test));

const failures = [
  [
    "a server that is not there",
    { get: { url: "http://127.0.0.1:1/x?token=planted" } },
    /^GET http:\/\/127\.0\.0\.1:1\/x: /,
  ],
  ["an address that is none", { get: { url: "nonsense" } }, /Invalid URL/],
  ["a timeout that is none", { get: { url: "http://127.0.0.1:1/", timeout: "soon" } }, /not a duration/],
  ["a negative timeout", { get: { url: "http://127.0.0.1:1/", timeout: "-1s" } }, /not a duration/],
  [
    "authorities that cannot be read",
    { get: { url: "https://127.0.0.1:1/", tls: { cacert: "/no/such" } } },
    /\/no\/such/,
  ],
] as const;
for (const [name, config, message] of failures) {
  Deno.test(`http reports ${name} in its file`, async () => {
    const { content, text } = await answer(config);
    match(content.error.message, message);
    ok(!text.includes("planted"), "a query may hold a token");
  });
}

Deno.test("http fails without get, post and put", () => rejects(answer({}), { code: "SPEC_VALUE" }));

Deno.test("headersOf() spells names as HTTP/1.1 servers do", () => {
  deepStrictEqual(headersOf(new Headers({ "x-request-id": "1", "etag": "e", "content-type": "t" })), {
    "Content-Type": "t",
    "Etag": "e",
    "X-Request-Id": "1",
  });
});

const proxies = [
  ["none", "https://a.example/", {}, undefined],
  ["the one named", "https://a.example/", { HTTPS_PROXY: "http://p:8080" }, "http://p:8080/"],
  ["a bare host as http", "https://a.example/", { https_proxy: "p:8080" }, "http://p:8080/"],
  ["none for an excepted host", "https://a.example/", { HTTPS_PROXY: "http://p", NO_PROXY: "x,a.example" }, undefined],
  [
    "none below an excepted domain",
    "https://b.a.example/",
    { HTTPS_PROXY: "http://p", NO_PROXY: ".a.example" },
    undefined,
  ],
  [
    "one for a host that only ends alike",
    "https://ba.example/",
    { HTTPS_PROXY: "http://p", NO_PROXY: "a.example" },
    "http://p/",
  ],
  ["none at all for *", "https://a.example/", { HTTPS_PROXY: "http://p", NO_PROXY: "*" }, undefined],
] as const;
for (const [name, url, env, expect] of proxies) {
  Deno.test(`environmentProxy() finds ${name}`, () => strictEqual(environmentProxy(new URL(url), env)?.href, expect));
}

const openssl = await new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);

/** Certificates made for the test: an authority, and a server that it vouches for under 127.0.0.1. */
async function withCertificates(
  test: (files: { ca: string; cert: string; key: string; folder: string }) => Promise<void>,
) {
  const folder = Deno.makeTempDirSync();
  const run = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder, stderr: "piped" }).output();
    ok(success, new TextDecoder().decode(stderr));
  };
  try {
    Deno.writeTextFileSync(join(folder, "ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
    const fresh = ["-newkey", "rsa:2048", "-nodes"];
    await run("req", "-x509", ...fresh, "-days", "2", "-subj", "/CN=test-ca", "-keyout", "ca.key", "-out", "ca.pem");
    await run("req", ...fresh, "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr");
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext"];
    await run("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.pem");
    const read = (name: string) => Deno.readTextFileSync(join(folder, name));
    await test({ ca: read("ca.pem"), cert: read("server.pem"), key: read("server.key"), folder });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test({
  name: "http checks certificates unless told otherwise, and takes an authority as text, file or folder",
  ignore: !openssl,
  fn: () =>
    withCertificates(({ ca, cert, key, folder }) =>
      withServer(async (base) => {
        const url = `${base}/text`;
        match((await answer({ get: { url } })).content.error.message, /certificate|UnknownIssuer/i);
        Deno.mkdirSync(join(folder, "trusted"));
        Deno.writeTextFileSync(join(folder, "trusted", "a.crt"), ca);
        for (const cacert of [ca, join(folder, "ca.pem"), join(folder, "trusted")]) {
          strictEqual((await answer({ get: { url, tls: { cacert } } })).content.response.status, 200);
        }
      }, { cert, key })
    ),
});

const unverified: [string, (base: string) => Promise<void>][] = [
  ["gets", async (base) => {
    const { content } = await answer({ get: { url: `${base}/text`, insecureSkipVerify: true } });
    deepStrictEqual([content.response.status, content.response.body], [200, "not <json>"]);
    strictEqual(content.response.headers["X-A"], "1");
  }],
  ["posts", async (base) => {
    const post = {
      url: `${base}/echo`,
      insecureSkipVerify: "true",
      body: "payload",
      headers: { Host: "other.example" },
    };
    const sent = (await answer({ post })).content.response.raw_json;
    deepStrictEqual([sent.method, sent.path, sent.body, sent.headers.host], [
      "POST",
      "/echo",
      "payload",
      "other.example",
    ]);
  }],
  ["takes an empty answer", async (base) => {
    const { content } = await answer({ get: { url: `${base}/empty`, insecureSkipVerify: true } });
    strictEqual(content.response.status, 204);
  }],
  ["follows a redirect", async (base) => {
    const { content } = await answer({ get: { url: `${base}/found`, insecureSkipVerify: true } });
    strictEqual(content.response.raw_json.path, "/echo");
  }],
  ["cuts a large body", async (base) => {
    const { content } = await answer({ get: { url: `${base}/large`, insecureSkipVerify: true } });
    strictEqual(content.response.body.length, 10_000_000);
  }],
  ["ends at its timeout", async (base) => {
    const clock = new ManualClock();
    const running = answer({ get: { url: `${base}/hang`, insecureSkipVerify: true, timeout: "5s" } }, { clock });
    await clock.untilSleeping(1);
    await new Promise((resolve) => setTimeout(resolve, 200)); // the body has begun
    await clock.advance(5000);
    match((await running).content.error.message, /No answer within 5s/);
  }],
];
for (const [name, test] of unverified) {
  Deno.test({
    name: `http with insecureSkipVerify ${name}`,
    ignore: !openssl,
    fn: () =>
      withCertificates(async ({ cert, key, folder }) => {
        const before = Deno.env.get("TMPDIR");
        Deno.env.set("TMPDIR", folder);
        try {
          await withServer(test, { cert, key });
        } finally {
          if (before === undefined) Deno.env.delete("TMPDIR");
          else Deno.env.set("TMPDIR", before);
        }
        const left = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory);
        deepStrictEqual(left, [], "the relay's folder is removed");
      }),
  });
}

Deno.test({
  name: "http with insecureSkipVerify goes through a proxy's tunnel",
  ignore: !openssl,
  fn: () =>
    withCertificates(({ cert, key }) =>
      withServer(async (base) => {
        const asked: string[] = [];
        await using proxy = connectProxy(asked);
        const get = { url: `${base}/text`, insecureSkipVerify: true, proxy: `http://u:p@127.0.0.1:${proxy.port}` };
        const { content } = await answer({ get });
        strictEqual(content.response?.status, 200, JSON.stringify(content));
        match(asked[0]!, new RegExp(`^CONNECT ${new URL(base).host} HTTP/1.1\r\n`));
        ok(asked[0]!.includes(`Proxy-Authorization: Basic ${btoa("u:p")}`));
      }, { cert, key })
    ),
});

const dead: [string, (listener: Deno.TcpListener) => Promise<void>, RegExp][] = [
  ["closes at once", async (listener) => (await listener.accept()).close(), /end of file|closed|reset|broken pipe/i],
  ["speaks no TLS", async (listener) => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1000));
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
  }, /corrupt message/],
];
for (const [name, behave, message] of dead) {
  Deno.test(`http with insecureSkipVerify does not wait for a server that ${name}`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const behaving = behave(listener);
    const { content } = await answer({
      get: { url: `https://127.0.0.1:${listener.addr.port}/`, insecureSkipVerify: true },
    });
    await behaving;
    match(content.error.message, message);
  });
}

Deno.test("http with insecureSkipVerify does not wait for a proxy that refuses or closes", async () => {
  for (const [reply, message] of [["HTTP/1.1 407 No\r\n\r\n", /answered 407 to CONNECT/], ["", /closed/]] as const) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const behaving = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(1000));
      await connection.write(new TextEncoder().encode(reply));
    })();
    const proxy = `http://127.0.0.1:${listener.addr.port}`;
    const { content } = await answer({ get: { url: "https://127.0.0.1:1/", insecureSkipVerify: true, proxy } });
    await behaving;
    match(content.error.message, message);
  }
});

/** A proxy that opens one tunnel to where it is asked to. */
function connectProxy(asked: string[]): AsyncDisposable & { port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const running = (async () => {
    const near = await listener.accept();
    open.push(near);
    const buffer = new Uint8Array(4096);
    const head = new TextDecoder().decode(buffer.subarray(0, await near.read(buffer) ?? 0));
    asked.push(head);
    const [hostname, port] = head.split(" ")[1]!.split(":");
    const far = await Deno.connect({ hostname, port: Number(port) });
    open.push(far);
    await near.write(new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
    await Promise.allSettled([near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)]);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // Closed by the end of its stream.
        }
      }
      await running.catch(() => {});
    },
  };
}
