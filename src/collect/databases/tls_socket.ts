import type net from "node:net";
import tls from "node:tls";
import { openRelay, type RelayCodec } from "./relay.ts";
import { type Endpoint, leftAlone, openSocket, untilEvent } from "./socket.ts";
import { tlsOptions, type TlsTerms } from "./tls_terms.ts";

/** A connection with TLS where terms are given, without where none are. Comes back when the server has been verified, and
 * ends with its signal.
 * @throws why it cannot be had */
export async function openMaybeTls(
  endpoint: Endpoint,
  terms: TlsTerms | undefined,
  signal: AbortSignal,
): Promise<net.Socket> {
  const socket = await openSocket(endpoint, signal);
  return terms === undefined || !("host" in endpoint) ? socket : await beginTls(socket, endpoint.host, terms);
}

/** Begins TLS on a connection from which nothing is read any more, and comes back when the server has been verified. Each
 * ends with the other.
 * @param codec how the server wants the bytes of the handshake wrapped
 * @throws why it was not verified */
export async function beginTls(
  far: net.Socket,
  host: string,
  terms: TlsTerms,
  codec?: RelayCodec,
): Promise<tls.TLSSocket> {
  try {
    const options = tlsOptions(terms, host);
    const near = await openRelay(far, { codec });
    const socket = tls.connect({ ...options, socket: near });
    await untilEvent(socket, "secureConnect");
    await handshake(socket);
    return leftAlone(socket);
  } catch (error) {
    far.destroy();
    throw error;
  }
}

/** Deno says "secureConnect" before the handshake, and a failed handshake makes the first write fail with
 * `write UNKNOWN`. This waits for the handshake's own end and throws the reason; on a connection that has failed already
 * it tells that reason. */
export async function handshake(socket: tls.TLSSocket): Promise<void> {
  const handle = (socket as unknown as { _handle?: Record<symbol, { handshake?(): Promise<unknown> }> })._handle;
  if (!handle) return;
  const base = Object.getOwnPropertySymbols(handle).find(({ description }) => description === "kStreamBaseField");
  if (base !== undefined) await handle[base]?.handshake?.();
}
