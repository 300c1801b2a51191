import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { ListenAddress } from "./settings.ts";

/** How much a listener takes on. */
export interface FrontLimits {
  connections: number;
  /** A connection on which nothing comes or goes for so long is closed. */
  idleMs: number;
  /** And any after so long. */
  lifetimeMs: number;
}

const LIMITS: FrontLimits = { connections: 100, idleMs: 15_000, lifetimeMs: 120_000 };
const BUFFER_BYTES = 16 * 1024;

export interface FrontOptions {
  address: ListenAddress;
  /** Port of the server on 127.0.0.1 that answers a new connection. */
  targetPort(): number;
  log: DaemonLog;
  limits?: FrontLimits;
}

/** Takes connections from other machines for a server on 127.0.0.1, within limits that `Deno.serve` does not have: it never
 * closes a connection that says nothing, in a TLS handshake least of all. */
export class FrontListener {
  readonly #listener: Deno.TcpListener;
  readonly #limits: FrontLimits;
  readonly #open = new Map<Deno.Conn, () => void>();
  readonly #relays = new Set<Promise<void>>();
  readonly #peers = new Map<number, string>();
  readonly #accepting: Promise<void>;
  #stopped = false;

  /** @throws Deno.errors.AddrInUse and its like when the port cannot be had */
  constructor(private readonly options: FrontOptions) {
    this.#limits = options.limits ?? LIMITS;
    this.#listener = Deno.listen(options.address);
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Who speaks through a connection to the target.
   * @param port the connection's own on 127.0.0.1 */
  peerOf(port: number): string | undefined {
    return this.#peers.get(port);
  }

  /** Closes everything. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopped = true;
    quietly(() => this.#listener.close());
    for (const close of [...this.#open.values()]) close();
    await this.#accepting;
    await Promise.all(this.#relays);
  }

  async #accept(): Promise<void> {
    while (!this.#stopped) {
      let connection: Deno.TcpConn;
      try {
        connection = await this.#listener.accept();
      } catch {
        if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, 100)); // out of file descriptors
        continue;
      }
      if (this.#open.size >= this.#limits.connections) {
        quietly(() => connection.close());
        continue;
      }
      const relay = this.#relay(connection).finally(() => this.#relays.delete(relay));
      this.#relays.add(relay);
    }
  }

  async #relay(outer: Deno.TcpConn): Promise<void> {
    let inner: Deno.TcpConn | undefined;
    const close = () => {
      quietly(() => outer.close());
      quietly(() => inner?.close());
    };
    this.#open.set(outer, close);
    const { idleMs, lifetimeMs } = this.#limits;
    const expiry = setTimeout(close, lifetimeMs);
    let idle = setTimeout(close, idleMs);
    const touch = () => {
      clearTimeout(idle);
      idle = setTimeout(close, idleMs);
    };
    let port: number | undefined;
    try {
      const target = inner = await Deno.connect({ hostname: "127.0.0.1", port: this.options.targetPort() });
      port = target.localAddr.port;
      this.#peers.set(port, outer.remoteAddr.hostname);
      const asking = pump(outer, target, touch).then(() => target.closeWrite()).catch(close);
      await pump(target, outer, touch).catch(() => {});
      close();
      await asking;
    } catch (error) {
      if (!this.#stopped) this.options.log.debug("a connection broke", { error: describeError(error) });
    } finally {
      close();
      clearTimeout(expiry);
      clearTimeout(idle);
      if (port !== undefined) this.#peers.delete(port);
      this.#open.delete(outer);
    }
  }
}

/** Copies until the end of `from`. */
async function pump(from: Deno.Conn, to: Deno.Conn, touch: () => void): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
    touch();
    for (let rest = buffer.subarray(0, read); rest.length > 0;) rest = rest.subarray(await to.write(rest));
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // closed already
  }
}
