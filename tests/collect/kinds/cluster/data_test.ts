import { deepStrictEqual, rejects } from "node:assert/strict";
import { data } from "../../../../src/collect/kinds/cluster/data.ts";
import { collectAll } from "../../collect_all.ts";

const behaviour = [
  ["writes the text below its folder", { name: "a/b", collectorName: "c.txt", data: "x\r\ny" }, {
    "a/b/c.txt": "x\r\ny",
  }],
  ["with a name alone is that file", { name: "only", data: "x" }, { only: "x" }],
  ["with a collectorName alone is that file", { collectorName: "only", data: "x" }, { only: "x" }],
  ["writes an empty file", { name: "n", data: "" }, { n: "" }],
  ["takes a number for text", { name: "n", data: 7 }, { n: "7" }],
] as const;
for (const [name, config, expect] of behaviour) {
  Deno.test(`data ${name}`, async () => deepStrictEqual((await collectAll(data, config)).files, expect));
}

const refused = [
  ["without any name", { data: "x" }, { code: "SPEC_VALUE" }],
  ["with a name that would leave the bundle", { name: "../x", data: "x" }, { code: "UNSAFE_PATH" }],
  ["with a list for text", { name: "n", data: ["x"] }, { name: "ZodError" }],
] as const;
for (const [name, config, error] of refused) {
  Deno.test(`data fails ${name}`, () => rejects(collectAll(data, config), error));
}
