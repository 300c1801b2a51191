import { deepStrictEqual } from "node:assert/strict";
import { innerLines, lineAt, linesAfter } from "../../src/redact/text_lines.ts";

const inner = JSON.stringify({ c: "l1\nl2", d: "q" });

const behaviour: [name: string, text: string, expected: [line: string, depth: number][]][] = [
  ["none in a line without line feeds", '{"a":"b"}', []],
  ["those of a string, its first and last included", JSON.stringify({ a: "x: 1\ny\n" }), [["x: 1", 1], ["y", 1], [
    "",
    1,
  ]]],
  ["those of a string in a string", JSON.stringify({ b: inner, e: 1 }), [["l1", 2], ["l2", 2]]],
  ["line ends of Windows", JSON.stringify(["one\r\ntwo"]), [["one", 1], ["two", 1]]],
  ["none behind escaped backslashes", JSON.stringify(["C:\\new"]), []],
  ["none outside of strings", "a\\nb", []],
];

for (const [name, text, expected] of behaviour) {
  Deno.test(`innerLines() finds ${name}`, () => {
    deepStrictEqual(innerLines(text).map(({ start, end, depth }) => [text.slice(start, end), depth]), expected);
  });
}

Deno.test("linesAfter() goes on to the end of the same text, past deeper ones", () => {
  const text = JSON.stringify({ a: `k: "p\\nq"\nz\n`, b: "other\ntext" });
  const lines = innerLines(text);
  const after = [...linesAfter(lines, lineAt(lines, text.indexOf("k:")))];
  deepStrictEqual(after.map(({ start, end }) => text.slice(start, end)), ["z", ""]);
});
