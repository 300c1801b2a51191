import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readLines, readTail } from "../../src/daemon/read_lines.ts";

function stream(chunks: readonly string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
}

const behaviour: [name: string, chunks: string[], expect: [string, boolean][]][] = [
  ["splits lines wherever chunks end", ["a", "b\nc", "d\n"], [["ab", false], ["cd", false]]],
  ["takes a last line without an end", ["a\nb"], [["a", false], ["b", false]]],
  ["passes over empty lines", ["\n\na\r\n\r\n"], [["a", false]]],
  ["takes a line of just the limit", ["12345678\nx\n"], [["12345678", false], ["x", false]]],
  ["cuts a longer one, and goes on after it", ["123456", "789", "000", "\nx\n"], [["12345678", true], ["x", false]]],
  ["cuts a last line", ["1234567890"], [["12345678", true]]],
  ["has nothing of nothing", [], []],
];

for (const [name, chunks, expect] of behaviour) {
  Deno.test(`readLines() ${name}`, async () => {
    const lines = await Array.fromAsync(readLines(stream(chunks), 8));
    deepStrictEqual(lines.map(({ text, cut }) => [text, cut]), expect);
  });
}

Deno.test("readTail() keeps a short text whole", async () => {
  strictEqual(await readTail(stream(["a\n", "b\n"]), 8), "a\nb\n");
});

Deno.test("readTail() keeps the end of a long one, from a line's beginning", async () => {
  strictEqual(await readTail(stream(["first\n", "second\n", "third\n"]), 10), "third\n");
});
