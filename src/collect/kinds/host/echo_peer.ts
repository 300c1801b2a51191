import { readExactly, whileOpen } from "./open_socket.ts";
import { describeError } from "../../../core/errors.ts";
import { withTimeLimit } from "../../../core/time_limit.ts";

/** What a peer is asked to do. */
export interface EchoRequest {
  role: "server" | "client";
  hostname: string;
  port: number;
  /** For each protocol; of a server how long it lives at most. */
  timeoutMs: number;
}

/** How it went with each protocol: empty, or why not. A server tells how listening went. */
export interface EchoResult {
  udp: string;
  tcp: string;
}

const GREETING = new TextEncoder().encode("support-bundle echo");

/** One side of a check whether one network namespace reaches the other: a process in each of them, since a process is in
 * one namespace. A server tells its result as soon as it listens, and goes on until it is killed, its time is over or the signal is aborted.
 * @param tell is given the result once */
export async function runEchoPeer(
  { role, hostname, port, timeoutMs }: EchoRequest,
  tell: (result: EchoResult) => void,
  signal: AbortSignal,
): Promise<void> {
  const address = { hostname, port };
  if (role === "server") return await withTimeLimit(timeoutMs, signal, (limited) => serve(address, tell, limited));
  const attempt = (ask: (signal: AbortSignal) => Promise<void>) =>
    withTimeLimit(timeoutMs, signal, ask).then(() => "", describeError);
  tell({
    udp: await attempt((limited) => askUdp(address, limited)),
    tcp: await attempt((limited) => askTcp(address, limited)),
  });
}

type Address = Pick<EchoRequest, "hostname" | "port">;

async function serve(address: Address, tell: (result: EchoResult) => void, signal: AbortSignal): Promise<void> {
  const result: EchoResult = { udp: "", tcp: "" };
  const serving: Promise<void>[] = [];
  try {
    const socket = Deno.listenDatagram({ transport: "udp", ...address });
    signal.addEventListener("abort", () => socket.close(), { once: true });
    serving.push((async () => {
      for await (const [message, from] of socket) await socket.send(message, from).catch(() => {});
    })());
  } catch (error) {
    result.udp = describeError(error);
  }
  try {
    const listener = Deno.listen(address);
    signal.addEventListener("abort", () => listener.close(), { once: true });
    serving.push((async () => {
      for await (const connection of listener) {
        connection.readable.pipeTo(connection.writable).catch(() => {});
      }
    })());
  } catch (error) {
    result.tcp = describeError(error);
  }
  tell(result);
  await Promise.all(serving);
}

async function askUdp(address: Address, signal: AbortSignal): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  await whileOpen(socket, signal, async () => {
    await socket.send(GREETING, { transport: "udp", ...address });
    const [message] = await socket.receive();
    expectGreeting(message);
  });
}

async function askTcp(address: Address, signal: AbortSignal): Promise<void> {
  const connection = await Deno.connect({ ...address, signal });
  await whileOpen(connection, signal, async () => {
    await connection.write(GREETING);
    expectGreeting(await readExactly(connection, GREETING.length, "the connection was ended before the answer"));
  });
}

function expectGreeting(heard: Uint8Array): void {
  if (heard.length !== GREETING.length || heard.some((byte, i) => byte !== GREETING[i])) {
    throw new Error("the answer was not the echo");
  }
}
