import { strictEqual } from "node:assert/strict";
import { LineFinder } from "../../src/insight/line_finder.ts";

const LIST = {
  kind: "List",
  metadata: { note: 'quoted " } ] and\nbroken' },
  items: [{ a: 1 }, { a: { b: [1, { c: 2 }] } }],
};
const pretty = JSON.stringify(LIST, null, 2);
/** 1-based number of the first line that has this text. */
const lineWith = (text: string, word: string) => text.split("\n").findIndex((line) => line.includes(word)) + 1;

const behaviour: [name: string, text: string, index: number, keys: (string | number)[], line: number | undefined][] = [
  ["finds an object", pretty, 0, [], lineWith(pretty, '"a": 1') - 1],
  ["finds what is in it", pretty, 1, ["a", "b", 1, "c"], lineWith(pretty, '"c"')],
  ["finds an element", pretty, 1, ["a", "b", 1], lineWith(pretty, '"c"') - 1],
  ["stops at the nearest thing above what does not exist", pretty, 1, ["a", "x", 7], lineWith(pretty, '"a": {')],
  ["knows no object beyond the list", pretty, 2, [], undefined],
  ["takes arrays", JSON.stringify(LIST.items, null, 4), 1, ["a"], 6],
  ["takes one object alone", JSON.stringify({ x: 1 }, null, 2), 0, ["x"], 2],
  ["takes one line", JSON.stringify(LIST), 1, ["a", "b"], 1],
  ["takes an empty list", '{"items": []}', 0, [], undefined],
  ["takes null", '{"items": null}', 0, [], undefined],
  ["does not break on what is no JSON", '{"items": [{"a": ', 0, [], undefined],
  ["does not break on an empty file", "", 0, [], undefined],
];
for (const [name, text, index, keys, line] of behaviour) {
  Deno.test(`LineFinder ${name}`, () =>
    strictEqual(new LineFinder(new TextEncoder().encode(text)).line(index, keys), line));
}
