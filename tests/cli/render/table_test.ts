import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Column, cut, oneLine, renderFields, renderTable, textWidth } from "../../../src/cli/render/table.ts";

const columns: Column[] = [
  { title: "NAME", min: 6 },
  { title: "SIZE", align: "right", dropRank: 1 },
  { title: "STATUS" },
];
const rows = [["nightly-backup", "12 kB", "completed"], ["日本", "1.5 MB", "failed"]];

const layouts = [
  // name                                             width     expect
  ["renderTable() cuts nothing in a pipe", Infinity, [
    "NAME              SIZE  STATUS",
    "nightly-backup   12 kB  completed",
    "日本            1.5 MB  failed",
  ]],
  ["renderTable() takes room from the widest column that can spare it", 28, [
    "NAME         SIZE  STATUS",
    "nightly-…   12 kB  completed",
    "日本       1.5 MB  failed",
  ]],
  ["renderTable() leaves out what it may when minima do not fit", 24, [
    "NAME           STATUS",
    "nightly-back…  completed",
    "日本           failed",
  ]],
  ["renderTable() keeps what has no minimum, however narrow it gets", 5, [
    "NAME    STATUS",
    "night…  completed",
    "日本    failed",
  ]],
] as const;

for (const [name, width, expect] of layouts) {
  Deno.test(name, () => {
    const lines = renderTable(columns, rows, width).trimEnd().split("\n");
    deepStrictEqual(lines, [...expect]);
    if (width >= 24) { for (const line of lines) ok(textWidth(line) <= width, line); }
  });
}

Deno.test("renderTable() paints after it has cut and padded", () => {
  const painted = renderTable([{ title: "S" }, { title: "T" }], [[{ text: "ab", paint: (t) => `<${t}>` }, "x"]], 80);
  strictEqual(painted, "S   T\n<ab>  x\n");
});

Deno.test("renderTable() lets no value steer the terminal", () => {
  strictEqual(renderTable([{ title: "N" }], [["a\x1b[2J\r\nb\x07"]], 80), "N\na b�\n");
});

Deno.test("renderFields() starts values in one column, further lines too", () => {
  strictEqual(renderFields([["Id", "x"], ["Next runs", ["a", "b"]]]), "Id:         x\nNext runs:  a\n            b\n");
});

const cuts = [
  ["cut() leaves what fits", "nightly", 7, "nightly"],
  ["cut() ends what it cuts in an ellipsis", "nightly", 6, "night…"],
  ["cut() counts wide characters as two", "日本語", 4, "日…"],
] as const;
for (const [name, text, width, expect] of cuts) Deno.test(name, () => strictEqual(cut(text, width), expect));

Deno.test("textWidth() gives combining marks no room and emoji two columns", () => {
  deepStrictEqual(["abc", "e\u0301", "日本", "🚀"].map(textWidth), [3, 1, 4, 2]);
});

Deno.test("oneLine() joins lines", () => strictEqual(oneLine("a\n  b"), "a b"));
