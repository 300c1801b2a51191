import { readExactly, whileOpen } from "./open_socket.ts";
import { abortable } from "../../../core/abortable.ts";
import { concatBytes } from "../../../core/concat_bytes.ts";
import type { Clock } from "../../../core/clock.ts";
import { startDeadline } from "../../deadline.ts";
import { dial } from "./dial.ts";
import { decodeReply, type DnsReply, encodeQuestion, type RecordType } from "./dns_message.ts";

const TIMEOUT_MS = 5_000;

export interface DnsServer {
  hostname: string;
  port: number;
}

/** Asks one server for one record, over UDP, and over TCP when the reply does not fit.
 * @returns undefined when the name cannot be asked for
 * @throws what the system says; `TimeoutError` when there is no reply in time; the signal's reason when aborted */
export async function askDns(
  server: DnsServer,
  name: string,
  type: RecordType,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<DnsReply | undefined> {
  const id = crypto.getRandomValues(new Uint16Array(1))[0]!;
  const question = encodeQuestion(id, name, type);
  if (question === undefined) return undefined;
  using deadline = startDeadline(clock, TIMEOUT_MS, signal);
  const reply = await askOverUdp(server, question, id, deadline.signal);
  if (!reply.truncated) return reply;
  return await askOverTcp(server, question, id, { clock, signal: deadline.signal });
}

async function askOverUdp(server: DnsServer, question: Uint8Array, id: number, signal: AbortSignal): Promise<DnsReply> {
  const local = server.hostname.includes(":") ? "::" : "0.0.0.0";
  const socket = Deno.listenDatagram({ transport: "udp", hostname: local, port: 0 });
  try {
    await socket.send(question, { transport: "udp", ...server });
    while (true) {
      const [message, from] = await abortable(socket.receive(), signal);
      if ((from as Deno.NetAddr).port !== server.port) continue;
      const reply = decodeReply(message, id);
      if (reply !== undefined) return reply;
    }
  } finally {
    socket.close();
  }
}

const ENDED = "the server ended the connection";

async function askOverTcp(
  server: DnsServer,
  question: Uint8Array,
  id: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<DnsReply> {
  const connection = await dial(server, TIMEOUT_MS, { clock, signal });
  return await whileOpen(connection, signal, async () => {
    const sized = concatBytes([new Uint8Array([question.length >> 8, question.length & 0xff]), question]);
    for (let at = 0; at < sized.length;) at += await connection.write(sized.subarray(at));
    const [high = 0, low = 0] = await readExactly(connection, 2, ENDED);
    const reply = decodeReply(await readExactly(connection, high * 256 + low, ENDED), id);
    if (reply === undefined) throw new Error("the reply is to another question");
    return reply;
  });
}
