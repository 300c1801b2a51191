import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import type { CollectContext } from "../../../../src/collect/collector.ts";
import { httpLoadBalancer } from "../../../../src/collect/kinds/host/http_load_balancer.ts";
import { tcpLoadBalancer } from "../../../../src/collect/kinds/host/tcp_load_balancer.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll } from "../../collect_all.ts";
import { type AnyCollector, collectUntilFailure } from "./collect_until_failure.ts";
import { freePort } from "./free_port.ts";

/** A load balancer: passes what comes in on to a port of this machine. */
function startBalancer(backend: number): { port: number; connections: () => number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const passing: Promise<unknown>[] = [];
  const serving = (async () => {
    for await (const client of listener) {
      connections++;
      try {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: backend });
        passing.push(client.readable.pipeTo(server.writable).catch(() => {}));
        passing.push(server.readable.pipeTo(client.writable).catch(() => {}));
      } catch {
        client.close();
      }
    }
  })();
  return {
    port: listener.addr.port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      await Promise.all(passing);
    },
  };
}

/** Something else that listens: it answers whatever it hears, in HTTP, and hangs up. */
function startStranger(): { port: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  const serving = (async () => {
    for await (const client of listener) {
      await client.read(new Uint8Array(4096));
      await client.write(answer).catch(() => {});
      client.close();
    }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

interface Case {
  kind: AnyCollector;
  path: string;
  /** As the kind wants it. */
  address(port: number): string;
}
const kinds: Case[] = [
  {
    kind: tcpLoadBalancer,
    path: "host-collectors/tcpLoadBalancer/tcpLoadBalancer.json",
    address: (port) => `127.0.0.1:${port}`,
  },
  {
    kind: httpLoadBalancer,
    path: "host-collectors/httpLoadBalancer/httpLoadBalancer.json",
    address: (port) => `http://127.0.0.1:${port}/healthz`,
  },
];

/** What a check says in its file, and what it throws after it. */
async function check({ kind, path }: Case, config: object, context?: Partial<CollectContext>) {
  const { files, error } = await collectUntilFailure(kind, config, context);
  deepStrictEqual(Object.keys(files), [path]);
  return { ...JSON.parse(files[path]!), error } as { status: string; message: string; error?: { code: string } };
}

for (const each of kinds) {
  const { kind: { kind }, address } = each;

  Deno.test(`${kind} finds a balancer that leads here, and leaves the port free`, async () => {
    const port = freePort();
    await using balancer = startBalancer(port);
    const found = await check(each, { address: address(balancer.port), port });
    deepStrictEqual(found, { status: "connected", message: "", error: undefined });
    Deno.listen({ hostname: "0.0.0.0", port }).close();
  });

  Deno.test(`${kind} says that nothing listens at the balancer's address`, async () => {
    const found = await check(each, { address: address(freePort()), port: freePort() });
    deepStrictEqual([found.status, found.error], ["connection-refused", undefined]);
  });

  Deno.test(`${kind} does not take another server for this machine, and tries until its time is over`, async () => {
    await using other = startStranger();
    await using balancer = startBalancer(other.port);
    const clock = new ManualClock();
    const turns: Promise<void>[] = [];
    // Told after each attempt, before the pause.
    const progress = () => void turns.push(clock.untilSleeping(2).then(() => clock.advance(1000)));
    const config = { address: address(balancer.port), port: freePort(), timeout: "3s" };
    const { status, message, error } = await check(each, config, { clock, progress });
    await Promise.all(turns);
    deepStrictEqual([status, error], ["connection-timeout", undefined]);
    strictEqual(message, "not reached within 3s: something else answers there");
    deepStrictEqual([turns.length, balancer.connections()], [3, 3]);
  });

  Deno.test(`${kind} says that its port is in use`, async () => {
    using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const found = await check(each, { address: address(freePort()), port: listener.addr.port });
    strictEqual(found.status, "address-in-use");
    strictEqual(found.error?.code, kind === "httpLoadBalancer" ? "NETWORK_CHECK" : undefined);
  });

  Deno.test(`${kind} ends at once with the run, whatever its own time is`, async () => {
    await using other = startStranger();
    const controller = new AbortController();
    const port = freePort();
    const running = collectAll(each.kind, { address: address(other.port), port }, {
      signal: controller.signal,
      progress: () => controller.abort(new DOMException("stop", "AbortError")),
    });
    await rejects(running, { name: "AbortError" });
    Deno.listen({ hostname: "0.0.0.0", port }).close();
  });

  Deno.test(`${kind} ends with a result before the deadline of the collector`, async () => {
    await using other = startStranger();
    const clock = new ManualClock();
    const deadlineAt = new Date(clock.now().getTime() + 10_000);
    const running = check(each, { address: address(other.port), port: freePort() }, { clock, deadlineAt });
    await clock.untilSleeping();
    await clock.advance(8_000);
    strictEqual((await running).status, "connection-timeout");
  });
}

const invalid = ["LB.example.com:80", "lb.example.com", "[fd00::1]:80", "10.0.0.300:80"];
for (const address of invalid) {
  Deno.test(`tcpLoadBalancer takes ${address} for no address`, async () => {
    const found = await check(kinds[0]!, { address, port: freePort() });
    deepStrictEqual([found.status, found.error], ["invalid-address", undefined]);
  });
}

Deno.test("httpLoadBalancer refuses what is no URL", () =>
  rejects(collectAll(httpLoadBalancer, { address: "lb.example.com", port: freePort() }), { code: "SPEC_VALUE" }));
