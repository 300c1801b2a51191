import { deepStrictEqual } from "node:assert/strict";
import { wrappedHandshake } from "../../../src/collect/databases/tds_tls.ts";

const record = (kind: number, ...body: number[]) => [kind, 3, 3, 0, body.length, ...body];
const hello = record(22, 1);
const keys = record(22, 2);
const change = record(20, 1);
const finished = record(22, 3, 3);
const data = record(23, 9, 9, 9);
const alert = record(21, 2, 40);
/** A packet with these records: its kind, whether it is the last, its length, its number. */
const packet = (...body: number[]) => [0x12, 1, 0, body.length + 8, 0, 0, 1, 0, ...body];

const toFar: [string, number[][], number[][]][] = [
  ["wraps the first record", [hello], [packet(...hello)]],
  ["holds a flight until it is whole", [hello, keys, change, finished], [
    packet(...hello),
    [],
    [],
    packet(...keys, ...change, ...finished),
  ]],
  ["wraps a flight that comes at once", [hello, [...keys, ...change, ...finished]], [
    packet(...hello),
    packet(...keys, ...change, ...finished),
  ]],
  ["puts a torn record together", [hello.slice(0, 3), hello.slice(3)], [[], packet(...hello)]],
  ["passes data on as it is", [hello, [...change, ...finished], data, [...data, 1]], [
    packet(...hello),
    packet(...change, ...finished),
    data,
    [...data, 1],
  ]],
  ["passes data on behind a flight", [hello, [...change, ...finished, ...data]], [
    packet(...hello),
    [...packet(...change, ...finished), ...data],
  ]],
  ["does not hold an alert back", [hello, alert], [packet(...hello), packet(...alert)]],
];
for (const [name, chunks, expect] of toFar) {
  Deno.test(`wrappedHandshake() towards the server ${name}`, () => {
    const codec = wrappedHandshake();
    deepStrictEqual(chunks.map((chunk) => [...codec.toFar(Uint8Array.from(chunk))]), expect);
  });
}

Deno.test("wrappedHandshake() towards the server splits what no packet holds", () => {
  const large = [22, 3, 3, 5000 >> 8, 5000 & 0xff, ...Array(5000).fill(7)];
  const sent = wrappedHandshake().toFar(Uint8Array.from(large));
  deepStrictEqual([...sent.subarray(0, 8)], [0x12, 0, 0x10, 0, 0, 0, 1, 0]);
  deepStrictEqual([...sent.subarray(4096, 4104)], [0x12, 1, 917 + 8 >> 8, 917 + 8 & 0xff, 0, 0, 2, 0]);
  deepStrictEqual([...sent.subarray(8, 4096), ...sent.subarray(4104)], large);
});

const reply = (...body: number[]) => [4, 1, 0, body.length + 8, 0, 0, 1, 0, ...body];
const toNear: [string, number[][], number[][]][] = [
  ["unwraps packets", [reply(...hello), reply(...finished)], [hello, finished]],
  ["unwraps packets that come at once", [[...reply(...hello), ...reply(...finished)]], [[...hello, ...finished]]],
  [
    "unwraps a packet in pieces",
    [reply(...hello).slice(0, 3), reply(...hello).slice(3, 10), reply(...hello).slice(10)],
    [
      [],
      hello.slice(0, 2),
      hello.slice(2),
    ],
  ],
  ["passes data on as it is", [reply(...hello), data, reply(1)], [hello, data, reply(1)]],
  ["passes data on behind a packet", [[...reply(...hello), ...data]], [[...hello, ...data]]],
];
for (const [name, chunks, expect] of toNear) {
  Deno.test(`wrappedHandshake() towards the client ${name}`, () => {
    const codec = wrappedHandshake();
    deepStrictEqual(chunks.map((chunk) => [...codec.toNear(Uint8Array.from(chunk))]), expect);
  });
}
