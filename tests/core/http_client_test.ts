import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createExactHttpClient } from "../../src/core/http_client.ts";

/** A server, and a "proxy" that answers itself. */
async function withServers(use: (server: string, proxy: string) => Promise<void>): Promise<void> {
  const serve = (text: string) =>
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response(text));
  const server = serve("the server");
  const proxy = serve("the proxy");
  try {
    await use(`http://127.0.0.1:${server.addr.port}/`, `http://127.0.0.1:${proxy.addr.port}`);
  } finally {
    await server.shutdown();
    await proxy.shutdown();
  }
}

async function withEnvironment(values: Record<string, string>, use: () => Promise<void>): Promise<void> {
  const names = ["HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of names) Deno.env.delete(name);
    for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
    await use();
    deepStrictEqual(names.filter((name) => Deno.env.get(name) !== undefined), Object.keys(values), "all are back");
  } finally {
    for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  }
}

const behaviour: [name: string, env: (proxy: string) => Record<string, string>, proxied: boolean, answer: string][] = [
  ["takes no proxy of the environment", (proxy) => ({ HTTP_PROXY: proxy }), false, "the server"],
  ["takes the proxy of its options, whatever NO_PROXY says", () => ({ NO_PROXY: "127.0.0.1" }), true, "the proxy"],
];
for (const [name, env, proxied, answer] of behaviour) {
  Deno.test(`createExactHttpClient() ${name}`, () =>
    withServers((server, proxy) =>
      withEnvironment(env(proxy), async () => {
        using client = createExactHttpClient(proxied ? { proxy: { url: proxy } } : {});
        strictEqual(await (await fetch(server, { client })).text(), answer);
        // That this is needed: Deno's own client goes the other way.
        using own = Deno.createHttpClient(proxied ? { proxy: { url: proxy } } : {});
        strictEqual(await (await fetch(server, { client: own })).text(), proxied ? "the server" : "the proxy");
      })
    ));
}
