import { systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { TlsPair } from "./listen_guard.ts";
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
const RETRY_MS = 1_000;

export interface FrontOptions {
  address: ListenAddress;
  /** The server on 127.0.0.1 that answers. */
  targetPort: number;
  tls?: TlsPair;
  log: DaemonLog;
  limits?: FrontLimits;
}

/** Takes connections from other machines for a server on 127.0.0.1: with TLS, and within limits that `Deno.serve` does not
 * have. It never closes a connection that says nothing, and keeps the certificate it began with. */
export class FrontListener {
  readonly port: number;
  readonly #limits: FrontLimits;
  readonly #open = new Map<Deno.Conn, () => void>();
  readonly #relays = new Set<Promise<void>>();
  readonly #peers = new Map<number, string>();
  #listener: Deno.Listener<Deno.Conn>;
  #accepting: Promise<void>;
  readonly #stopping = new AbortController();

  /** @throws Deno.errors.AddrInUse and its like when the port cannot be had */
  constructor(private readonly options: FrontOptions) {
    this.#limits = options.limits ?? LIMITS;
    this.#listener = listen(options.address, options.tls);
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#accepting = this.#accept(this.#listener);
  }

  /** Who speaks through a connection to the target.
   * @param port the connection's own on 127.0.0.1 */
  peerOf(port: number): string | undefined {
    return this.#peers.get(port);
  }

  /** Uses another certificate for the connections to come; those that are open go on. */
  async renew(tls: TlsPair): Promise<void> {
    quietly(() => this.#listener.close());
    await this.#accepting; // the port is free when nobody waits at it any more
    while (!this.#stopped) {
      try {
        this.#listener = listen({ ...this.options.address, port: this.port }, tls);
        this.#accepting = this.#accept(this.#listener);
        return;
      } catch (error) {
        this.options.log.error("cannot listen with the new certificate; trying again", { error: describeError(error) });
        await systemClock.sleep(RETRY_MS, this.#stopping.signal);
      }
    }
  }

  /** Closes everything. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    quietly(() => this.#listener.close());
    for (const close of [...this.#open.values()]) close();
    await this.#accepting;
    await Promise.all(this.#relays);
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #accept(listener: Deno.Listener<Deno.Conn>): Promise<void> {
    for (;;) {
      let connection: Deno.Conn;
      try {
        connection = await listener.accept();
      } catch (error) {
        if (this.#stopped || error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 100)); // out of file descriptors, or a broken handshake
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

  async #relay(outer: Deno.Conn): Promise<void> {
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
      inner = await Deno.connect({ hostname: "127.0.0.1", port: this.options.targetPort });
      port = inner.localAddr.port;
      this.#peers.set(port, (outer.remoteAddr as Deno.NetAddr).hostname);
      const asking = pump(outer, inner, touch).then(() => inner!.closeWrite()).catch(close);
      await pump(inner, outer, touch).catch(() => {});
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

function listen(address: ListenAddress, tls: TlsPair | undefined): Deno.Listener<Deno.Conn> {
  return tls === undefined ? Deno.listen(address) : Deno.listenTls({ ...address, ...tls });
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
