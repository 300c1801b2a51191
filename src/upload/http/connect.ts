import { denoProxy, type EnvironmentProxy, environmentProxy } from "../../core/environment_proxy.ts";
import { readHead } from "./read_answer.ts";
import { HttpFailure } from "./http_failure.ts";

export interface ConnectOptions {
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** PEM; trusted beside the system's. */
  caCerts?: string[];
}

/** A way to a server: a connection of our own, through a proxy or not. */
export interface Route {
  conn: Deno.Conn;
  /** True: requests name the whole URL, as a proxy wants them for `http:`. */
  absolute: boolean;
  /** Of a proxy that wants one. */
  proxyAuthorization?: string;
}

/** The proxies through which {@linkcode connect} finds its way: those that are spoken to in the clear over HTTP. */
export function canConnectBy(proxy: EnvironmentProxy | undefined): boolean {
  return proxy === undefined || proxy.url.protocol === "http:";
}

/** Opens a connection to the server of a URL, by the proxy that the environment names for it, and within TLS for `https:`.
 * The caller closes it.
 * @throws what Deno throws for connections, or {@linkcode HttpFailure} of the proxy */
export async function connect(url: URL, { env, signal, caCerts }: ConnectOptions): Promise<Route> {
  signal.throwIfAborted();
  const proxy = environmentProxy(url, env);
  const secure = url.protocol === "https:";
  const tcp = await open(proxy?.url ?? url, signal);
  const close = () => closeQuietly(conn);
  let conn: Deno.Conn = tcp;
  signal.addEventListener("abort", close, { once: true });
  try {
    const authorization = proxy === undefined ? undefined : proxyAuthorization(proxy.url);
    if (!secure) return { conn, absolute: proxy !== undefined, proxyAuthorization: authorization };
    if (proxy !== undefined) await tunnel(tcp, `${url.hostname}:${portOf(url)}`, authorization);
    const tls = await Deno.startTls(tcp, { hostname: bare(url.hostname), caCerts, alpnProtocols: ["http/1.1"] });
    conn = tls;
    await tls.handshake();
    return { conn, absolute: false };
  } catch (error) {
    closeQuietly(conn);
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

async function open(to: URL, signal: AbortSignal): Promise<Deno.TcpConn> {
  try {
    return await Deno.connect({ hostname: bare(to.hostname), port: Number(portOf(to)), signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

async function tunnel(conn: Deno.Conn, to: string, authorization: string | undefined): Promise<void> {
  const credentials = authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;
  await writeAll(conn, new TextEncoder().encode(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${credentials}\r\n`));
  const { status } = await readHead(conn);
  if (status < 200 || status > 299) throw new HttpFailure(status, `the proxy answered ${status}`);
}

function proxyAuthorization(proxy: URL): string | undefined {
  const { basicAuth } = denoProxy(proxy) as { basicAuth?: { username: string; password: string } };
  if (basicAuth === undefined) return undefined;
  return `Basic ${new TextEncoder().encode(`${basicAuth.username}:${basicAuth.password}`).toBase64()}`;
}

/** @throws when the other side has gone away */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await conn.write(bytes.subarray(written));
}

export function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
