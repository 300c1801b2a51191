import { systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { FrontListener } from "./front_listener.ts";
import { isLoopback, type ListenGuard, shownAddress } from "./listen_guard.ts";
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
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #front: FrontListener | undefined;
  readonly #closing = new AbortController();
  readonly #forget: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws Deno.errors.AddrInUse and its like when the port cannot be had */
  constructor(private readonly options: GuardedServerOptions) {
    const { address, handler, guard, log } = options;
    this.#gate = new RequestGate(handler, { guard, log });
    const direct = isLoopback(address.hostname) && guard?.tls === undefined;
    this.#server = Deno.serve({
      ...direct ? address : { hostname: "127.0.0.1", port: 0 },
      signal: this.#closing.signal,
      onListen: () => {},
      onError: (error) => {
        log.warn("a request to the health server failed", { error: describeError(error) });
        return new Response("error\n", { status: 500 });
      },
    }, (request, { remoteAddr }) => {
      const from = this.#front?.peerOf(remoteAddr.port) ?? remoteAddr.hostname;
      return this.#gate.answer(request, from);
    });
    if (direct) return;
    try {
      const front = new FrontListener({ address, targetPort: this.#server.addr.port, tls: guard?.tls, log });
      this.#front = front;
      this.#forget = guard?.onTlsChange((tls) => front.renew(tls));
    } catch (error) {
      this.#closing.abort();
      throw error;
    }
  }

  get port(): number {
    return this.#front?.port ?? this.#server.addr.port;
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
    for (let waitedMs = 0; this.#gate.inFlight > 0 && waitedMs < FINISH_WITHIN_MS; waitedMs += 20) {
      await systemClock.sleep(20);
    }
    await this.#front?.stop();
    this.#closing.abort(); // `shutdown()` waits for every connection, however long it says nothing
    await this.#server.finished;
  }
}
