import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parseRawList } from "../../src/kube/raw_list.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const managed = [{ manager: "m", fieldsV1: { "f:metadata": {} } }];
const list = {
  kind: "PodList",
  apiVersion: "v1",
  metadata: { resourceVersion: "7", continue: "next" },
  items: [
    {
      metadata: { name: "a", namespace: "n", managedFields: managed, labels: { name: "no" } },
      spec: { x: "}" },
      status: {},
    },
    { kind: "Node", metadata: { name: 'q"\\ü', annotations: { namespace: "no" } } },
    { spec: [{ metadata: { name: "no" } }] },
  ],
};

for (
  const [layout, text] of [["compact", JSON.stringify(list)], [
    "indented",
    JSON.stringify(list, null, 4) + "\n",
  ]] as const
) {
  Deno.test(`parseRawList() reads a ${layout} list`, () => {
    const { items, free: _free, ...head } = parseRawList(encode(text));
    deepStrictEqual(head, { kind: "PodList", apiVersion: "v1", metadata: list.metadata });
    deepStrictEqual(items.map(({ namespace, name, hasKind }) => [namespace, name, hasKind]), [
      ["n", "a", false],
      ["", 'q"\\ü', true],
      ["", "", false],
    ]);
    deepStrictEqual(items.map((item) => item.parse()), list.items);
    deepStrictEqual(items[0]!.view.metadata, { ...list.items[0]!.metadata, managedFields: null });
    deepStrictEqual(items.map(({ view: { spec, status } }) => [spec, status]), [
      [{ x: "}" }, {}],
      [undefined, undefined],
      [[{ metadata: { name: "no" } }], undefined],
    ]);
    deepStrictEqual(items[2]!.view.metadata, { name: "" });
  });
}

Deno.test("parseRawList() gives pages whose text can be freed, and nothing else with it", () => {
  const bytes = encode(JSON.stringify(list));
  const page = parseRawList(bytes);
  const { name } = page.items[0]!.view.metadata;
  page.free();
  deepStrictEqual([bytes.length, page.items[0]!.name, page.items[0]!.view.metadata.name], [0, "a", name]);
});

const empty: [string, string][] = [["null", '{"items":null,"kind":"X"}'], ["absent", '{"kind":"X"}'], [
  "empty",
  '{"items":[],"kind":"X"}',
]];
for (const [what, text] of empty) {
  Deno.test(`parseRawList() reads a list whose items are ${what}`, () => {
    const { kind, items } = parseRawList(encode(text));
    deepStrictEqual([kind, items], ["X", []]);
  });
}

const broken: [string, string][] = [
  ["no JSON", "<html>"],
  ["an array", "[]"],
  ["nothing", ""],
  ["a list that breaks off", '{"items":[{"metadata":{"name":"a"}},'],
  ["a string that breaks off", '{"items":[{"metadata":{"name":"a'],
  ["an item that is no object", '{"items":[1]}'],
  ["more than a list", "{}{}"],
  ["a member without a value", '{"kind":}'],
  ["a key without quotes", "{kind:1}"],
];
for (const [what, text] of broken) {
  Deno.test(`parseRawList() refuses ${what}`, () => {
    throws(() => parseRawList(encode(text)), SyntaxError);
  });
}

Deno.test("parseRawList() looks into an object once", () => {
  const [item] = parseRawList(encode(JSON.stringify(list))).items;
  strictEqual(item!.view.status, item!.view.status);
});
