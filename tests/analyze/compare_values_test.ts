import { strictEqual } from "node:assert/strict";
import { compareUnordered, compareValues, type Comparison } from "../../src/analyze/compare_values.ts";

const M = "***HIDDEN***";
const TOKEN = "***TOKEN_PASSWORD_0A1B2C***";

/** What both say, and what only the one without order says where they differ. */
const behaviour: [actual: unknown, expected: unknown, verdict: Comparison, unordered?: Comparison][] = [
  [1, 1, "equal"],
  [0, -0, "equal"],
  [1, "1", "different"],
  [1n, 1n, "equal"],
  [1n, 1, "different"],
  [true, "true", "different"],
  [null, null, "equal"],
  [null, false, "different"],
  [null, [], "different"],
  [{}, [], "different"],
  [{ a: 1, b: [2] }, { b: [2], a: 1 }, "equal"],
  [{ a: 1 }, { a: 1, b: 2 }, "different"],
  [{ a: 1, b: 2 }, { a: 1, c: 2 }, "different"],
  [{ a: null }, { b: null }, "different"],
  [[1, 2], [1, 2], "equal"],
  [[1, 2], [2, 1], "different", "equal"],
  [[1, 2], [1, 2, 2], "different"],
  [[1, 1, 2], [1, 2, 2], "different"],
  [[1, "1"], ["1", 1], "different", "equal"],
  [[{ a: 1, b: 2 }, { c: 3 }], [{ c: 3 }, { b: 2, a: 1 }], "different", "equal"],
  [[[1, 2], [3]], [[3], [2, 1]], "different"],
  [{ a: [1, 2] }, { a: [2, 1] }, "different"],
  [M, "secret", "hidden"],
  [TOKEN, "secret", "hidden"],
  [`https://u:${M}@h`, "https://u:p@h", "hidden"],
  [M, M, "equal"],
  [{ a: M, b: 1 }, { a: "x", b: 1 }, "hidden"],
  [{ a: M, b: 1 }, { a: "x", b: 2 }, "different"],
  [{ [M]: 1 }, { a: 1 }, "hidden"],
  [[M, 1], ["x", 1], "hidden"],
  ["secret", M, "different"],
  ["*** NOTE ***", "x", "different"],
];

for (const [actual, expected, verdict, unordered = verdict] of behaviour) {
  const shown = [actual, expected].map((value) => typeof value === "bigint" ? `${value}n` : JSON.stringify(value));
  Deno.test(`compareValues(${shown.join(", ")})`, () => {
    strictEqual(compareValues(actual, expected), verdict);
    strictEqual(compareUnordered(actual, expected), unordered);
  });
}
