import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import type { CollectContext } from "../../../../src/collect/collector.ts";
import { isPlainHost, parseHostPort } from "../../../../src/collect/kinds/host/host_port.ts";
import { http } from "../../../../src/collect/kinds/host/http.ts";
import { interfaceIpv4, localIpv4 } from "../../../../src/collect/kinds/host/local_ipv4.ts";
import { ownTimeMs } from "../../../../src/collect/kinds/host/own_time.ts";
import { inTurn } from "../../../../src/collect/kinds/host/port_turns.ts";
import { tcpConnect } from "../../../../src/collect/kinds/host/tcp_connect.ts";
import { tcpPortStatus } from "../../../../src/collect/kinds/host/tcp_port_status.ts";
import { udpPortStatus } from "../../../../src/collect/kinds/host/udp_port_status.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { type AnyCollector, collectUntilFailure } from "./collect_until_failure.ts";
import { freePort } from "./free_port.ts";
import { collectAll } from "../../collect_all.ts";

const addresses = [
  ["db.example.com:5432", { hostname: "db.example.com", port: 5432 }],
  ["[fd00::1]:53", { hostname: "fd00::1", port: 53 }],
  ["10.0.0.1:65535", { hostname: "10.0.0.1", port: 65535 }],
  ["10.0.0.1:65536", undefined],
  ["10.0.0.1:0", undefined],
  ["10.0.0.1", undefined],
  [":80", undefined],
  ["fd00::1:53", undefined],
  ["http://a:80", undefined],
] as const;
for (const [text, expect] of addresses) {
  Deno.test(`parseHostPort() of ${text}`, () => deepStrictEqual(parseHostPort(text), expect));
}

const hosts = [
  ["lb.example.com", true],
  ["10.0.0.1", true],
  ["10.0.0.256", false],
  ["10.0.0", false],
  ["LB.example.com", false],
  ["-lb", false],
  ["lb_1", false],
] as const;
for (const [host, expect] of hosts) Deno.test(`isPlainHost() of ${host}`, () => strictEqual(isPlainHost(host), expect));

const interfaces = {
  lo: [{ family: "IPv4", address: "127.0.0.1", internal: true }],
  eth0: [{ family: "IPv6", address: "fd00::1", internal: false }, {
    family: "IPv4",
    address: "10.0.0.7",
    internal: false,
  }],
  tun0: [{ family: "IPv6", address: "fd00::2", internal: false }],
};
Deno.test("interfaceIpv4() and localIpv4() find addresses, and name the interfaces there are", () => {
  strictEqual(interfaceIpv4("eth0", interfaces), "10.0.0.7");
  strictEqual(localIpv4(interfaces), "10.0.0.7");
  strictEqual(localIpv4({ lo: interfaces.lo }), "127.0.0.1");
  throws(() => interfaceIpv4("tun0", interfaces), { code: "HOST_INTERFACE", hint: "Take one of: eth0, lo, tun0" });
});

const clock = new ManualClock("2026-03-02T00:00:00Z");
const times = [
  ["its own time", 10_000, "2026-03-02T00:05:00Z", 10_000],
  ["what the collector has left, but for a while", 3_600_000, "2026-03-02T00:05:00Z", 298_000],
  ["half of what is nearly over", 3_600_000, "2026-03-02T00:00:01Z", 500],
  ["nothing when it is over", 3_600_000, "2026-03-01T00:00:00Z", 0],
  ["its own time where nobody sets a limit", 3_600_000, undefined, 3_600_000],
] as const;
for (const [name, own, deadline, expect] of times) {
  Deno.test(`ownTimeMs() is ${name}`, () => {
    strictEqual(ownTimeMs(own, { clock, deadlineAt: deadline === undefined ? undefined : new Date(deadline) }), expect);
  });
}

Deno.test("inTurn() lets one port be listened on once at a time, others at once, and a wait be broken off", async () => {
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const signal = new AbortController().signal;
  const impatient = new AbortController();
  const turns = [
    inTurn("tcp", 1, signal, async () => {
      log.push("a begins");
      await first.promise;
      log.push("a ends");
    }),
    rejects(inTurn("tcp", 1, impatient.signal, () => Promise.resolve(log.push("never"))), { name: "AbortError" }),
    inTurn("tcp", 1, signal, () => Promise.resolve(log.push("b"))),
    inTurn("udp", 1, signal, () => Promise.resolve(log.push("c"))),
    inTurn("tcp", 2, signal, () => Promise.reject(new Error("d"))).catch(() => {}),
    inTurn("tcp", 2, signal, () => Promise.resolve(log.push("e"))),
  ];
  impatient.abort();
  await turns[1];
  await turns[5];
  deepStrictEqual(log, ["a begins", "c", "e"]);
  first.resolve();
  await Promise.all(turns);
  deepStrictEqual(log, ["a begins", "c", "e", "a ends", "b"]);
});

const CONNECTED = '{"status":"connected","message":""}';

/** The one file of a check, and the code of what it throws after it. */
async function check(
  kind: AnyCollector,
  config: unknown,
  context?: Partial<CollectContext>,
) {
  const { files, error } = await collectUntilFailure(kind, config, context);
  const [[path, text]] = Object.entries(files) as [[string, string]];
  return { path, text, status: JSON.parse(text).status, code: (error as { code?: string } | undefined)?.code };
}

Deno.test("tcpConnect connects to a port that listens", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const found = await check(tcpConnect, { address: `127.0.0.1:${listener.addr.port}` });
  deepStrictEqual([found.path, found.text, found.code], ["host-collectors/connect/connect.json", CONNECTED, undefined]);
  (await listener.accept()).close();
});

Deno.test("tcpConnect writes a refusal, and counts it as a failure", async () => {
  const found = await check(tcpConnect, { address: `127.0.0.1:${freePort()}`, collectorName: "db" });
  deepStrictEqual([found.path, found.status, found.code], [
    "host-collectors/connect/db.json",
    "connection-refused",
    "NETWORK_CHECK",
  ]);
});

/** A port whose queue of connections is full: the next one gets no answer. Only Linux drops it. */
async function withSilentPort(test: (port: number) => Promise<void>) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const abort = new AbortController();
  const pending = Array.from({ length: 4 }, () => Deno.connect({ hostname: "127.0.0.1", port, signal: abort.signal }));
  try {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await test(port);
  } finally {
    abort.abort();
    for (const result of await Promise.allSettled(pending)) if (result.status === "fulfilled") result.value.close();
  }
}

Deno.test({
  name: "tcpConnect waits for an answer until its time is over",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withSilentPort(async (port) => {
      const clock = new ManualClock();
      const found = check(tcpConnect, { address: `127.0.0.1:${port}` }, { clock });
      await clock.untilSleeping();
      strictEqual(clock.nextWake!.getTime() - clock.now().getTime(), 10_000);
      await clock.advance(10_000);
      const { status, text, code } = await found;
      deepStrictEqual([status, code], ["connection-timeout", "NETWORK_CHECK"]);
      match(text, /no connection within 10s/);
    }),
});

Deno.test({
  name: "tcpConnect ends at once with the run",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withSilentPort(async (port) => {
      const controller = new AbortController();
      const clock = new ManualClock();
      const running = collectAll(tcpConnect, { address: `127.0.0.1:${port}` }, { clock, signal: controller.signal });
      await clock.untilSleeping();
      controller.abort(new DOMException("stop", "AbortError"));
      await rejects(running, { name: "AbortError" });
    }),
});

Deno.test("tcpConnect refuses what is no address", () =>
  rejects(collectAll(tcpConnect, { address: "db.example.com" }), { code: "SPEC_VALUE" }));

Deno.test("tcpPortStatus reaches a free port from this machine, and leaves it free", async () => {
  const port = freePort();
  for (let times = 0; times < 2; times++) {
    const found = await check(tcpPortStatus, { port: String(port) });
    deepStrictEqual([found.path, found.text, found.code], [
      "host-collectors/tcpPortStatus/tcpPortStatus.json",
      CONNECTED,
      undefined,
    ]);
  }
});

Deno.test("tcpPortStatus finds a port in use", async () => {
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const found = await check(tcpPortStatus, { port: listener.addr.port, collectorName: "api" });
  deepStrictEqual([found.path, found.status, found.code], [
    "host-collectors/tcpPortStatus/api.json",
    "address-in-use",
    "NETWORK_CHECK",
  ]);
});

Deno.test("tcpPortStatus takes turns on one port, whichever checks run side by side", async () => {
  const port = freePort();
  const found = await Promise.all(Array.from({ length: 4 }, () => check(tcpPortStatus, { port })));
  deepStrictEqual(found.map(({ status }) => status), ["connected", "connected", "connected", "connected"]);
});

Deno.test({
  name: "tcpPortStatus and udpPortStatus listen on the interface that is named, and on no other",
  ignore: Deno.build.os !== "linux",
  async fn() {
    for (const kind of [tcpPortStatus, udpPortStatus] as AnyCollector[]) {
      strictEqual((await check(kind, { port: freePort(), interface: "lo" })).text, CONNECTED);
      await rejects(collectAll(kind, { port: 1, interface: "nosuch0" }), { code: "HOST_INTERFACE" });
    }
  },
});

Deno.test("udpPortStatus tells a free port from one in use", async () => {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  const taken = await check(udpPortStatus, { port });
  deepStrictEqual([taken.path, taken.status, taken.code], [
    "host-collectors/udpPortStatus/udpPortStatus.json",
    "address-in-use",
    "NETWORK_CHECK",
  ]);
  socket.close();
  strictEqual((await check(udpPortStatus, { port })).text, CONNECTED);
});

Deno.test({
  name: "tcpPortStatus says that a port may not be bound",
  ignore: Deno.build.os !== "linux" || Deno.uid() === 0, // root may
  async fn() {
    strictEqual((await check(tcpPortStatus, { port: 1 })).status, "bind-permission-denied");
  },
});

Deno.test("http of the host writes the answer, and a failure as content", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => Response.json({ ok: 1 }));
  const { files } = await collectAll(http, { get: { url: `http://127.0.0.1:${server.addr.port}/` } });
  const { response } = JSON.parse(files["host-collectors/http/result.json"]!);
  deepStrictEqual([response.status, response.raw_json], [200, { ok: 1 }]);
  const failed = await collectAll(http, { collectorName: "x", get: { url: `http://127.0.0.1:${freePort()}/` } });
  ok("error" in JSON.parse(failed.files["host-collectors/http/x.json"]!));
});
