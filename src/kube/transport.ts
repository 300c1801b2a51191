import { countSent } from "../core/traffic.ts";
import { connect, type Socket } from "node:net";
import { abortable } from "../core/abortable.ts";
import { anySignal } from "../core/any_signal.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { createExactHttpClient } from "../core/http_client.ts";
import { keyPairProblem } from "../core/key_pair.ts";
import { openTunnel, shownProxy } from "../core/proxy_tunnel.ts";
import { VERSION } from "../core/version.ts";
import { type ClusterProxy, clusterProxy } from "./cluster_proxy.ts";
import { connectionFailure } from "./connection_failure.ts";
import { type Credentials, CredentialSource } from "./credentials.ts";
import { KubeconfigError } from "./errors.ts";
import { expiredSince } from "./expired_since.ts";
import type { KubeTarget } from "./kubeconfig.ts";
import { pem } from "./pem.ts";
import { startTlsRelay, type TlsRelay } from "./tls_relay.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_TIMEOUT_MS = 2_000;

/** A way to send signed requests to one API server. */
export interface Transport {
  /** `fetch` with the credentials added. Other answers than 2xx are returned, not thrown.
   * @throws {KubeUnreachableError} when there is no answer */
  request(
    path: string,
    init: { method: string; body?: string; accept?: string; signal?: AbortSignal },
  ): Promise<Response>;
  /** A WebSocket to a path such as `/api/v1/namespaces/x/pods/y/exec?command=ls`; it has not opened yet. */
  webSocket(path: string, protocols: string[]): Promise<WebSocket>;
  /** Fetches the credentials again, unless others came since those of the refused request.
   * @returns false when there are no other ones */
  renew(refused: Response): Promise<boolean>;
  /** Which of the credentials has expired, and when: in words, for a refusal. */
  expired(): string | undefined;
  close(): void;
}

export interface TransportOptions {
  /** Where several transports speak for one user. */
  credentials?: CredentialSource;
  /** The server did not answer a moment ago: it is given two seconds instead of ten. */
  reconnect?: boolean;
  /** Whether to try the way to the server first (the default). */
  probe?: boolean;
  signal?: AbortSignal;
}

/** Connects: reads certificates and credentials, and tries the way to the server once, so that a dead address or a proxy
 * that does not let through is known after ten seconds instead of the minutes that the operating system takes. */
export async function openTransport(
  target: KubeTarget,
  env: Readonly<Record<string, string>>,
  { credentials: given, reconnect = false, probe = true, signal }: TransportOptions = {},
): Promise<Transport> {
  const { cluster } = target;
  if (!URL.canParse(cluster.server)) {
    throw new KubeconfigError(`Cannot use "${cluster.server}" as the address of the API server: it is not a URL`, {
      hint: "Write it as https://HOST:PORT, in the kubeconfig or with --server",
    });
  }
  const server = new URL(cluster.server);
  const ca = await pem(
    cluster["certificate-authority"],
    cluster["certificate-authority-data"],
    "certificate authority",
  );
  const source = given ?? new CredentialSource(target, env, { clock: systemClock });
  const proxy = clusterProxy(cluster, env);
  // What Deno's own TLS cannot do (no verification, another name) is done by a relay that fetch speaks to in the clear.
  const special = server.protocol === "https:" &&
    (cluster["insecure-skip-tls-verify"] === true || cluster["tls-server-name"] !== undefined);
  if (special && proxy !== undefined && proxy.url.protocol !== "http:") {
    throw new KubeconfigError(
      `Cannot use the proxy ${shownProxy(proxy.url)} together with insecure-skip-tls-verify or tls-server-name`,
      { hint: "Use an http:// proxy, or a certificate authority and a server whose name is in its certificate" },
    );
  }
  if (probe) {
    const timeoutMs = reconnect ? RECONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
    await tryWay(server, proxy, { timeoutMs, clock: source.clock, signal });
  }
  let credentials = await source.current();
  checkKeyPair(credentials);
  const open = async (credentials: Credentials) => {
    const relay = special ? await startTlsRelay(server, { ca, credentials, cluster, proxy }) : undefined;
    try {
      return { relay, http: makeClient({ ca, credentials, relay, proxy }) };
    } catch (error) {
      relay?.close();
      throw error;
    }
  };
  let clients = await open(credentials);
  const opened = [clients];

  const replaceOld = async () => {
    const fresh = await source.current();
    if (fresh === credentials) return;
    const sameCertificate = fresh.cert === credentials.cert && fresh.key === credentials.key;
    if (!sameCertificate) {
      checkKeyPair(fresh);
      clients = await open(fresh);
      opened.push(clients);
    }
    credentials = fresh;
  };
  let replacing: Promise<void> | undefined;
  /** Replaces credentials that are no longer fresh. Clients that have others stay open for what they carry. */
  const freshen = () => replacing ??= replaceOld().finally(() => replacing = undefined);
  const signedWith = new WeakMap<Response, Credentials>();
  const base = (special ? `http://${server.host}` : server.origin) + server.pathname.replace(/\/$/, "");

  return {
    async request(path, { method, body, accept = "application/json", signal }) {
      await abortable(freshen(), signal);
      const headers: [string, string][] = [
        ["accept", accept],
        ["user-agent", `support-bundle/${VERSION}`],
        ...(body === undefined ? [] : [["content-type", "application/json"] as [string, string]]),
        ...credentials.headers,
      ];
      const { http, relay } = clients;
      const used = credentials;
      try {
        // Pairs, not Headers: those would make one group of several that are impersonated.
        const init = { method, body, headers, signal, client: http, redirect: "manual" } as const;
        countSent(body);
        const response = await fetch(base + path, init);
        signedWith.set(response, used);
        return response;
      } catch (cause) {
        signal?.throwIfAborted();
        throw connectionFailure(server, relay?.failure() ?? cause, proxy);
      }
    },
    async webSocket(path, protocols) {
      await freshen();
      const headers: [string, string][] = [["user-agent", `support-bundle/${VERSION}`], ...credentials.headers];
      return new WebSocket(base.replace(/^http/, "ws") + path, { protocols, headers, client: clients.http });
    },
    renew: (refused) => source.renew(signedWith.get(refused) ?? credentials),
    expired: () => expiredSince(credentials, source.clock.now()),
    close() {
      if (given === undefined) source.close();
      for (const { http, relay } of opened.splice(0)) {
        http.close();
        relay?.close();
      }
    },
  };
}

function checkKeyPair({ cert, key }: Credentials): void {
  const hint = "Name both for the user: client-certificate and client-key, or --client-certificate and --client-key";
  if ((cert === undefined) !== (key === undefined)) {
    const what = cert ? "certificate and no key" : "key and no certificate";
    throw new KubeconfigError(`Cannot use the kubeconfig: it has a client ${what}`, { hint });
  }
  const problem = cert === undefined ? undefined : keyPairProblem(cert, key!);
  if (problem !== undefined) throw new KubeconfigError(`Cannot use the client certificate: ${problem}`, { hint });
}

function makeClient(
  { ca, credentials: { cert, key }, relay, proxy }: {
    ca?: string;
    credentials: Credentials;
    relay?: TlsRelay;
    proxy?: ClusterProxy;
  },
): Deno.HttpClient {
  const options = {
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(relay !== undefined
      ? { proxy: { transport: "unix", path: relay.path } as const }
      : proxy !== undefined
      ? { proxy: { url: proxy.url.href } }
      : {}),
    poolIdleTimeout: 30_000,
    // One connection a request: several lists at once share one HTTP/2 connection, and both ends then spend a third more
    // time on the same bytes. WebSockets want it, too.
    http2: false,
  };
  try {
    return cert === undefined || relay !== undefined
      ? createExactHttpClient(options)
      : createExactHttpClient({ ...options, cert, key: key! });
  } catch (cause) {
    throw new KubeconfigError(`Cannot use the certificates of the kubeconfig: ${describeError(cause)}`, {
      cause,
      hint: "Check that the certificate authority, the client certificate and its key are whole",
    });
  }
}

/** Opens a connection as far as it can be without a word of the request, and ends it: to the server, through a tunnel of an
 * HTTP proxy to it, or to a proxy of another sort. */
async function tryWay(
  server: URL,
  proxy: ClusterProxy | undefined,
  { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal?: AbortSignal },
): Promise<void> {
  const timeout = new AbortController();
  const done = new AbortController();
  clock.sleep(timeoutMs, done.signal).then(() => timeout.abort());
  const either = signal === undefined ? timeout.signal : anySignal(signal, timeout.signal);
  try {
    await tryOpen(either, (opened, failed) => {
      if (proxy?.url.protocol === "http:" && server.protocol === "https:") {
        return openTunnel(proxy.url, `${server.hostname}:${server.port || 443}`, { opened, failed });
      }
      const { hostname, port } = addressOf(proxy?.url ?? server);
      return connect({ host: hostname, port }, opened).on("error", failed);
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const late = `no connection within ${timeoutMs / 1000}s`;
    throw connectionFailure(server, timeout.signal.aborted ? late : cause, proxy);
  } finally {
    done.abort();
    if (signal !== undefined) (either as ReturnType<typeof anySignal>)[Symbol.dispose]();
  }
}

async function tryOpen(
  signal: AbortSignal,
  open: (opened: () => void, failed: (error: Error) => void) => Socket,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = open(resolve, reject);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}

/** Where a URL leads. */
export function addressOf({ hostname, port, protocol }: URL): { hostname: string; port: number } {
  const usual = protocol === "https:" ? 443 : protocol === "http:" ? 80 : 1080;
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || usual };
}
