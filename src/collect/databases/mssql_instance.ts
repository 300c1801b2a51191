import { createSocket } from "node:dgram";
import { SupportBundleError } from "../../core/errors.ts";

const BROWSER_PORT = 1434;
const ATTEMPTS = 3;

/** Asks a server's browser service on which port an instance listens. Datagrams get lost: it is asked again each second.
 * @see https://learn.microsoft.com/en-us/openspecs/windows_protocols/mc-sqlr
 * @throws when it does not say, or the signal's reason */
export function instancePort(
  host: string,
  instance: string,
  signal: AbortSignal,
  browserPort = BROWSER_PORT,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const request = new TextEncoder().encode(`\x04${instance}\0`);
  let attempts = 0;
  const ask = () => {
    if (attempts++ < ATTEMPTS) return socket.send(request, browserPort, host, (error) => error && reject(error));
    reject(new SupportBundleError(`The browser service (UDP port ${browserPort}) does not answer for the instance`));
  };
  const timer = setInterval(ask, 1000);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  socket.on("error", reject);
  socket.on("message", (message) => {
    const port = portOf(message);
    if (port === undefined) reject(new SupportBundleError("The browser service names no TCP port for the instance"));
    else resolve(port);
  });
  ask();
  return promise.finally(() => {
    clearInterval(timer);
    signal.removeEventListener("abort", abort);
    socket.close();
  });
}

/** `ServerName;…;InstanceName;…;tcp;1433;;` behind three bytes; undefined without a TCP port. */
export function portOf(message: Uint8Array): number | undefined {
  const words = new TextDecoder("latin1").decode(message.subarray(3)).split(";");
  for (let i = 0; i + 1 < words.length; i += 2) {
    const port = Number(words[i + 1]);
    if (words[i]?.toLowerCase() === "tcp" && port > 0 && port < 65_536) return port;
  }
  return undefined;
}
