import type net from "node:net";
import { concatBytes } from "../../core/concat_bytes.ts";
import { SupportBundleError } from "../../core/errors.ts";
import { openRelay, type RelayCodec } from "./relay.ts";
import { openSocket, readWhole } from "./socket.ts";
import { beginTls } from "./tls_socket.ts";
import type { TlsTerms } from "./tls_terms.ts";

/** SQL Server speaks TLS inside its own packets: the handshake is wrapped in packets of the kind that opens the session
 * (PRELOGIN), what follows is not. tedious can do that, over a stream of JavaScript, which Deno 2.6 neither lets end nor
 * gives client certificates. So the session is opened here, TLS included, and the client is told that there is none.
 * @see https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tds/60f56408-0188-4cd5-8b90-25c6f2423868 */
const PACKET = { reply: 4, prelogin: 0x12 } as const;
const HEADER_BYTES = 8;
const MAX_PACKET_BYTES = 4096;

const OPTION_ENCRYPTION = 1;
const ENCRYPTION = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

/** A connection for a client that opens its session without encryption. With terms it has TLS underneath.
 * @param needed false: goes on without TLS where the server has none
 * @throws why it cannot be had */
export async function openTdsSocket(
  endpoint: { host: string; port: number },
  { terms, needed }: { terms: TlsTerms; needed: boolean },
  signal: AbortSignal,
): Promise<net.Socket> {
  const far = await openSocket(endpoint, signal);
  try {
    far.write(packets(preloginRequest()));
    const reply = await readWhole(far, messageLength);
    const encryption = encryptionOption(reply);
    const encrypted = reply[encryption] === ENCRYPTION.on || reply[encryption] === ENCRYPTION.required;
    if (!encrypted && needed) throw new SupportBundleError("The server does not offer encryption");
    const open = encrypted ? await beginTls(far, endpoint.host, terms, wrappedHandshake()) : far;
    reply[encryption] = ENCRYPTION.notSupported;
    return await openRelay(open, { codec: withoutFirstMessage(), greeting: reply });
  } catch (error) {
    far.destroy();
    throw error;
  }
}

/** Version, encryption on, no instance, no thread, no parallel result sets: each an option with the place of its bytes. */
function preloginRequest(): Uint8Array {
  const options: [kind: number, bytes: number[]][] = [
    [0, [0, 0, 0, 0, 0, 0]],
    [OPTION_ENCRYPTION, [ENCRYPTION.on]],
    [2, [0]],
    [3, [0, 0, 0, 0]],
    [4, [0]],
  ];
  let at = options.length * 5 + 1;
  const index = options.flatMap(([kind, { length }]) => {
    const entry = [kind, at >> 8, at & 0xff, 0, length];
    at += length;
    return entry;
  });
  return Uint8Array.from([...index, 0xff, ...options.flatMap(([, bytes]) => bytes)]);
}

/** Where in the server's reply the byte lies that says what it thinks of encryption. */
function encryptionOption(reply: Uint8Array): number {
  for (let at = HEADER_BYTES; at + 5 <= reply.length && reply[at] !== 0xff; at += 5) {
    const place = HEADER_BYTES + (reply[at + 1]! << 8 | reply[at + 2]!);
    if (reply[at] === OPTION_ENCRYPTION && place < reply.length) return place;
  }
  throw notTds();
}

/** The length of a reply of one packet, which this one is; undefined until it is there. */
function messageLength(bytes: Uint8Array): number | undefined {
  if (bytes.length > 0 && bytes[0] !== PACKET.reply && bytes[0] !== PACKET.prelogin) throw notTds();
  if (bytes.length < HEADER_BYTES) return undefined;
  const length = bytes[2]! << 8 | bytes[3]!;
  if (length < HEADER_BYTES || (bytes[1]! & 1) === 0) throw notTds();
  return bytes.length < length ? undefined : length;
}

function notTds(): SupportBundleError {
  return new SupportBundleError("The server does not speak SQL Server's protocol");
}

/** One message in as many packets as it takes; the last is marked. */
function packets(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const room = MAX_PACKET_BYTES - HEADER_BYTES;
  for (let at = 0, id = 1; at < body.length; at += room, id++) {
    const part = body.subarray(at, at + room);
    const length = part.length + HEADER_BYTES;
    const last = at + room >= body.length ? 1 : 0;
    parts.push(Uint8Array.of(PACKET.prelogin, last, length >> 8, length & 0xff, 0, 0, id & 0xff, 0), part);
  }
  return concatBytes(parts);
}

const TLS = { changeCipherSpec: 20, handshake: 22, data: 23 } as const;
const TLS_HEADER_BYTES = 5;

/** Wraps what the client says up to its first encrypted data, a flight of records in a message, and unwraps the server's
 * answers. Each side goes over to plain TLS by itself, as the first byte of a record tells from that of a packet. */
export function wrappedHandshake(): RelayCodec {
  let held: Uint8Array = new Uint8Array(); // records of a flight that goes on
  let unread: Uint8Array = new Uint8Array(); // the beginning of a record
  let sent = false;
  let cipherChanged = false;
  let raw = false;
  const toFar = (bytes: Uint8Array): Uint8Array => {
    if (raw) return bytes;
    const out: Uint8Array[] = [];
    const flush = () => {
      if (held.length > 0) out.push(packets(held));
      held = new Uint8Array();
    };
    unread = concatBytes([unread, bytes]);
    while (unread.length >= TLS_HEADER_BYTES) {
      const kind = unread[0];
      const length = TLS_HEADER_BYTES + (unread[3]! << 8 | unread[4]!);
      if (kind === TLS.data) {
        raw = true;
        flush();
        out.push(unread);
        break;
      }
      if (unread.length < length) break;
      held = concatBytes([held, unread.subarray(0, length)]);
      unread = unread.subarray(length);
      // The first record is a flight of its own, and so ends one the record after the change of the cipher.
      if (kind === TLS.changeCipherSpec) cipherChanged = true;
      else if (!sent || cipherChanged || kind !== TLS.handshake) flush();
      sent = true;
    }
    return concatBytes(out);
  };

  let head: Uint8Array = new Uint8Array();
  let left = 0;
  let rawReply = false;
  const toNear = (bytes: Uint8Array): Uint8Array => {
    const out: Uint8Array[] = [];
    while (bytes.length > 0) {
      if (left > 0 || rawReply) {
        const part = rawReply ? bytes : bytes.subarray(0, left);
        out.push(part);
        left -= part.length;
        bytes = bytes.subarray(part.length);
        continue;
      }
      const first = head.length > 0 ? head[0]! : bytes[0]!;
      if (first !== PACKET.reply && first !== PACKET.prelogin) {
        rawReply = true;
        continue;
      }
      const missing = HEADER_BYTES - head.length;
      head = concatBytes([head, bytes.subarray(0, missing)]);
      bytes = bytes.subarray(missing);
      if (head.length < HEADER_BYTES) break;
      left = (head[2]! << 8 | head[3]!) - HEADER_BYTES;
      head = new Uint8Array();
      if (left < 0) throw notTds();
    }
    return concatBytes(out);
  };
  return { toFar, toNear };
}

/** Drops the message with which the client opens the session: it is open. */
function withoutFirstMessage(): RelayCodec {
  let seen: Uint8Array = new Uint8Array();
  let open = false;
  return {
    toFar: (bytes) => {
      if (open) return bytes;
      seen = concatBytes([seen, bytes]);
      const length = messageLength(seen);
      if (length === undefined) return new Uint8Array();
      open = true;
      return seen.subarray(length);
    },
    toNear: (bytes) => bytes,
  };
}
