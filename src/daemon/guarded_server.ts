import { systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { FrontListener } from "./front_listener.ts";
import { isLoopback } from "../core/loopback.ts";
import { type ListenGuard, shownAddress, type TlsPair } from "./listen_guard.ts";
import { type Handler, RequestGate } from "./request_gate.ts";
import type { ListenAddress } from "./settings.ts";

const FINISH_WITHIN_MS = 2_000;

export interface GuardedServerOptions {
  address: ListenAddress;
  handler: Handler;
  /** Absent: nothing is asked for, and nothing encrypted. */
  guard?: ListenGuard;
  log: DaemonLog;
}

/** An HTTP server behind a {@linkcode RequestGate}; behind a {@linkcode FrontListener} too, where others than this machine
 * can reach it or where it speaks TLS. */
export class GuardedServer {
  readonly #gate: RequestGate;
  readonly #front: FrontListener | undefined;
  readonly #forget: (() => void) | undefined;
  #inner: Inner;
  #stopping: Promise<void> | undefined;

  /** @throws Deno.errors.AddrInUse and its like when the port cannot be had */
  constructor(private readonly options: GuardedServerOptions) {
    const { address, handler, guard, log } = options;
    this.#gate = new RequestGate(handler, { guard, log, local: isLoopback(address.hostname) });
    if (isLoopback(address.hostname) && guard?.tls === undefined) {
      this.#inner = this.#serve(address);
      return;
    }
    this.#front = new FrontListener({ address, targetPort: () => this.#inner.port, log });
    this.#inner = this.#serve({ hostname: "127.0.0.1", port: 0 }, guard?.tls);
    this.#forget = guard?.onTlsChange((tls) => this.#renew(tls));
  }

  get port(): number {
    return this.#front?.port ?? this.#inner.port;
  }

  /** `https://10.0.0.5:9090` */
  get url(): string {
    const { address: { hostname }, guard } = this.options;
    return `${guard?.tls === undefined ? "http" : "https"}://${shownAddress({ hostname, port: this.port })}`;
  }

  /** Lets requests that are being answered end, for a moment; connections that say nothing are not waited for.
   * Twice is harmless. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#forget?.();
    await this.#finishRequests();
    await this.#front?.stop();
    await this.#inner.close();
  }

  /** A server keeps the certificate it began with, so another one takes the connections to come. */
  async #renew(tls: TlsPair): Promise<void> {
    const before = this.#inner;
    this.#inner = this.#serve({ hostname: "127.0.0.1", port: 0 }, tls);
    await this.#finishRequests();
    await before.close();
  }

  async #finishRequests(): Promise<void> {
    for (let waitedMs = 0; this.#gate.inFlight > 0 && waitedMs < FINISH_WITHIN_MS; waitedMs += 20) {
      await systemClock.sleep(20);
    }
  }

  #serve(address: ListenAddress, tls?: TlsPair): Inner {
    const closing = new AbortController();
    const server = Deno.serve({
      ...address,
      ...tls,
      signal: closing.signal,
      onListen: () => {},
      onError: (error) => {
        this.options.log.warn("a request to the health server failed", { error: describeError(error) });
        return new Response("error\n", { status: 500 });
      },
    }, (request, { remoteAddr }) => {
      const { port, hostname } = remoteAddr as Deno.NetAddr;
      return this.#gate.answer(request, this.#front?.peerOf(port) ?? hostname);
    });
    return {
      port: (server.addr as Deno.NetAddr).port,
      close() {
        closing.abort(); // `shutdown()` waits for every connection, however long it says nothing
        return server.finished;
      },
    };
  }
}

interface Inner {
  port: number;
  close(): Promise<void>;
}
