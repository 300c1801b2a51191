import type { Socket } from "node:net";
import { SupportBundleError } from "../../core/errors.ts";
import { PacketReader, PacketWriter } from "./clickhouse_packets.ts";

/** The revision that this client says it has. Servers speak to a client in the form of its revision, and this one, from
 * 2017, spares both sides most fields: it has time zone and quota key, and neither display name nor write statistics. */
const REVISION = 54_213;
const REVISION_WITH_TIMEZONE = 54_058;
const REVISION_WITH_QUOTA_KEY = 54_060;

const CLIENT = { hello: 0, query: 1, data: 2, ping: 4 } as const;
const SERVER = { hello: 0, data: 1, exception: 2, progress: 3, pong: 4, end: 5, profile: 6 } as const;

const CLIENT_NAME = "support-bundle";
/** Packets before an answer: a handful. */
const MAX_PACKETS = 1000;

export interface ClickhouseLogin {
  user: string;
  password?: string;
  database: string;
}

/** Logs in, pings, and asks a query whose answer is one text, in ClickHouse's own protocol.
 * @see https://clickhouse.com/docs/resources/develop-contribute/native-protocol/protocol
 * @throws {SupportBundleError} what the server says is wrong, or that it speaks something else */
export async function askClickhouse(socket: Socket, login: ClickhouseLogin, query: string): Promise<string> {
  const reader = new PacketReader(socket);
  const writer = new PacketWriter();
  writer.number(CLIENT.hello).text(CLIENT_NAME).number(1).number(0).number(REVISION);
  writer.text(login.database).text(login.user).text(login.password ?? "");
  socket.write(writer.take());
  await readHello(reader);

  socket.write(writer.number(CLIENT.ping).take());
  await untilPacket(reader, SERVER.pong);

  socket.write(queryPackets(writer, query));
  for (let i = 0; i < MAX_PACKETS; i++) {
    await untilPacket(reader, SERVER.data);
    const text = await readBlock(reader); // the first block may only name the columns
    if (text !== undefined) return text;
  }
  throw endless();
}

function queryPackets(writer: PacketWriter, query: string): Uint8Array {
  writer.number(CLIENT.query).text(""); // no id of its own
  writer.byte(1).text("").text("").text("[::ffff:127.0.0.1]:0"); // the first of its kind, on behalf of nobody
  writer.byte(1).text("").text("").text(CLIENT_NAME).number(1).number(0).number(REVISION).text(""); // over TCP, no quota key
  writer.text(""); // no settings
  writer.number(2).number(0).text(query); // to the end, uncompressed
  writer.number(CLIENT.data).text("").number(0).number(0).number(0); // no further tables: a block of nothing
  return writer.take();
}

async function readHello(reader: PacketReader): Promise<void> {
  const kind = await reader.byte();
  if (kind === SERVER.exception) throw await readException(reader);
  if (kind !== SERVER.hello) {
    throw new SupportBundleError(
      kind === "H".charCodeAt(0)
        ? "The port speaks HTTP: the native protocol has one of its own, mostly 9000"
        : "The server does not speak ClickHouse's native protocol",
    );
  }
  await reader.text(); // the server's name, and two parts of its version
  await reader.number();
  await reader.number();
  const revision = await reader.number();
  if (revision < REVISION_WITH_QUOTA_KEY) {
    throw new SupportBundleError(`The server is too old: it speaks revision ${revision} of ClickHouse's protocol`);
  }
  if (revision >= REVISION_WITH_TIMEZONE) await reader.text();
}

/** Reads up to the wanted packet's kind, past what servers tell of their progress. */
async function untilPacket(reader: PacketReader, wanted: number): Promise<void> {
  for (let i = 0; i < MAX_PACKETS; i++) {
    const kind = await reader.number();
    switch (kind) {
      case wanted:
        return;
      case SERVER.progress:
        for (let n = 0; n < 3; n++) await reader.number();
        break;
      case SERVER.profile:
        for (let n = 0; n < 3; n++) await reader.number();
        await reader.byte();
        await reader.number();
        await reader.byte();
        break;
      case SERVER.exception:
        throw await readException(reader);
      case SERVER.end:
        throw new SupportBundleError("The server's answer is empty");
      default:
        throw new SupportBundleError(`The server sent a packet of a kind that is not known here (${kind})`);
    }
  }
  throw endless();
}

/** The text of a block with one text; undefined for one without rows. */
async function readBlock(reader: PacketReader): Promise<string | undefined> {
  await reader.text(); // name of the table
  for (let field = await reader.number(); field !== 0; field = await reader.number()) {
    await reader.bytes(field === 1 ? 1 : 4); // is_overflows, bucket_num
  }
  const [columns, rows] = [await reader.number(), await reader.number()];
  if (columns > 1 || rows > 1) throw new SupportBundleError("The server's answer is not one text");
  if (columns === 0) return undefined;
  await reader.text(); // name of the column
  const type = await reader.text();
  if (rows === 0) return undefined;
  if (type !== "String") throw new SupportBundleError("The server's answer is not one text");
  return await reader.text();
}

async function readException(reader: PacketReader): Promise<SupportBundleError> {
  const code = new DataView((await reader.bytes(4)).buffer).getInt32(0, true);
  const name = await reader.text();
  const message = await reader.text();
  return new SupportBundleError(`${name} ${code}: ${message}`);
}

function endless(): SupportBundleError {
  return new SupportBundleError("The server sends packets without end");
}
