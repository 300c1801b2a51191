import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { HealthServer, openServers, PortInUseError } from "../../src/daemon/health_server.ts";
import { prometheusMetrics } from "../../src/daemon/metrics.ts";
import { recordingLog } from "./fake_log.ts";
import { metricsSource } from "./metrics_source.ts";

const { log } = recordingLog();
const anyPort = { hostname: "127.0.0.1", port: 0 };
async function get(
  port: number,
  path: string,
  init?: RequestInit,
): Promise<{ status: number; text: string; type: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text(), type: response.headers.get("content-type") ?? "" };
}

Deno.test("health server answers /healthz, /readyz and /metrics, and nothing else", async () => {
  let problem = "";
  const metrics = await prometheusMetrics(metricsSource());
  const server = new HealthServer({
    address: anyPort,
    metrics,
    log,
    ready: { store: () => problem, clock: () => Promise.resolve("") },
  });
  const { port } = server;
  deepStrictEqual(await get(port, "/healthz"), { status: 200, text: "ok\n", type: "text/plain;charset=UTF-8" });
  deepStrictEqual((await get(port, "/readyz")).text, "store: ok\nclock: ok\n");
  problem = "cannot be reached";
  const unready = await get(port, "/readyz");
  deepStrictEqual([unready.status, unready.text], [503, "store: cannot be reached\nclock: ok\n"]);
  const { status, type, text } = await get(port, "/metrics");
  deepStrictEqual([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  match(text, /^troubleshoot_scheduler_jobs_total 0$/m);
  strictEqual((await get(port, "/")).status, 404);
  strictEqual((await get(port, "/healthz", { method: "POST" })).status, 405);
  await server.stop();
  await server.stop(); // twice is harmless
  await rejects(get(port, "/healthz"));
});

Deno.test("health server leaves / and /status.json to the page, where the request names this machine", async () => {
  const page = (request: Request) => Promise.resolve(new Response(`page ${new URL(request.url).pathname}`));
  const server = new HealthServer({ address: anyPort, log, ready: {}, page });
  const { port } = server;
  deepStrictEqual(await get(port, "/").then(({ status, text }) => [status, text]), [200, "page /"]);
  strictEqual((await get(port, "/status.json?page=2")).text, "page /status.json");
  strictEqual((await get(port, "/nothing")).text, "not here; there is /, /status.json, /healthz, /readyz\n");
  strictEqual((await get(port, "/", { method: "POST" })).status, 405);
  // `fetch` does not send another host than that of its address.
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"));
  match(await new Response(connection.readable).text(), /^HTTP\/1\.1 421 /);
  await server.stop();
});

Deno.test("/readyz says that a check failed or hangs, and does not hang itself", async () => {
  const server = new HealthServer({
    address: anyPort,
    log,
    checkTimeoutMs: 50,
    ready: { broken: () => Promise.reject(new Error("gone")), stuck: () => new Promise(() => {}) },
  });
  const { status, text } = await get(server.port, "/readyz");
  strictEqual(status, 503);
  match(text, /^broken: gone\nstuck: no answer within 50 ms\n$/);
  await server.stop();
});

Deno.test("openServers() opens one server where metrics and health share an address", async () => {
  const metrics = await prometheusMetrics(metricsSource());
  const probe = Deno.listen(anyPort);
  const address = { hostname: "127.0.0.1", port: (probe.addr as Deno.NetAddr).port };
  probe.close();
  const { servers, ports, warnings } = openServers(
    { metricsPort: address, healthCheckPort: address },
    metrics,
    {},
    log,
  );
  strictEqual(servers.length, 1);
  deepStrictEqual([ports.metrics, ports.health, warnings], [address.port, address.port, []]);
  strictEqual((await get(address.port, "/healthz")).status, 200);
  strictEqual((await get(address.port, "/metrics")).status, 200);
  await servers[0]!.stop();
});

Deno.test("openServers() picks free ports for 0, and says which", async () => {
  const metrics = await prometheusMetrics(metricsSource());
  const { servers, ports } = openServers({ metricsPort: anyPort, healthCheckPort: anyPort }, metrics, {}, log);
  strictEqual(servers.length, 2);
  strictEqual((await get(ports.metrics!, "/metrics")).status, 200);
  strictEqual((await get(ports.metrics!, "/healthz")).status, 404);
  strictEqual((await get(ports.health!, "/healthz")).status, 200);
  for (const server of servers) await server.stop();
});

Deno.test("openServers() refuses a port that was asked for and is in use", () => {
  const taken = Deno.listen(anyPort);
  const address = { hostname: "127.0.0.1", port: (taken.addr as Deno.NetAddr).port };
  throws(() => openServers({ healthCheckPort: address }, undefined, {}, log), (error) => {
    ok(error instanceof PortInUseError);
    match(error.message, new RegExp(`127.0.0.1:${address.port} \\(\`healthCheckPort\`\\)`));
    return true;
  });
  taken.close();
});

Deno.test("openServers() goes on with a warning where a default port is in use", async () => {
  // Somebody has the default port, be it this test or another program.
  let taken: Deno.Listener | undefined;
  try {
    taken = Deno.listen({ hostname: "127.0.0.1", port: 9091 });
  } catch { /* in use: just what is wanted */ }
  const { servers, ports, warnings } = openServers({}, undefined, {}, log);
  deepStrictEqual([servers.length, ports.health], [0, undefined]);
  match(warnings[0]!, /^not listening on 127\.0\.0\.1:9091 \(the default of `healthCheckPort`\)/);
  for (const server of servers) await server.stop();
  taken?.close();
});
