import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { SupportBundleError } from "../core/errors.ts";
import { createExactHttpClient } from "../core/http_client.ts";

/** As PEM texts. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/** Sends a request to an https server whose certificate is not checked (`insecureSkipVerify`).
 *
 * fetch has no such option, and node:https fails when it is set; node:tls can. So a relay of this process speaks TLS to
 * the server, and fetch speaks to the relay in the clear: over a Unix socket that only this user can reach, on Windows
 * over a loopback port that takes one connection. */
export async function sendUnverified(
  url: URL,
  { method, headers, body }: { method: string; headers: Headers; body?: string },
  proxy: URL | undefined,
  signal: AbortSignal,
  clientCertificate?: ClientCertificate,
): Promise<Response> {
  const relay = await openRelay(await connectTls(url, proxy, signal, clientCertificate));
  const client = createExactHttpClient({ allowHost: true, proxy: relay.address });
  const done = async () => {
    client.close();
    await relay.close();
  };
  try {
    const plain = `http://${url.host}${url.pathname}${url.search}`;
    const sent = new Headers(headers);
    sent.set("connection", "close");
    const response = await fetch(plain, { method, headers: sent, body, client, signal, redirect: "manual" });
    if (response.body !== null) {
      const { status, headers } = response;
      return new Response(endingWith(response.body, done), { status, headers });
    }
    await done();
    return response;
  } catch (error) {
    await done();
    signal.throwIfAborted();
    throw relay.failure() ?? error;
  }
}

/** The same bytes; `done` is called when they have ended, failed or are no longer wanted. */
function endingWith(stream: ReadableStream<Uint8Array>, done: () => Promise<void>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let value: Uint8Array | undefined;
      try {
        value = (await reader.read()).value;
      } catch (error) {
        await done();
        throw error;
      }
      if (value !== undefined) return controller.enqueue(value);
      await done();
      controller.close();
    },
    async cancel(reason) {
      await reader.cancel(reason).catch(() => {});
      await done();
    },
  }, { highWaterMark: 0 });
}

interface Relay {
  address: Deno.Proxy;
  /** Why the connection to the server failed. */
  failure(): Error | undefined;
  close(): Promise<void>;
}

/** A local address that takes one connection and passes its bytes to `upstream` and back. */
async function openRelay({ socket: upstream, failure }: Upstream): Promise<Relay> {
  const folder = Deno.build.os === "windows" ? undefined : await mkdtemp(join(tmpdir(), "support-bundle-relay-"));
  let near: net.Socket | undefined;
  const server = net.createServer((socket) => {
    server.close();
    near = socket;
    if (upstream.destroyed) return socket.destroy();
    socket.on("error", () => upstream.destroy());
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
  upstream.on("error", () => near?.destroy());
  upstream.on("close", () => near?.end());
  const close = async () => {
    server.close();
    near?.destroy();
    upstream.destroy();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      if (folder !== undefined) server.listen(join(folder, "s"), resolve);
      else server.listen(0, "127.0.0.1", resolve);
    });
  } catch (error) {
    await close();
    throw error;
  }
  const address: Deno.Proxy = folder !== undefined
    ? { transport: "unix", path: join(folder, "s") }
    : { transport: "tcp", hostname: "127.0.0.1", port: (server.address() as net.AddressInfo).port };
  return { address, failure, close };
}

interface Upstream {
  socket: tls.TLSSocket;
  /** Deno says "secureConnect" before the handshake: that it failed is heard of afterwards. */
  failure(): Error | undefined;
}

async function connectTls(
  url: URL,
  proxy: URL | undefined,
  signal: AbortSignal,
  clientCertificate: ClientCertificate | undefined,
): Promise<Upstream> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || 443);
  let failure: Error | undefined;
  return await settled<Upstream>(signal, (resolve, reject) => {
    const secure = (through: { host: string; port: number } | { socket: net.Socket }) => {
      const socket = tls.connect({
        ...through,
        ...(net.isIP(host) ? {} : { servername: host }),
        ...clientCertificate,
        rejectUnauthorized: false,
        minVersion: "TLSv1.2",
        ALPNProtocols: ["http/1.1"],
      }, () => resolve({ socket, failure: () => failure }));
      socket.on("error", (error) => {
        failure = error;
        reject(error);
      });
      return socket;
    };
    if (proxy === undefined) return secure({ host, port });
    return openTunnel(proxy, `${url.hostname}:${port}`, (socket) => secure({ socket }), reject);
  });
}

/** Asks an HTTP proxy for a connection to `target`.
 * @param then called within the event that brought the proxy's answer: a later one would find the socket reading on, and
 * the server's first bytes gone */
function openTunnel(
  proxy: URL,
  target: string,
  then: (tunnel: net.Socket) => void,
  reject: (error: unknown) => void,
): net.Socket {
  if (proxy.protocol !== "http:") {
    throw new SupportBundleError(
      `insecureSkipVerify works through an http proxy only, and "${proxy.protocol}//${proxy.host}" is none`,
      { code: "NOT_SUPPORTED" },
    );
  }
  const user = decodeURIComponent(proxy.username);
  const authorization = user === ""
    ? ""
    : `Proxy-Authorization: Basic ${btoa(`${user}:${decodeURIComponent(proxy.password)}`)}\r\n`;
  const socket = net.connect({ host: proxy.hostname, port: Number(proxy.port || 80) }, () => {
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  });
  socket.on("error", reject);
  let head = "";
  const read = (chunk: Uint8Array) => {
    head += new TextDecoder("latin1").decode(chunk);
    if (!head.includes("\r\n\r\n") && head.length < 16_384) return;
    socket.off("data", read);
    const status = /^HTTP\/1\.\d (\d{3})/.exec(head)?.[1];
    if (status === "200") then(socket);
    else reject(new SupportBundleError(`The proxy ${proxy.host} answered ${status ?? "no HTTP"} to CONNECT`));
  };
  socket.on("data", read);
  return socket;
}

/** Waits for `resolve` or `reject`; on failure and abort the socket is destroyed. */
async function settled<T>(
  signal: AbortSignal,
  open: (resolve: (opened: T) => void, reject: (error: unknown) => void) => net.Socket,
): Promise<T> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const socket = open(resolve, reject);
  // A connection that the other side ends brings no error event.
  for (const event of ["end", "close"]) {
    socket.on(event, () => reject(new SupportBundleError("The connection was closed without an answer")));
  }
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
