import { match, strictEqual } from "node:assert/strict";
import type { Collector } from "../../../src/collect/collector.ts";
import { clickhouse } from "../../../src/collect/kinds/cluster/clickhouse.ts";
import { redis } from "../../../src/collect/kinds/cluster/redis.ts";
import { hasOpenssl, makeCertificates } from "../../fixtures/certificates.ts";
import { databaseContent } from "./database_cases.ts";

const kinds: [name: string, kind: Collector, uri: (port: number) => string][] = [
  ["clickhouse", clickhouse, (port) => `https://127.0.0.1:${port}/x`],
  ["redis", redis, (port) => `rediss://127.0.0.1:${port}`],
];
for (const [name, kind, uri] of kinds) {
  // Deno's process would end with such a pair.
  Deno.test({
    name:
      `${name} says that a client's certificate and key do not belong together, or that an authority is no certificate`,
    ignore: !hasOpenssl,
    fn: async () => {
      const { ca, client, server } = await makeCertificates();
      const served = Deno.serve(
        { hostname: "127.0.0.1", port: 0, ...server, onListen: () => {} },
        () => new Response("x"),
      );
      try {
        const cases: [tls: object, message: RegExp][] = [
          [
            { cacert: ca, clientCert: client.cert, clientKey: server.key },
            /clientCert cannot be used: the key does not belong to it/,
          ],
          [
            { cacert: ca, clientCert: client.cert, clientKey: "hello" },
            /clientCert cannot be used: there is no key in its key file/,
          ],
          [{ cacert: "hello" }, /authority \(cacert\) cannot be used: there is no certificate in it/],
        ];
        for (const [tls, message] of cases) {
          const { content } = await databaseContent(kind, { uri: uri(served.addr.port), tls });
          strictEqual(content.isConnected, false);
          match(content.error!, message);
        }
      } finally {
        await served.shutdown();
      }
    },
  });
}
