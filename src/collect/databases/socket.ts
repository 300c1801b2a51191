import net from "node:net";
import { concatBytes } from "../../core/concat_bytes.ts";
import { SupportBundleError } from "../../core/errors.ts";

/** Where a server listens: a port of a host, or a Unix socket. */
export type Endpoint = { host: string; port: number } | { path: string };

/** What no answer to a question for a version or some variables comes near to. */
const MAX_RECEIVED_BYTES = 20_000_000;

/** A connection that ends with its signal, and when the server sends more than 20 MB.
 * @throws what the system says, or the signal's reason */
export async function openSocket(endpoint: Endpoint, signal: AbortSignal): Promise<net.Socket> {
  signal.throwIfAborted();
  const socket = net.connect(endpoint);
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", abort));
  limitReceived(socket);
  await untilEvent(socket, "connect");
  return leftAlone(socket);
}

/** Clients tune a socket in callbacks of their own. In Deno that throws when the connection has ended by then, where
 * nobody can catch it. */
export function leftAlone<S extends net.Socket>(socket: S): S {
  return Object.assign(socket, { setNoDelay: () => socket, setKeepAlive: () => socket });
}

/** Resolves with the event.
 * @throws when an error or the end comes first */
export function untilEvent(socket: net.Socket, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    // It stays: an error that nobody hears would end the process, and between two users of the socket nobody does.
    socket.on("error", reject);
    socket.once("close", () => reject(closed()));
  });
}

/** Waits for the first bytes and as many more as `isWhole` wants; what follows is left for the next reader.
 * @throws when the connection ends before */
export function readWhole(socket: net.Socket, isWhole: (bytes: Uint8Array) => number | undefined): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let bytes: Uint8Array = new Uint8Array();
    const read = (chunk: Uint8Array) => {
      bytes = concatBytes([bytes, chunk]);
      try {
        const length = isWhole(bytes);
        if (length === undefined) return;
        socket.off("data", read);
        socket.pause();
        if (length < bytes.length) socket.unshift(bytes.slice(length));
        resolve(bytes.slice(0, length));
      } catch (error) {
        socket.off("data", read);
        reject(error);
      }
    };
    socket.on("data", read);
    socket.once("error", reject);
    socket.once("close", () => reject(closed()));
    socket.resume();
  });
}

function closed(): SupportBundleError {
  return new SupportBundleError("The server closed the connection");
}

function limitReceived(socket: net.Socket): void {
  const push = socket.push.bind(socket);
  let left = MAX_RECEIVED_BYTES;
  // A listener for "data" would start the flow before the client listens.
  socket.push = (chunk, encoding) => {
    left -= chunk?.length ?? 0;
    if (left >= 0) return push(chunk, encoding);
    socket.destroy(new SupportBundleError(`The server sent more than ${MAX_RECEIVED_BYTES} bytes`));
    return false;
  };
}
