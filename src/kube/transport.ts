import { anySignal } from "../core/any_signal.ts";
import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { type Credentials, loadCredentials, pem } from "./credentials.ts";
import { KubeconfigError, KubeUnreachableError } from "./errors.ts";
import type { KubeTarget } from "./kubeconfig.ts";
import { startTlsRelay, type TlsRelay } from "./tls_relay.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_TIMEOUT_MS = 2_000;
/** A certificate can have hundreds of names. */
const MAX_DETAIL = 400;

/** A way to send signed requests to one API server. */
export interface Transport {
  /** `fetch` with the credentials added. Other answers than 2xx are returned, not thrown.
   * @throws {KubeUnreachableError} when there is no answer */
  request(
    path: string,
    init: { method: string; body?: string; accept?: string; signal?: AbortSignal },
  ): Promise<Response>;
  /** A WebSocket to a path such as `/api/v1/namespaces/x/pods/y/exec?command=ls`. */
  webSocket(path: string, protocols: string[]): WebSocket;
  /** Fetches the credentials again.
   * @returns false when that cannot give other ones */
  renew(): Promise<boolean>;
  close(): void;
}

/** Connects: reads certificates and credentials, and tries the server's port once, so that a dead address is known after
 * ten seconds instead of the minutes that the operating system takes. */
export async function openTransport(
  target: KubeTarget,
  env: Readonly<Record<string, string>>,
  reconnect: boolean,
  signal?: AbortSignal,
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
  let credentials = await loadCredentials(target, env);
  const proxied = cluster["proxy-url"] !== undefined || usesProxy(env);
  if (!proxied) await probe(server, reconnect ? RECONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_MS, signal);

  // What Deno's own TLS cannot do (no verification, another name) is done by a relay that fetch speaks to in the clear.
  const special = server.protocol === "https:" &&
    (cluster["insecure-skip-tls-verify"] === true || cluster["tls-server-name"] !== undefined);
  if (special && cluster["proxy-url"] !== undefined) {
    throw new KubeconfigError(
      "Cannot use the proxy of the kubeconfig together with insecure-skip-tls-verify or tls-server-name",
      { hint: "Give the cluster a certificate authority, and a server whose name is in its certificate" },
    );
  }
  const open = async () => {
    const relay = special ? await startTlsRelay(server, { ca, credentials, cluster }) : undefined;
    try {
      return { relay, ...makeClients(cluster["proxy-url"], ca, credentials, relay) };
    } catch (error) {
      relay?.close();
      throw error;
    }
  };
  let clients = await open();
  const base = (special ? `http://${server.host}` : server.origin) + server.pathname.replace(/\/$/, "");

  return {
    async request(path, { method, body, accept = "application/json", signal }) {
      const headers = new Headers({ accept, "user-agent": `support-bundle/${VERSION}` });
      if (body !== undefined) headers.set("content-type", "application/json");
      for (const [name, value] of credentials.headers) headers.append(name, value);
      try {
        return await fetch(base + path, { method, body, headers, signal, client: clients.http, redirect: "manual" });
      } catch (cause) {
        signal?.throwIfAborted();
        throw unreachable(server, clients.relay?.failure() ?? cause);
      }
    },
    webSocket(path, protocols) {
      const headers: [string, string][] = [["user-agent", `support-bundle/${VERSION}`], ...credentials.headers];
      const url = base.replace(/^http/, "ws") + path;
      return new WebSocket(url, { protocols, headers, client: clients.webSocket });
    },
    async renew() {
      if (!credentials.renewable) return false;
      const fresh = await loadCredentials(target, env);
      const rebuilt = fresh.cert !== credentials.cert;
      credentials = fresh;
      if (rebuilt) {
        clients.close();
        clients = await open();
      }
      return true;
    },
    close: () => clients.close(),
  };
}

function makeClients(
  proxyUrl: string | undefined,
  ca: string | undefined,
  { cert, key }: Credentials,
  relay: TlsRelay | undefined,
) {
  const options = {
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(relay !== undefined
      ? { proxy: { transport: "unix", path: relay.path } as const }
      : proxyUrl !== undefined
      ? { proxy: { url: proxyUrl } }
      : {}),
    poolIdleTimeout: 30_000,
  };
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeconfigError(
      `Cannot use the kubeconfig: it has a client ${cert ? "certificate and no key" : "key and no certificate"}`,
    );
  }
  const pair = cert !== undefined && key !== undefined && relay === undefined ? { cert, key } : undefined;
  const create = (more: Deno.CreateHttpClientOptions) =>
    pair === undefined
      ? Deno.createHttpClient({ ...options, ...more })
      : Deno.createHttpClient({ ...options, ...more, ...pair });
  let http: Deno.HttpClient;
  let webSocket: Deno.HttpClient;
  try {
    http = create({});
    webSocket = create({ http2: false });
  } catch (cause) {
    throw new KubeconfigError(`Cannot use the certificates of the kubeconfig: ${describeError(cause)}`, {
      cause,
      hint:
        "Check that the certificate authority, the client certificate and its key are PEM, and the key not encrypted",
    });
  }
  return {
    http,
    webSocket,
    close() {
      http.close();
      webSocket.close();
      relay?.close();
    },
  };
}

async function probe(server: URL, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const either = signal === undefined ? timeout.signal : anySignal(signal, timeout.signal);
  try {
    const connection = await Deno.connect({
      hostname: server.hostname.replace(/^\[|\]$/g, ""),
      port: Number(server.port) || (server.protocol === "http:" ? 80 : 443),
      signal: either,
    });
    connection.close();
  } catch (cause) {
    signal?.throwIfAborted();
    if (timeout.signal.aborted) throw unreachable(server, `no connection within ${timeoutMs / 1000}s`);
    throw unreachable(server, cause);
  } finally {
    clearTimeout(timer);
  }
}

function usesProxy(env: Readonly<Record<string, string>>): boolean {
  return ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].some((name) => env[name]);
}

function unreachable(server: URL, cause: unknown): KubeUnreachableError {
  const detail = (typeof cause === "string" ? cause : shorten(describeError(cause))).slice(0, MAX_DETAIL);
  const tls = /certificate|UnknownIssuer|NotValidForName|CaUsedAsEndEntity|handshake|tls/i.test(detail);
  return new KubeUnreachableError(`Cannot reach the API server ${server.origin}: ${detail}`, {
    cause,
    ...(tls
      ? { hint: "Check the certificate authority of the cluster (--certificate-authority) and the server's name" }
      : {}),
  });
}

/** Fetch's own messages name the request twice; what comes last is the reason. */
function shorten(message: string): string {
  return message.replace(/^.*?error sending request.*?for [^:]*:\/\/\S+ ?(?:\([^)]*\))?:? ?/s, "") || message;
}
