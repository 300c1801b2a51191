import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { FrontListener } from "../../src/daemon/front_listener.ts";
import { GuardedServer } from "../../src/daemon/guarded_server.ts";
import { openServers } from "../../src/daemon/health_server.ts";
import { ListenGuard } from "../../src/daemon/listen_guard.ts";
import { parseSettings } from "../../src/daemon/load_settings.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { recordingLog } from "./fake_log.ts";
import { until } from "./until.ts";
import { secretsOf } from "../secrets.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const TOKEN = "0123456789abcdef";
const hello = () => Promise.resolve(new Response("hello\n"));
const certificates = hasOpenssl ? await makeCertificates() : undefined;

/** A guard with files in a folder of its own. */
async function openGuard(
  { server }: Certificates,
): Promise<{ guard: ListenGuard; write(name: string, text: string): Promise<void> } & AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text, { mode: 0o600 });
  await write("c.pem", server.cert);
  await write("k.pem", server.key);
  await write("token", TOKEN);
  const text =
    `tlsCertFile: ${folder}/c.pem\ntlsKeyFile: ${folder}/k.pem\nlistenToken: file:${folder}/token\nmetricsEnabled: false\n`;
  const guard = await ListenGuard.open((await parseSettings(text, "s.yaml")).settings, secretsOf(), recordingLog().log);
  return {
    guard,
    write,
    async [Symbol.asyncDispose]() {
      await guard.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** @returns status and text, with a connection of its own */
async function get(url: string, ca?: string, token?: string): Promise<[number, string]> {
  using client = Deno.createHttpClient({ caCerts: ca === undefined ? [] : [ca], poolMaxIdlePerHost: 0 });
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { client, headers });
  return [response.status, await response.text()];
}

Deno.test({
  name: "openServers() serves over TLS, and wants the token, where the settings say so",
  ignore: certificates === undefined,
  async fn() {
    const { ca, otherCa } = certificates!;
    await using files = await openGuard(certificates!);
    const { servers: [server], ports } = openServers(
      { healthCheckPort: loopback },
      undefined,
      { store: () => "" },
      recordingLog().log,
      files.guard,
    );
    const url = `https://127.0.0.1:${ports.health}`;
    strictEqual(server!.url, url);
    deepStrictEqual(await get(`${url}/healthz`, ca), [200, "ok\n"]);
    strictEqual((await get(`${url}/readyz`, ca))[0], 401);
    strictEqual((await get(`${url}/readyz`, ca, "wrong-wrong-wrong"))[0], 401);
    deepStrictEqual(await get(`${url}/readyz`, ca, TOKEN), [200, "store: ok\n"]);
    await rejects(get(`${url}/healthz`, otherCa), "it shows the certificate that it was given");
    await rejects(get(`http://127.0.0.1:${ports.health}/healthz`), "nothing is answered in the clear");
    await server!.stop();
    await server!.stop(); // twice is harmless
    await rejects(get(`${url}/healthz`, ca));
  },
});

Deno.test({
  name: "GuardedServer shows a new certificate on the same port, without a restart",
  ignore: certificates === undefined,
  async fn() {
    const { ca } = certificates!;
    const renewed = await makeCertificates();
    await using files = await openGuard(certificates!);
    const server = new GuardedServer({
      address: loopback,
      handler: hello,
      guard: files.guard,
      log: recordingLog().log,
    });
    const url = `https://127.0.0.1:${server.port}/`;
    deepStrictEqual(await get(url, ca, TOKEN), [200, "hello\n"]);
    await files.write("c.pem", renewed.server.cert);
    await files.write("k.pem", renewed.server.key);
    await files.guard.refresh();
    deepStrictEqual(await get(url, renewed.ca, TOKEN), [200, "hello\n"]);
    await rejects(get(url, ca, TOKEN), "the old one is not in use any more");
    await server.stop();
  },
});

Deno.test("GuardedServer stops though a connection says nothing", async () => {
  const server = new GuardedServer({ address: loopback, handler: hello, log: recordingLog().log });
  const silent = await connectSilently(server.port, "GET / HTTP/1.1\r\n");
  deepStrictEqual(await get(`http://127.0.0.1:${server.port}/`), [200, "hello\n"]);
  await server.stop();
  await ended(silent);
});

Deno.test({
  name: "GuardedServer with TLS stops though a connection says nothing",
  ignore: certificates === undefined,
  async fn() {
    await using files = await openGuard(certificates!);
    const server = new GuardedServer({
      address: loopback,
      handler: hello,
      guard: files.guard,
      log: recordingLog().log,
    });
    const silent = await connectSilently(server.port, "\x16");
    deepStrictEqual(await get(`https://127.0.0.1:${server.port}/`, certificates!.ca, TOKEN), [200, "hello\n"]);
    await server.stop();
    await ended(silent);
  },
});

/** A connection on which something has begun, and does not go on. */
async function connectSilently(port: number, beginning: string): Promise<Deno.Conn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(beginning));
  return connection;
}

async function ended(connection: Deno.Conn): Promise<void> {
  strictEqual(await connection.read(new Uint8Array(1)).catch(() => null), null);
  connection.close();
}

Deno.test("FrontListener closes connections that say nothing, and takes on only so many", async () => {
  const target = Deno.serve({ ...loopback, onListen: () => {} }, hello);
  const limits = { connections: 2, idleMs: 300, lifetimeMs: 60_000 };
  const { log } = recordingLog();
  const front = new FrontListener({ address: loopback, targetPort: () => target.addr.port, log, limits });
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port: front.port });
  const ends = (connection: Deno.Conn) => connection.read(new Uint8Array(1)).catch(() => null);
  const two = [await connect(), await connect()];
  await until("both to be relayed", async () => {
    const third = await connect();
    const result = await Promise.race([ends(third), new Promise((resolve) => setTimeout(() => resolve("open"), 50))]);
    third.close();
    return result === null;
  });
  deepStrictEqual(await Promise.all(two.map(ends)), [null, null], "closed for their silence");
  for (const connection of two) connection.close();
  deepStrictEqual(await get(`http://127.0.0.1:${front.port}/`), [200, "hello\n"], "there is room again");
  await front.stop();
  await target.shutdown();
});

Deno.test("FrontListener closes a connection that trickles when its time is over", async () => {
  const target = Deno.serve({ ...loopback, onListen: () => {} }, hello);
  const limits = { connections: 2, idleMs: 60_000, lifetimeMs: 200 };
  const front = new FrontListener({
    address: loopback,
    targetPort: () => target.addr.port,
    log: recordingLog().log,
    limits,
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: front.port });
  const trickle = setInterval(() => void connection.write(new Uint8Array([71])).catch(() => {}), 20);
  const answer = new Uint8Array(1000);
  const read = await connection.read(answer).catch(() => null);
  clearInterval(trickle);
  ok(read === null || !new TextDecoder().decode(answer).includes("200"));
  connection.close();
  await front.stop();
  await target.shutdown();
});

Deno.test({
  name: "GuardedServer tells who was refused, also behind its front",
  ignore: certificates === undefined,
  async fn() {
    const { log, lines } = recordingLog();
    await using files = await openGuard(certificates!);
    const server = new GuardedServer({ address: loopback, handler: hello, guard: files.guard, log });
    strictEqual((await get(`https://127.0.0.1:${server.port}/`, certificates!.ca))[0], 401);
    deepStrictEqual(lines.map(({ from }) => from), ["127.0.0.1"]);
    match(lines[0]!.message, /without the right token/);
    await server.stop();
  },
});
