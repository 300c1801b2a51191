import { strictEqual } from "node:assert/strict";
import { sendUnverified } from "../../src/collect/http_unverified.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";

Deno.test({
  name: "sendUnverified() speaks TLS to a server that NO_PROXY names, too",
  ignore: !hasOpenssl,
  fn: async () => {
    const { server } = await makeCertificates();
    const served = Deno.serve(
      { hostname: "127.0.0.1", port: 0, ...server, onListen: () => {} },
      () => new Response("ok"),
    );
    const before = Deno.env.get("NO_PROXY");
    Deno.env.set("NO_PROXY", "127.0.0.1");
    try {
      const url = new URL(`https://127.0.0.1:${served.addr.port}/`);
      const request = { method: "GET", headers: new Headers() };
      const response = await sendUnverified(url, request, undefined, new AbortController().signal);
      strictEqual(await response.text(), "ok");
    } finally {
      if (before === undefined) Deno.env.delete("NO_PROXY");
      else Deno.env.set("NO_PROXY", before);
      await served.shutdown();
    }
  },
});
