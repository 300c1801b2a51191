import { deepStrictEqual } from "node:assert/strict";
import { JsonItems } from "../../src/diff/json_items.ts";
import { bytes } from "../bundle/tar_bytes.ts";

type Row = [name: string, text: string, items: unknown[], complete: boolean, passedOver: number, head: unknown];

// deno-fmt-ignore
const behaviour: Row[] = [
  ["a list", '{"kind":"PodList","items":[{"a":1},{"b":[{"c":"]}"}]}],"z":1}', [{ a: 1 }, { b: [{ c: "]}" }] }], true, 0, { kind: "PodList", items: [], z: 1 }],
  ["a list at the top", ' [ {"a":1} , {"a":2} ] ', [{ a: 1 }, { a: 2 }], true, 0, []],
  ["an empty list", '{"items":[]}', [], true, 0, { items: [] }],
  ["null for a list", '{"items":null}', [], true, 0, { items: null }],
  ["one object", '{"kind":"Pod","spec":{"items":[{"a":1}]}}', [], true, 0, { kind: "Pod", spec: { items: [{ a: 1 }] } }],
  ["items that are no objects", '{"items":[null,{"a":1},3,"x",[{"b":1}],-1,true]}', [{ a: 1 }], true, 6, { items: [] }],
  ["quotes and backslashes", '{"x":"\\"items\\":[{\\\\","items":[{"k\\"":"\\\\"}]}', [{ 'k"': "\\" }], true, 0, { x: '"items":[{\\', items: [] }],
  ["a value called items", '{"x":"items","y":[{"a":1}]}', [], true, 0, { x: "items", y: [{ a: 1 }] }],
  ["a text that ends in the middle", '{"items":[{"a":1},{"a":', [{ a: 1 }], false, 0, undefined],
  ["an item that is no JSON", '{"items":[{"a":1},{nonsense}]}', [{ a: 1 }], false, 0, { items: [] }],
  ["more closed than opened", '{"items":[]}}', [], false, 0, undefined],
  ["nothing", "", [], false, 0, undefined],
  ["text", "hello", [], false, 0, undefined],
  ["UTF-8 over the edge of a chunk", '{"items":[{"a":"é€😀"}]}', [{ a: "é€😀" }], true, 0, { items: [] }],
  ["deep nesting", `{"items":[{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}},{"a":1}]}`, [{ a: 1 }], true, 0, { items: [] }],
];
for (const [name, text, items, complete, passedOver, head] of behaviour) {
  for (const size of [1, 3, 64, 1_000_000]) {
    Deno.test(`JsonItems reads ${name}, ${size} bytes at a time`, () => {
      const found: unknown[] = [];
      const reader = new JsonItems(["items"], (item) => void found.push(item));
      const all = bytes(text);
      for (let i = 0; i < all.length; i += size) reader.push(all.subarray(i, i + size));
      const end = reader.end();
      deepStrictEqual(name === "deep nesting" ? found.slice(-1) : found, items);
      deepStrictEqual(end.complete || name === "deep nesting", complete);
      deepStrictEqual(end.passedOver, passedOver);
      deepStrictEqual(end.value, head);
    });
  }
}

Deno.test("JsonItems passes over an item that is too large, and reads on", () => {
  const found: unknown[] = [];
  const reader = new JsonItems(["items"], (item) => void found.push(item));
  reader.push(bytes('{"items":[{"a":"'));
  for (let i = 0; i < 10; i++) reader.push(new Uint8Array(1024 * 1024).fill(0x78));
  reader.push(bytes('"},{"a":1}]}'));
  deepStrictEqual([found, reader.end().passedOver], [[{ a: 1 }], 1]);
});

Deno.test("JsonItems tells lists apart by their keys", () => {
  const found: unknown[] = [];
  const reader = new JsonItems(["files", "missing"], (item, key) => void found.push([key, item]));
  reader.push(bytes('{"files":[{"a":1}],"other":[{"b":1}],"missing":[{"c":1}]}'));
  deepStrictEqual(reader.end().value, { files: [], other: [{ b: 1 }], missing: [] });
  deepStrictEqual(found, [["files", { a: 1 }], ["missing", { c: 1 }]]);
});
