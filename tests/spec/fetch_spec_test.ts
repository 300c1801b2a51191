import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { type FetchOptions, fetchSpec } from "../../src/spec/fetch_spec.ts";
import { ManualClock } from "../manual_clock.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { startSpecServer } from "./spec_server.ts";

const SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n";
const fetched = (address: string, more: Partial<FetchOptions> = {}) =>
  fetchSpec(new URL(address), { deadlineMs: 30_000, ...more });

const failures: [name: string, path: string, message: RegExp, transient: boolean][] = [
  ["what is not there", "/lost", /answered 404$/, false],
  ["a server with trouble", "/status/500", /answered 500$/, true],
  ["a server that is busy", "/status/429", /answered 429$/, true],
  ["an empty answer", "/status/204", /answered 204$/, false],
  ["a redirect without an address", "/status/302", /answered 302$/, false],
  ["a loop", "/loop", /stopped after 10 redirects$/, false],
  ["a redirect to a file", "/to?file%3A%2F%2F%2Fetc%2Fhostname", /redirects to file:, which is not followed$/, false],
  ["a redirect to data", "/to?data%3A%2Ca", /redirects to data:, which is not followed$/, false],
  ["a web page", "/page", /the answer is a web page$/, false],
  ["what has no end", "/large", /it is larger than 16777216 bytes$/, false],
];
for (const [name, path, message, transient] of failures) {
  Deno.test(`fetchSpec() refuses ${name}`, async () => {
    await using server = startSpecServer({});
    await rejects(fetched(server.base + path), (error: Error & { exitCode?: number; transient?: boolean }) => {
      match(error.message, message);
      ok(error.message.startsWith(`Cannot download the spec ${server.base}${path.replace(/\?.*/, "")}: `));
      deepStrictEqual([error.exitCode, error.transient], [2, transient]);
      return true;
    });
  });
}

for (const path of ["/hang", "/drip"]) {
  Deno.test(`fetchSpec() gives up ${path} at its deadline, and may try again later`, async () => {
    await using server = startSpecServer({});
    const clock = new ManualClock();
    const answer = rejects(fetched(server.base + path, { clock, deadlineMs: 10_000 }), {
      exitCode: 2,
      transient: true,
      message: /no answer within 10 s/,
    });
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(10_000);
    await answer;
  });

  Deno.test(`fetchSpec() ends ${path} with its signal's reason`, async () => {
    await using server = startSpecServer({});
    const stop = new AbortController();
    const answer = rejects(fetched(server.base + path, { signal: stop.signal }), { message: "stopped" });
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error("stopped"));
    await answer;
  });
}

Deno.test("fetchSpec() says that nothing listens", async () => {
  await rejects(fetched("http://127.0.0.1:9/a"), {
    exitCode: 2,
    transient: true,
    message: /127\.0\.0\.1:9\/a: .*refused/,
  });
});

Deno.test("fetchSpec() follows redirects, and hands credentials to the first server alone", async () => {
  await using far = startSpecServer({ "/spec": SPEC });
  await using near = startSpecServer({ "/spec": SPEC });
  const user = near.base.replace("//", "//me:p%40ss@");
  strictEqual(await fetched(`${user}/to?/spec`), SPEC);
  strictEqual(await fetched(`${user}/to?${encodeURIComponent(`${far.base}/spec`)}`), SPEC);
  const basic = `Basic ${btoa("me:p@ss")}`;
  deepStrictEqual(near.requests.map(({ headers }) => headers.get("authorization")), [basic, basic, basic]);
  deepStrictEqual(far.requests.map(({ headers }) => headers.get("authorization")), [null]);
  match(near.requests[0]!.headers.get("user-agent")!, /^support-bundle\//);
});

Deno.test("fetchSpec() never repeats user, password and query", async () => {
  const secret = crypto.randomUUID();
  await using server = startSpecServer({});
  const addresses = [
    `http://me:${secret}@127.0.0.1:9/a?token=${secret}`,
    `${server.base.replace("//", `//${secret}@`)}/lost?token=${secret}`,
    `${server.base}/to?${encodeURIComponent(`http://127.0.0.1:9/a?token=${secret}`)}`,
  ];
  for (const address of addresses) {
    await rejects(fetched(address), (error: Error & { hint?: string }) => {
      for (let e: unknown = error; e instanceof Error; e = e.cause) {
        ok(!`${e.message}${e.stack}`.includes(secret), e.message);
      }
      ok(!error.hint?.includes(secret));
      return true;
    });
  }
});

Deno.test({
  name: `fetchSpec() verifies certificates unless told otherwise, and never goes from https to http${
    hasOpenssl ? "" : " (needs openssl)"
  }`,
  ignore: !hasOpenssl,
  fn: async () => {
    const { server: { cert, key } } = await makeCertificates();
    await using plain = startSpecServer({ "/spec": SPEC });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
      (request) =>
        request.url.endsWith("/down")
          ? new Response(null, { status: 302, headers: { location: `${plain.base}/spec` } })
          : new Response(SPEC),
    );
    const base = `https://127.0.0.1:${server.addr.port}`;
    try {
      await rejects(fetched(`${base}/spec`), {
        exitCode: 2,
        transient: false,
        message: /UnknownIssuer|certificate/,
        hint: /--allow-insecure-connections/,
      });
      strictEqual(await fetched(`${base}/spec`, { insecure: true }), SPEC);
      await rejects(fetched(`${base}/down`, { insecure: true }), {
        message: /redirects to http:, which is not followed$/,
      });
      strictEqual(plain.requests.length, 0);
    } finally {
      await server.shutdown();
    }
  },
});
