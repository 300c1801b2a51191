import { strictEqual } from "node:assert/strict";
import { toBundleJson } from "../../src/bundle/entry.ts";
import { JsonIndenter } from "../../src/bundle/indent_json.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function indented(text: string, without?: string): string {
  const bytes = encode(text);
  const indenter = new JsonIndenter();
  indenter.json(bytes, 0, bytes.length, without);
  return decode(indenter.take());
}

const values: [behaviour: string, value: unknown][] = [
  ["an object", { a: 1, b: "x", c: [1, 2, { d: null }], e: true }],
  ["empty objects and arrays at any depth", { a: {}, b: [], c: [{}, [], [[]]] }],
  ["a string that looks like structure", { 'a{"b': '{"c":[1,2],\\"}', "}": "[,]:" }],
  ["escapes at the end of a string", { a: "x\\", b: 'y"', c: "\\\\" }],
  ["characters that files escape", { a: "<b>&", "<k>": "\u2028\u2029 é € 𝄞 \u2027\u202a" }],
  ["many characters that files escape", "<>&".repeat(40_000)],
  ["numbers", [0, -1.5, 1e21, 12345678901]],
  ["a string alone", "x"],
  ["nothing but an empty object", {}],
  ["control characters", { a: "\n\t\u0000" }],
];
for (const [behaviour, value] of values) {
  Deno.test(`JsonIndenter.json() writes ${behaviour} as toBundleJson() does`, () => {
    strictEqual(indented(JSON.stringify(value)), toBundleJson(value));
  });
  Deno.test(`JsonIndenter.json() reads ${behaviour} in any layout`, () => {
    strictEqual(indented(JSON.stringify(value, null, "\t") + "\n "), toBundleJson(value));
  });
}

const without: [behaviour: string, text: string, expect: unknown][] = [
  ["the first member", '{"no":{"a":[1,2]},"b":1}', { b: 1 }],
  ["the last member", '{"a":1,"no":"x"}', { a: 1 }],
  ["one in the middle", '{"a":1 , "no" : null , "b":2}', { a: 1, b: 2 }],
  ["the only member", '{"a":{"no":1},"b":{ "no":{} }}', { a: {}, b: {} }],
  ["nothing where the word is a value", '{"a":"no","b":["no","no"]}', { a: "no", b: ["no", "no"] }],
  ["nothing of a longer word", '{"nod":1,"ano":2}', { nod: 1, ano: 2 }],
];
for (const [behaviour, text, expect] of without) {
  Deno.test(`JsonIndenter.json() leaves out ${behaviour}`, () =>
    strictEqual(indented(text, "no"), toBundleJson(expect)));
}

Deno.test("JsonIndenter keeps numbers as they were written", () => {
  strictEqual(indented("[1.0,12345678901234567890,1E5]"), "[\n  1.0,\n  12345678901234567890,\n  1E5\n]");
});

Deno.test("JsonIndenter goes on with the next stretch where the last one ended", () => {
  const text = encode('{"a":{"b":[1,2]},"c":3}');
  for (let cut = 1; cut < text.length; cut++) {
    if (
      "{[:,]}".indexOf(String.fromCharCode(text[cut - 1]!)) < 0 || "{[".includes(String.fromCharCode(text[cut - 1]!))
    ) continue;
    const indenter = new JsonIndenter();
    indenter.json(text, 0, cut);
    indenter.json(text, cut, text.length);
    strictEqual(decode(indenter.take()), toBundleJson({ a: { b: [1, 2] }, c: 3 }), `cut at ${cut}`);
  }
});
