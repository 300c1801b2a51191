import { rejects, strictEqual } from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { Socket } from "node:net";
import { askClickhouse } from "../../../src/collect/databases/clickhouse_native.ts";
import { PacketReader, PacketWriter } from "../../../src/collect/databases/clickhouse_packets.ts";

/** A connection on which the server has said all it will. */
function saying(...parts: Uint8Array[]): Socket {
  const stream = new PassThrough();
  for (const part of parts) stream.write(part);
  stream.end();
  return Object.assign(stream, { write: () => true }) as unknown as Socket;
}

const write = () => new PacketWriter();
const hello = (revision: number) =>
  write().number(0).text("ClickHouse").number(24).number(3).number(revision).text("UTC").take();
const pong = write().number(4).take();
const block = (type: string, ...rows: string[]) => {
  const writer = write().number(1).text("").number(1).byte(0).number(2).byte(0xff).byte(0xff).byte(0xff).byte(0xff)
    .number(0).number(1).number(rows.length).text("version()").text(type);
  for (const row of rows) writer.text(row);
  return writer.take();
};
const progress = write().number(3).number(1).number(2).number(3).take();
const end = write().number(5).take();
const login = { user: "app", database: "d" };

Deno.test("askClickhouse() passes by progress and the block that only names the columns", async () => {
  const socket = saying(
    hello(54_468),
    progress,
    pong,
    progress,
    block("String"),
    progress,
    block("String", "24.3.1.1"),
    end,
  );
  strictEqual(await askClickhouse(socket, login, "SELECT version()"), "24.3.1.1");
});

const wrong: [string, Uint8Array[], RegExp][] = [
  ["a server that speaks HTTP", [new TextEncoder().encode("HTTP/1.1 400 Bad Request")], /speaks HTTP/],
  ["a server that speaks something else", [Uint8Array.of(0x4a, 0, 0)], /does not speak/],
  ["a server that is too old", [hello(50_000)], /too old/],
  ["a closed connection", [hello(54_468)], /closed the connection/],
  ["an empty answer", [hello(54_468), pong, end], /empty/],
  ["an answer of several texts", [hello(54_468), pong, block("String", "a", "b")], /not one text/],
  ["an answer of another type", [hello(54_468), pong, block("UInt8", "a")], /not one text/],
  ["a packet of an unknown kind", [hello(54_468), pong, write().number(77).take()], /not known here \(77\)/],
  ["a text that is too long", [write().number(0).number(2 ** 40).take()], /too long/],
  ["a number that is too large", [write().number(0).take(), new Uint8Array(20).fill(0xff)], /too large/],
  [
    "an exception",
    [Uint8Array.of(2, 0xc1, 0, 0, 0), write().text("DB::Exception").text("Wrong password").take()],
    /^DB::Exception 193: Wrong password$/,
  ],
];
for (const [name, parts, message] of wrong) {
  Deno.test(`askClickhouse() says what is wrong with ${name}`, async () => {
    await rejects(
      askClickhouse(saying(...parts), login, "SELECT version()"),
      (error: Error) => message.test(error.message),
    );
  });
}

Deno.test("PacketReader reads what PacketWriter writes, in whatever pieces", async () => {
  const bytes = write().number(300).text("größer").byte(7).number(2 ** 40 + 5).take();
  const reader = new PacketReader(saying(...[...bytes].map((byte) => Uint8Array.of(byte))));
  strictEqual(await reader.number(), 300);
  strictEqual(await reader.text(), "größer");
  strictEqual(await reader.byte(), 7);
  strictEqual(await reader.number(), 2 ** 40 + 5);
});
