import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { Collector } from "../../../../src/collect/collector.ts";
import { clickhouse } from "../../../../src/collect/kinds/cluster/clickhouse.ts";
import { mssql } from "../../../../src/collect/kinds/cluster/mssql.ts";
import { mysql } from "../../../../src/collect/kinds/cluster/mysql.ts";
import { postgres } from "../../../../src/collect/kinds/cluster/postgres.ts";
import { redis } from "../../../../src/collect/kinds/cluster/redis.ts";
import { hideSecrets } from "../../../../src/collect/databases/collect_database.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll } from "../../collect_all.ts";
import { databaseContent } from "../../databases/database_cases.ts";

const SECRET = "planted-password";
/** Ways to connect that differ in who reads the server's first words. */
const ways: [string, Collector, (port: number) => string][] = [
  ["postgres", postgres, (port) => `postgres://app:${SECRET}@127.0.0.1:${port}/x?sslmode=disable`],
  ["postgres that asks for TLS", postgres, (port) => `postgres://app:${SECRET}@127.0.0.1:${port}/x?sslmode=require`],
  ["mysql", mysql, (port) => `app:${SECRET}@tcp(127.0.0.1:${port})/x`],
  ["mssql", mssql, (port) => `sqlserver://app:${SECRET}@127.0.0.1:${port}`],
  ["mssql that begins with TLS", mssql, (port) => `sqlserver://app:${SECRET}@127.0.0.1:${port}?encrypt=strict`],
  ["redis", redis, (port) => `redis://app:${SECRET}@127.0.0.1:${port}`],
  ["redis with TLS", redis, (port) => `rediss://app:${SECRET}@127.0.0.1:${port}`],
  ["clickhouse", clickhouse, (port) => `clickhouse://app:${SECRET}@127.0.0.1:${port}/x`],
  ["clickhouse with TLS", clickhouse, (port) => `clickhouse://app:${SECRET}@127.0.0.1:${port}/x?secure=true`],
  ["clickhouse over HTTP", clickhouse, (port) => `http://app:${SECRET}@127.0.0.1:${port}/x`],
];

for (const [name, kind, uri] of ways) {
  Deno.test(`${name} gives up on a server that says nothing after 30 s`, async () => {
    await using server = startServer(async (connection) => void await drained(connection));
    const clock = new ManualClock();
    const running = databaseContent(kind, { uri: uri(server.port) }, { clock });
    await server.connected;
    await clock.untilSleeping(1);
    await clock.advance(29_999);
    await clock.advance(1);
    deepStrictEqual((await running).content, { isConnected: false, error: "No answer within 30s" });
  });

  Deno.test(`${name} ends with its signal`, async () => {
    await using server = startServer(async (connection) => void await drained(connection));
    const abort = new AbortController();
    const running = collectAll(kind, { uri: uri(server.port) }, { signal: abort.signal });
    await server.connected;
    abort.abort();
    await rejects(running, { name: "AbortError" });
  });

  const words: [string, Uint8Array][] = [
    ["closes at once", new Uint8Array()],
    ["speaks HTTP", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nplanted-password")],
    ["speaks nonsense", new Uint8Array(5000).fill(0x7f)],
    ["speaks of endless packets", new Uint8Array(5000).fill(0xff)],
  ];
  for (const [behaviour, bytes] of words) {
    Deno.test(`${name} says what is wrong with a server that ${behaviour}`, async () => {
      await using server = startServer(async (connection) => {
        if (bytes.length === 0) return;
        await connection.write(bytes);
        await connection.closeWrite();
        await drained(connection);
      });
      const { content, text } = await databaseContent(kind, { uri: uri(server.port) });
      strictEqual(content.isConnected, false);
      ok(content.error, text);
      ok(!text.includes(SECRET), text);
    });
  }

  Deno.test(`${name} does not read a server without end`, async () => {
    let sent = 0;
    await using server = startServer(async (connection) => {
      const chunk = new Uint8Array(100_000).fill(0x30);
      for (; sent < 200_000_000; sent += chunk.length) await connection.write(chunk);
    });
    const clock = new ManualClock();
    const running = databaseContent(kind, { uri: uri(server.port) }, { clock });
    const { content } = await running;
    strictEqual(content.isConnected, false);
    ok(content.error);
    ok(sent < 100_000_000, `${sent} bytes were sent`);
  });
}

/** Servers that consent to TLS, and what they say then. The last word is theirs: it must not be waited for without end. */
const mysqlGreeting = packetOf([
  ...[10, ...new TextEncoder().encode("8.0.0"), 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0],
  ...[0xff, 0xff, 33, 2, 0, 8, 0, 21, ...Array(10).fill(0), ...Array(12).fill(9), 0],
  ...[...new TextEncoder().encode("mysql_native_password"), 0],
]);
const tdsConsent = Uint8Array.of(4, 1, 0, 26, 0, 0, 1, 0, 0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 1);
const consenting: [string, Collector, (port: number) => string, (connection: Deno.Conn) => Promise<void>][] = [
  [
    "postgres",
    postgres,
    (port) => `postgres://app:${SECRET}@127.0.0.1:${port}/x?sslmode=require`,
    async (connection) => {
      await connection.read(new Uint8Array(8));
      await connection.write(new TextEncoder().encode("S"));
    },
  ],
  ["mysql", mysql, (port) => `app:${SECRET}@tcp(127.0.0.1:${port})/x?tls=true`, async (connection) => {
    await connection.write(mysqlGreeting);
    await connection.read(new Uint8Array(36));
  }],
  ["mssql", mssql, (port) => `sqlserver://app:${SECRET}@127.0.0.1:${port}?encrypt=true`, async (connection) => {
    await connection.read(new Uint8Array(1000));
    await connection.write(tdsConsent);
  }],
];
for (const [name, kind, uri, consent] of consenting) {
  const afterwards: [string, (connection: Deno.TcpConn) => Promise<void>, RegExp][] = [
    ["closes", () => Promise.resolve(), /closed|end of file|reset|pipe|lost/i],
    ["speaks nonsense", async (connection) => {
      await connection.write(new Uint8Array(2000).fill(0x17));
      await connection.closeWrite();
      await drained(connection);
    }, /./],
  ];
  for (const [behaviour, next, message] of afterwards) {
    Deno.test(`${name} says what is wrong with a server that consents to TLS and ${behaviour}`, async () => {
      await using server = startServer(async (connection) => {
        await consent(connection);
        await connection.read(new Uint8Array(4096));
        await next(connection);
      });
      const { content, text } = await databaseContent(kind, { uri: uri(server.port) });
      match(content.error!, message);
      ok(!text.includes(SECRET), text);
    });
  }

  Deno.test(`${name} gives up on a server that consents to TLS and says nothing more`, async () => {
    const { promise: consented, resolve } = Promise.withResolvers<void>();
    await using server = startServer(async (connection) => {
      await consent(connection);
      await connection.read(new Uint8Array(4096)); // the handshake's first words
      resolve();
      await drained(connection);
    });
    const clock = new ManualClock();
    const running = databaseContent(kind, { uri: uri(server.port) }, { clock });
    await consented;
    await clock.advance(30_000);
    deepStrictEqual((await running).content, { isConnected: false, error: "No answer within 30s" });
  });
}

Deno.test({
  name: "databases verify a server before they send the password (needs openssl)",
  ignore: !hasOpenssl,
  async fn() {
    const { server: pair } = await makeCertificates();
    for (
      const [kind, uri] of [[redis, `rediss://:${SECRET}@127.0.0.1`], [
        clickhouse,
        `clickhouse://app:${SECRET}@127.0.0.1`,
      ]] as const
    ) {
      const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair });
      let heard = 0;
      const serving = (async () => {
        const connection = await listener.accept();
        try {
          heard += await connection.read(new Uint8Array(1000)) ?? 0;
        } catch {
          // What the client is to do: end the handshake.
        } finally {
          connection.close();
        }
      })();
      const { content } = await databaseContent(kind, {
        uri: `${uri}:${listener.addr.port}${kind === clickhouse ? "?secure=true" : ""}`,
      });
      await serving;
      listener.close();
      match(content.error!, /UnknownIssuer/);
      strictEqual(heard, 0);
    }
  },
});

const kinds = [postgres, mysql, mssql, redis, clickhouse] as Collector[];
for (const kind of kinds) {
  Deno.test(`${kind.kind} says that there is no uri`, async () => {
    for (const config of [{}, { uri: "" }, { uri: { value: " \n" } }]) {
      deepStrictEqual((await databaseContent(kind, config)).content, { isConnected: false, error: "There is no uri" });
    }
  });

  Deno.test(`${kind.kind} does not quote a uri that cannot be read`, async () => {
    const { content, text } = await databaseContent(kind, { uri: `${SECRET}%zz` });
    match(content.error!, /^Cannot read the uri: /);
    ok(!text.includes(SECRET));
  });

  Deno.test(`${kind.kind} has its name in the title, and nothing of the uri`, () => {
    strictEqual(kind.title(kind.schema.parse({ uri: SECRET })), kind.kind);
    strictEqual(kind.title(kind.schema.parse({ uri: SECRET, collectorName: "main" })), `${kind.kind}/main`);
  });
}

Deno.test("a URI's own timeout holds instead of the 30 s", async () => {
  await using server = startServer(async (connection) => void await drained(connection));
  const clock = new ManualClock();
  const running = databaseContent(redis, { uri: `redis://127.0.0.1:${server.port}?dial_timeout=2s` }, { clock });
  await server.connected;
  await clock.untilSleeping(1);
  await clock.advance(2000);
  deepStrictEqual((await running).content, { isConnected: false, error: "No answer within 2s" });
});

Deno.test("hideSecrets() hides values, leaves short ones alone, and cuts what is too long", () => {
  strictEqual(hideSecrets("no abcd, no abc", ["abcd", "abc"]), "no ***, no abc");
  strictEqual(hideSecrets("x".repeat(5000), []).length, 1000);
});

/** A server that does one thing with each connection and then closes it. */
function startServer(serve: (connection: Deno.TcpConn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const serving: Promise<void>[] = [];
  const running = (async () => {
    for await (const connection of listener) {
      resolve();
      serving.push(serve(connection).catch(() => {}).finally(() => connection.close()));
    }
  })();
  return {
    port: listener.addr.port,
    connected,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
      await Promise.all(serving);
    },
  };
}

async function drained(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await connection.read(buffer) !== null);
}

/** A packet of MySQL's protocol, the first of its connection. */
function packetOf(body: number[]): Uint8Array {
  return Uint8Array.of(body.length & 0xff, body.length >> 8, 0, 0, ...body);
}
