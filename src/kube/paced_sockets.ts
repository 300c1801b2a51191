import { anySignal } from "../core/any_signal.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { clusterProxy } from "./cluster_proxy.ts";
import type { CredentialSource } from "./credentials.ts";
import type { KubeTarget } from "./kubeconfig.ts";
import { addressOf, openTransport, type Transport } from "./transport.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_HEAD_BYTES = 16 * 1024;

/** How fast a connection may deliver. */
export interface Pace {
  pause(): void;
  resume(): void;
  /** Ends the connection. Twice is harmless. */
  end(): void;
}

/** WebSockets whose reader can hold the sender back.
 *
 * Deno's WebSocket reads whatever the network delivers and keeps it until somebody takes it: a file of gigabytes would be
 * in memory as a whole. Here its connection passes through a relay on this machine, which is its HTTP proxy, stops
 * reading when told, and so lets TCP slow the server down. TLS goes through it from end to end. */
export class PacedSockets {
  readonly #relay: Relay;
  readonly #transport: Transport;
  #opening: Promise<void> = Promise.resolve();

  private constructor(relay: Relay, transport: Transport) {
    this.#relay = relay;
    this.#transport = transport;
  }

  /** @returns undefined where a connection takes ways that no relay can stand in: proxies behind TLS, and servers that are
   * verified in a special way */
  static async open(
    target: KubeTarget,
    env: Readonly<Record<string, string>>,
    credentials: CredentialSource,
  ): Promise<PacedSockets | undefined> {
    const { cluster } = target;
    const way = findWay(cluster, env);
    if (way === undefined) return undefined;
    const relay = new Relay(way.to, way.through === undefined);
    try {
      const proxy = way.through ?? new URL("http://127.0.0.1");
      const account = proxy.username && `${proxy.username}${proxy.password && `:${proxy.password}`}@`;
      const proxyUrl = `${proxy.protocol}//${account}127.0.0.1:${relay.port}`;
      const relayed = { ...target, cluster: { ...cluster, "proxy-url": proxyUrl } };
      const transport = await openTransport(relayed, env, { credentials, probe: false });
      return new PacedSockets(relay, transport);
    } catch (error) {
      relay.close();
      throw error;
    }
  }

  /** Opens a socket, and settles once it is open or has failed: its events tell which.
   * @param prepare called with the socket at once, before any event */
  async webSocket<T>(
    path: string,
    protocols: string[],
    use: (socket: WebSocket, pace: Pace) => Promise<T>,
  ): Promise<T> {
    // One at a time: the connection that comes in is the one that was just asked for.
    const before = this.#opening;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opening = promise;
    await before;
    try {
      const slot = this.#relay.expect();
      return await use(await this.#transport.webSocket(path, protocols), {
        pause: () => slot.pace?.pause(),
        resume: () => slot.pace?.resume(),
        end: () => slot.pace?.end(),
      });
    } finally {
      resolve();
    }
  }

  close(): void {
    this.#transport.close();
    this.#relay.close();
  }
}

type Address = { hostname: string; port: number };

/** Where connections go: straight to the server, or to the proxy on the way to it. */
function findWay(
  cluster: KubeTarget["cluster"],
  env: Readonly<Record<string, string>>,
): { to: Address; through?: URL } | undefined {
  if (cluster["insecure-skip-tls-verify"] === true || cluster["tls-server-name"] !== undefined) return undefined;
  const through = clusterProxy(cluster, env)?.url;
  if (through === undefined) return { to: addressOf(new URL(cluster.server)) };
  return through.protocol === "https:" ? undefined : { to: addressOf(through), through };
}

/** Passes connections on to one address, and to no other, whatever they ask for. */
class Relay {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Pace>();
  readonly #closed = new AbortController();
  #expected: { pace?: Pace } = {};

  /** @param isProxy speaks the proxy's part itself; otherwise `to` is the proxy */
  constructor(readonly to: Address, readonly isProxy: boolean) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accept();
  }

  /** The next connection's pace appears in the slot when it comes in. */
  expect(): { pace?: Pace } {
    return this.#expected = {};
  }

  close(): void {
    this.#closed.abort();
    this.#listener.close();
    for (const pace of this.#open) pace.end();
  }

  async #accept(): Promise<void> {
    try {
      for await (const near of this.#listener) {
        this.#relay(near, this.#expected).catch(() => {}); // both ends are closed: the socket tells what it knows
        this.#expected = {};
      }
    } catch {
      // It was closed while it waited.
    }
  }

  async #relay(near: Deno.TcpConn, slot: { pace?: Pace }): Promise<void> {
    const gate = new Gate();
    const ended = new AbortController();
    let far: Deno.TcpConn | undefined;
    const pace: Pace = {
      pause: () => gate.shut(),
      resume: () => gate.open(),
      end: () => {
        ended.abort();
        gate.open();
        for (const connection of [near, far]) closeQuietly(connection);
        this.#open.delete(pace);
      },
    };
    this.#open.add(pace);
    slot.pace = pace;
    try {
      const head = this.isProxy ? await readHead(near) : undefined;
      using either = anySignal(ended.signal, this.#closed.signal);
      far = await withTimeLimit(CONNECT_TIMEOUT_MS, either, (signal) => Deno.connect({ ...this.to, signal }));
      if (ended.signal.aborted) return;
      if (head !== undefined) {
        const isTunnel = new TextDecoder().decode(head.subarray(0, 8)) === "CONNECT ";
        if (isTunnel) await writeAll(near, new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
        else await writeAll(far, head);
      }
      await Promise.race([pump(near, far), pump(far, near, gate)]);
    } finally {
      pace.end();
    }
  }
}

class Gate {
  #opened: PromiseWithResolvers<void> | undefined;

  shut(): void {
    this.#opened ??= Promise.withResolvers<void>();
  }

  open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  get passed(): Promise<void> | undefined {
    return this.#opened?.promise;
  }
}

async function pump(from: Deno.TcpConn, to: Deno.TcpConn, gate?: Gate): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (true) {
    await gate?.passed;
    const read = await from.read(buffer);
    if (read === null) return;
    await writeAll(to, buffer.subarray(0, read));
  }
}

/** The request to a proxy, up to its empty line: nothing follows it before the answer. */
async function readHead(connection: Deno.TcpConn): Promise<Uint8Array> {
  const head = new Uint8Array(MAX_HEAD_BYTES);
  let size = 0;
  while (size < head.length) {
    const read = await connection.read(head.subarray(size));
    if (read === null) throw new Error("The connection ended before its request did");
    size += read;
    if (new TextDecoder("latin1").decode(head.subarray(0, size)).includes("\r\n\r\n")) return head.subarray(0, size);
  }
  throw new Error("The request is too long");
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

function closeQuietly(connection: Deno.TcpConn | undefined): void {
  try {
    connection?.close();
  } catch {
    // It is closed already.
  }
}
