/** What a server has for a name and a type: records of a type, or silence. */
export type Zone = Record<string, { type: 1 | 5 | 28; ttl: number; data: number[] }[] | "silent" | "truncated">;

/** A DNS server on a port of 127.0.0.1, over UDP and TCP. Keys of its zone are `name. type`; it has no other names.
 * Answers point back at the question's name.
 * @param asked is given the keys that it was asked for */
export function startDnsServer(zone: Zone, asked: string[] = []): { port: number } & AsyncDisposable {
  const { socket, listener, port } = listenOnBoth();
  const reply = (question: Uint8Array, overTcp: boolean): Uint8Array | undefined => {
    const { name, type, end } = readQuestion(question);
    const key = `${name} ${type}`;
    asked.push(overTcp ? `${key} tcp` : key);
    const found = zone[overTcp ? `${key} tcp` : key];
    if (found === "silent") return undefined;
    const records = found === undefined || found === "truncated" ? [] : found;
    const header = [question[0]!, question[1]!, found === "truncated" ? 0x83 : 0x81, found === undefined ? 0x83 : 0x80];
    const counts = [0, 1, 0, records.length, 0, 0, 0, 0];
    const answers = records.flatMap(({ type, ttl, data }) => [
      ...[0xc0, 0x0c, 0, type, 0, 1],
      ...[ttl >>> 24, ttl >>> 16, ttl >>> 8, ttl].map((byte) => byte & 0xff),
      ...[data.length >> 8, data.length & 0xff],
      ...data,
    ]);
    return new Uint8Array([...header, ...counts, ...question.subarray(12, end), ...answers]);
  };
  const overUdp = (async () => {
    for await (const [message, from] of socket) {
      const answer = reply(message, false);
      if (answer === undefined) continue;
      await socket.send(new Uint8Array([0, 0, 0x81, 0x80, 0, 0]), from); // not for this question
      await socket.send(answer, from);
    }
  })();
  const overTcp = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(512);
      const length = await connection.read(buffer);
      const answer = reply(buffer.subarray(2, length!), true);
      if (answer) await connection.write(new Uint8Array([answer.length >> 8, answer.length & 0xff, ...answer]));
      connection.close();
    }
  })();
  return {
    port,
    async [Symbol.asyncDispose]() {
      socket.close();
      listener.close();
      await Promise.all([overUdp, overTcp]);
    },
  };
}

function readQuestion(message: Uint8Array): { name: string; type: number; end: number } {
  let name = "";
  let at = 12;
  for (; message[at]! > 0; at += message[at]! + 1) {
    name += new TextDecoder().decode(message.subarray(at + 1, at + 1 + message[at]!)) + ".";
  }
  return { name, type: message[at + 2]!, end: at + 5 };
}

/** A port that is free for UDP may be somebody's for TCP. */
function listenOnBoth() {
  for (let tries = 1;; tries++) {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { port } = socket.addr as Deno.NetAddr;
    try {
      return { socket, listener: Deno.listen({ hostname: "127.0.0.1", port }), port };
    } catch (error) {
      socket.close();
      if (!(error instanceof Deno.errors.AddrInUse) || tries === 20) throw error;
    }
  }
}
