import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ALNUM, base64, base64Url, draw, LOWER } from "./made_secrets.ts";
import { findIn } from "./scan_text.ts";

// Words, so that nothing but the value itself can give it away.
const value = `${draw(LOWER, 7)} & "${draw(LOWER, 6)}" <${draw(LOWER, 5)}>/é`;
const plain = draw(LOWER, 17);
const hits = (text: string, known: (string | Uint8Array)[], chunkBytes?: number) =>
  findIn(text, known, chunkBytes).filter((found) => found.startsWith("known-value: ")).length;

const spellings: [name: string, spelled: string][] = [
  ["as it is", value],
  ["in JSON", JSON.stringify(value).slice(1, -1)],
  [
    "in JSON as Go writes it",
    JSON.stringify(value).slice(1, -1).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  ],
  ["in JSON in JSON", JSON.stringify(JSON.stringify(value)).slice(3, -3)],
  ["in a URL", encodeURIComponent(value)],
  ["in a query", encodeURIComponent(value).replaceAll("%20", "+")],
  ["in a URL, in small letters", encodeURIComponent(value).replace(/%../g, (c) => c.toLowerCase())],
  ["in base64", base64(value)],
  ["in base64 behind one byte", base64("x" + value + "y")],
  ["in base64 behind two bytes", base64("xx" + value + "yy")],
  ["in base64 for URLs", base64Url("xx" + value)],
];
for (const [name, spelled] of spellings) {
  Deno.test(`a known value is found ${name}, wherever the chunks end`, () => {
    for (const before of ["", "a", "some text before it: "]) {
      const text = `${before}${spelled} and after it\n`;
      for (const chunkBytes of [1, 7, 64, Infinity]) {
        strictEqual(hits(text, [value], chunkBytes), 1, `${before}|${chunkBytes}`);
      }
    }
  });
}

Deno.test("a known value is found across the border of what is looked at together", () => {
  const filler = "lines of a log without anything to see\n";
  for (const at of [256 * 1024 - 20, 256 * 1024 - 5, 266 * 1024 - 9, 512 * 1024 - 11, 1024 * 1024 - 8]) {
    const before = filler.repeat(Math.ceil(at / filler.length)).slice(0, at);
    const found = findIn(`${before}${plain}${filler.repeat(300)}`, [plain]);
    deepStrictEqual(found, [`known-value: ${plain}`], String(at));
  }
});

Deno.test("a known value of bytes that are no text is found", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  bytes.set([0xff, 0x0a, 0xfe], 10); // a line feed ends no line there
  const text = btoa(String.fromCharCode(...bytes));
  strictEqual(hits(`data: ${text}\n`, [bytes]), 1);
});

Deno.test("a known value is not found in another case, nor shortened", () => {
  strictEqual(hits(`${plain.toUpperCase()} ${plain.slice(0, -1)} ${plain.slice(1)}\n`, [plain]), 0);
});

Deno.test("a known value shorter than eight bytes is not looked for", () => {
  strictEqual(hits("true admin changeme\n", ["true", "admin", "abc1234"]), 0);
});

Deno.test("a long known value is found by a piece of it", () => {
  const long = draw(ALNUM, 3000);
  ok(hits(`x ${long.slice(600, 2000)} y\n`, [long]) > 0);
});

Deno.test("of a known value of several lines, those are looked for that are nowhere else", () => {
  const line = `  api_endpoint_code: ${draw(ALNUM, 30)}`;
  const config = `global:\n  resolve_timeout: 5m\n${line}\nroute:\n  receiver: default-receiver\n`;
  strictEqual(hits("global:\n  resolve_timeout: 5m\nroute:\n  receiver: default-receiver\n", [config]), 0);
  strictEqual(hits(`copied ${line.trim()} here\n`, [config]), 1);
});

Deno.test("ten thousand known values cost no more than the text", () => {
  const values = Array.from(
    { length: 10_000 },
    (_, i) => i % 2 ? draw(ALNUM, 24) : `postgres://shop-${i}:${draw(ALNUM, 12)}@pg`,
  );
  const text = "2026-03-04T05:06:07Z INFO reconcile of deployment shop/web finished, dsn postgres://shop-1 took 12 ms\n"
    .repeat(20_000);
  const place = Math.floor(text.length / 2);
  const found = findIn(text.slice(0, place) + values[5001] + "\n" + text.slice(place), values);
  ok(found.some((it) => it === `known-value: ${values[5001]}`));
});
