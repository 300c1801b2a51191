import { connect, type Socket } from "node:net";
import { SupportBundleError } from "./errors.ts";

const MAX_HEAD_BYTES = 16 * 1024;

/** A proxy's address for messages: without the user and the password in it. */
export function shownProxy(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`;
}

/** Asks an HTTP proxy (`http://`) for a connection.
 * @param to `HOST:PORT`, which the proxy looks up
 * @param opened called within the event that brought the proxy's answer: a later one would find the socket reading on, and
 * the first bytes of what comes through it gone
 * @param failed called once, unless `opened` was; destroying the socket is the caller's part
 * @returns the connection, not usable before `opened` */
export function openTunnel(
  proxy: URL,
  to: string,
  { opened, failed }: { opened(tunnel: Socket): void; failed(error: Error): void },
): Socket {
  const socket = connect({ host: proxy.hostname.replace(/^\[|\]$/g, ""), port: Number(proxy.port || 80) }, () => {
    socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization(proxy)}\r\n`);
  });
  let settled = false;
  const fail = (error: Error) => {
    if (settled) return;
    settled = true;
    failed(error);
  };
  socket.on("error", fail);
  // A connection that the other side ends brings no error.
  for (const event of ["end", "close"]) socket.on(event, () => fail(refusal("it closed the connection")));
  let head = "";
  const read = (chunk: Uint8Array) => {
    head += new TextDecoder("latin1").decode(chunk);
    if (!head.includes("\r\n\r\n") && head.length < MAX_HEAD_BYTES) return;
    socket.off("data", read);
    const [, status, words = ""] = /^HTTP\/1\.\d (\d{3})[ \t]*([^\r\n]*)/.exec(head) ?? [];
    if (settled) return;
    if (status === undefined) return fail(refusal("it does not answer as a proxy"));
    if (!status.startsWith("2")) return fail(refusal(`it answered ${status} ${words.slice(0, 100)}`.trim(), status));
    settled = true;
    opened(socket);
  };
  socket.on("data", read);
  return socket;
}

function refusal(message: string, status?: string): Error {
  return new SupportBundleError(message, {
    code: "PROXY",
    ...(status === "407"
      ? { hint: "Name a user and a password in the proxy's address: http://USER:PASSWORD@HOST:PORT" }
      : {}),
  });
}

function authorization(proxy: URL): string {
  if (proxy.username === "") return "";
  const account = new TextEncoder().encode(
    `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
  );
  return `Proxy-Authorization: Basic ${account.toBase64()}\r\n`;
}
