import { deepStrictEqual, equal } from "node:assert/strict";
import { KeywordScanner, SCAN_BYTES } from "../../src/redact/keyword_scanner.ts";
import { fromUnicode, toBytes } from "../../src/redact/latin1.ts";
import { pick, random } from "./random.ts";

/** Keyword numbers with the positions of their last bytes. */
function scanned(scanner: KeywordScanner, bytes: Uint8Array, from = 0, to = bytes.length, begin = from) {
  const { count, ends, found } = scanner.scan(bytes, from, to, begin);
  return [...ends.subarray(0, count)].flatMap((end, i) =>
    scanner.keywords[found[i]!]!.toSorted((a, b) => a - b).map((keyword) => [end, keyword])
  );
}

const behaviour: [name: string, keywords: string[], text: string, found: [end: number, keyword: number][]][] = [
  ["in any case", ["secret_key"], "x SECRET_Key y", [[11, 0]]],
  ["that overlap", ["secret_key", "key_id"], "secret_key_id", [[9, 0], [12, 1]]],
  ["that begin alike", ["pass", "password"], "PassWord", [[3, 0], [7, 1]]],
  ["that end alike", ["key", "y"], "a key", [[4, 0], [4, 1]]],
  ["in one that goes on otherwise", ["abcd", "bc"], "abce", [[2, 1]]],
  ["of other letters, as their bytes", [fromUnicode("é")], fromUnicode("é"), [[1, 0]]],
  ["of one byte", ["\n"], "a\nb\n", [[1, 0], [3, 0]]],
  ["never in half", ["secret_key", "password"], "secre_key pass", []],
  ["never without any", [], "secret", []],
];
for (const [name, keywords, text, found] of behaviour) {
  Deno.test(`KeywordScanner finds keywords ${name}`, () => {
    deepStrictEqual(scanned(new KeywordScanner(keywords), toBytes(text)), found);
  });
}

Deno.test("KeywordScanner finds what a search for each keyword finds, wherever the scan begins and ends", () => {
  const next = random(11);
  for (let round = 0; round < 200; round++) {
    const text = (length: number) => Array.from({ length }, () => pick(next, "abAB-")).join("");
    const keywords = [...new Set(Array.from({ length: 8 }, () => text(1 + Math.floor(next() * 5)).toLowerCase()))];
    const bytes = toBytes(text(60)), lower = fromLower(bytes);
    const begin = Math.floor(next() * 20), from = begin + Math.floor(next() * 20), to = from + Math.floor(next() * 21);
    const expected: number[][] = [];
    for (let end = from; end < to; end++) {
      keywords.forEach((keyword, number) => {
        const start = end - keyword.length + 1;
        if (start >= begin && lower.startsWith(keyword, start)) expected.push([end, number]);
      });
    }
    deepStrictEqual(scanned(new KeywordScanner(keywords), bytes, from, to, begin), expected, `round ${round}`);
  }
});

Deno.test("KeywordScanner has room for a keyword at every byte", () => {
  const { count, ends } = new KeywordScanner(["a"]).scan(new Uint8Array(SCAN_BYTES).fill(65), 0, SCAN_BYTES);
  equal(count, SCAN_BYTES);
  deepStrictEqual(ends, Int32Array.from({ length: SCAN_BYTES }, (_, i) => i));
});

function fromLower(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).toLowerCase();
}
