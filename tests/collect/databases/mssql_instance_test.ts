import { createSocket, type Socket } from "node:dgram";
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { instancePort, portOf } from "../../../src/collect/databases/mssql_instance.ts";

const answer = (text: string) =>
  Uint8Array.of(5, text.length & 0xff, text.length >> 8, ...new TextEncoder().encode(text));

const ports = [
  ["the TCP port", "ServerName;DB;InstanceName;X;IsClustered;No;Version;16.0.1000.6;tcp;1500;;", 1500],
  ["the TCP port among other ways", "ServerName;DB;InstanceName;X;np;\\\\DB\\pipe\\sql;tcp;1501;;", 1501],
  ["none without TCP", "ServerName;DB;InstanceName;X;np;\\\\DB\\pipe\\sql;;", undefined],
  ["none that is no port", "ServerName;DB;tcp;99999;;", undefined],
  ["none in nonsense", "", undefined],
] as const;
for (const [name, text, expect] of ports) {
  Deno.test(`portOf() finds ${name}`, () => strictEqual(portOf(answer(text)), expect));
}

/** A browser service of the test's own. */
async function withBrowser(reply: string | undefined, test: (port: number, asked: string[]) => Promise<void>) {
  const socket: Socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (message, { port, address }) => {
    asked.push(new TextDecoder().decode(message));
    if (reply !== undefined) socket.send(answer(reply), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  try {
    await test(socket.address().port, asked);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

Deno.test("instancePort() asks the browser service for the instance", () =>
  withBrowser("ServerName;DB;InstanceName;X;tcp;1500;;", async (port, asked) => {
    strictEqual(await instancePort("127.0.0.1", "X", new AbortController().signal, port), 1500);
    deepStrictEqual(asked, ["\x04X\0"]);
  }));

Deno.test("instancePort() says that an instance has no TCP port", () =>
  withBrowser("ServerName;DB;;", async (port) => {
    await rejects(instancePort("127.0.0.1", "X", new AbortController().signal, port), /names no TCP port/);
  }));

Deno.test("instancePort() ends with its signal", () =>
  withBrowser(undefined, async (port) => {
    const abort = new AbortController();
    const asking = instancePort("127.0.0.1", "X", abort.signal, port);
    abort.abort();
    await rejects(asking, { name: "AbortError" });
  }));
