import net from "node:net";
import { Transform } from "node:stream";
import { leftAlone, untilEvent } from "./socket.ts";

/** What a relay does to the bytes that pass it; both are called with every chunk, in order. */
export interface RelayCodec {
  toFar: (bytes: Uint8Array) => Uint8Array;
  toNear: (bytes: Uint8Array) => Uint8Array;
}

export interface RelayOptions {
  codec?: RelayCodec;
  /** Bytes that the near end gets before all others. */
  greeting?: Uint8Array;
}

/** Puts a loopback connection in front of `far`: what the near end, which it returns, is given goes there and back, and each
 * ends with the other. The near end reads nothing before its user does.
 *
 * In Deno 2.6 a TLS handshake that has begun cannot be broken off from its own side: `destroy()` neither ends it nor frees
 * its socket. Begun on the near end, it ends when `far` is destroyed. And a connection that reads before TLS begins on it
 * loses the first bytes of the handshake. */
export async function openRelay(far: net.Socket, { codec, greeting }: RelayOptions = {}): Promise<net.Socket> {
  const server = net.createServer((middle) => {
    server.close();
    middle.on("error", () => far.destroy());
    middle.on("close", () => far.destroy());
    if (far.destroyed) return middle.destroy();
    far.on("close", () => far.readableEnded ? middle.end() : middle.destroy());
    if (greeting !== undefined) middle.write(greeting);
    if (codec === undefined) {
      middle.pipe(far);
      far.pipe(middle);
    } else {
      middle.pipe(transforming(codec.toFar)).pipe(far);
      far.pipe(transforming(codec.toNear)).pipe(middle);
    }
  });
  far.on("error", () => {});
  far.once("close", () => server.close());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const near = net.connect({ host: "127.0.0.1", port: (server.address() as net.AddressInfo).port });
  near.pause();
  await untilEvent(near, "connect");
  return leftAlone(near);
}

function transforming(change: (bytes: Uint8Array) => Uint8Array): Transform {
  return new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      try {
        const bytes = change(chunk);
        callback(null, bytes.length > 0 ? bytes : undefined);
      } catch (error) {
        callback(error as Error);
      }
    },
  });
}
