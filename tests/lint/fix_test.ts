import { deepStrictEqual } from "node:assert/strict";
import type { Edit, Finding } from "../../src/lint/finding.ts";
import { applyFixes } from "../../src/lint/fix.ts";

type Found = [code: "SB101" | "SB208", at: number, edits?: Edit[]];

/** A linter made of a function: the letters of a text are its mistakes. */
function fix(text: string, find: (text: string) => Found[]) {
  const lint = (text: string) =>
    find(text).map(([code, at, edits]): Finding => ({
      code,
      level: "error",
      line: 1,
      column: at + 1,
      message: "m",
      field: text[at] ?? "",
      ...(edits && { edits }),
    }));
  const { text: after, fixed } = applyFixes(text, lint);
  return [after, fixed.length];
}

const replace = (start: number, text: string, length = 1): Edit[] => [{ start, end: start + length, text }];
const each = (text: string, letter: string, by: (at: number) => Edit[]): Found[] =>
  [...text].flatMap((found, at) => found === letter ? [["SB208", at, by(at)] as Found] : []);

const behaviour: [name: string, text: string, find: (text: string) => Found[], expected: [string, number]][] = [
  ["repairs all at once", "a.a", (text) => each(text, "a", (at) => replace(at, "b")), ["b.b", 2]],
  ["goes on with what a repair brings to light", "a", (text) => [
    ...each(text, "a", (at) => replace(at, "b")),
    ...each(text, "b", (at) => replace(at, "c")),
  ], ["c", 2]],
  ["makes one of two repairs that touch, then the other", "ab", (text) => [
    ...each(text, "a", (at) => replace(at, "")),
    ...each(text, "b", (at) => replace(at, "")),
  ], ["", 2]],
  ["does not make one that repairs nothing", "a", (text) => each(text, "a", () => [{ start: 1, end: 1, text: "x" }]), [
    "a",
    0,
  ]],
  ["makes the others where one does harm", "a.b.a", (text) => [
    ...each(text, "a", (at) => replace(at, "c")),
    ...each(text, "b", (at) => replace(at, "!")),
    ...(text.includes("!") ? [["SB101", text.indexOf("!")] as Found] : []),
  ], ["c.b.c", 2]],
  ["ends where repairs go round in a circle", "a", (text) => [
    ...each(text, "a", (at) => replace(at, "b")),
    ...each(text, "b", (at) => replace(at, "a")),
  ], ["a", 8]],
  ["keeps a byte order mark", "\uFEFFa", (text) => each(text, "a", (at) => replace(at, "b")), ["\uFEFFb", 1]],
  ["leaves alone what has no repair", "a", () => [["SB208", 0]], ["a", 0]],
];
for (const [name, text, find, expected] of behaviour) {
  Deno.test(`applyFixes() ${name}`, () => deepStrictEqual(fix(text, find), expected));
}

Deno.test("applyFixes() tells what went out and came in, but no values", () => {
  const finding = (code: "SB208" | "SB401"): Finding => ({
    code,
    level: "error",
    line: 1,
    column: 1,
    message: "m",
    field: "f",
    edits: replace(0, "new", 3),
  });
  const changes = (["SB208", "SB401"] as const).map((code) =>
    applyFixes("old", (text) => text === "old" ? [finding(code)] : []).fixed[0]!.change
  );
  deepStrictEqual(changes, [{ removed: "old", added: "new" }, undefined]);
});
