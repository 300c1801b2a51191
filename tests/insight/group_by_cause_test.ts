import { deepStrictEqual } from "node:assert/strict";
import type { AnalyzerResult } from "../../src/analyze/analyzer.ts";
import { groupByCause } from "../../src/insight/group_by_cause.ts";

const result = (message: string, cause?: string, more: Partial<AnalyzerResult> = {}): AnalyzerResult => ({
  outcome: { status: "warn", message },
  ...cause === undefined ? {} : { cause },
  ...more,
});
const failure = (message: string, cause: string): AnalyzerResult => ({ outcome: { status: "fail", message }, cause });
const pods = (from: number, to: number) => ({
  affected: Array.from({ length: to - from }, (_, i) => ({ kind: "Pod", namespace: "n", name: `p${from + i}` })),
});
const short = ({ outcome, explanation, affected, affectedCount }: AnalyzerResult) => ({
  is: `${outcome.status}: ${outcome.message}`,
  ...explanation === undefined ? {} : { explanation },
  ...affectedCount === undefined ? {} : { affected: affected!.length, affectedCount },
});

const behaviour: [name: string, results: AnalyzerResult[], expected: ReturnType<typeof short>[]][] = [
  ["leaves results without a cause as they are", [result("a"), result("a")], [{ is: "warn: a" }, { is: "warn: a" }]],
  ["keeps the order, and the first of a cause", [result("a", "x"), result("b", "y"), result("c", "x")], [
    { is: "warn: a", explanation: "What follows: c." },
    { is: "warn: b" },
  ]],
  ["takes the worst verdict", [result("a", "x"), failure("b", "x")], [{
    is: "fail: a",
    explanation: "What follows: b.",
  }]],
  ["says each consequence once, the first lines of three of them", [
    result("a", "x", { explanation: "E." }),
    ...["b\nlog", "b\nother", "c", "d", "e"].map((message) => result(message, "x")),
  ], [{ is: "warn: a", explanation: "E. What follows: b. c. d. And 1 more." }]],
  ["counts objects that several name once", [result("a", "x", pods(0, 3)), result("a", "x", pods(2, 5))], [
    { is: "warn: a", affected: 5, affectedCount: 5 },
  ]],
  ["names the first twenty, and counts all", [
    result("a", "x", { ...pods(0, 20), affectedCount: 30 }),
    result("a", "x", pods(50, 55)),
  ], [{ is: "warn: a", affected: 20, affectedCount: 35 }]],
];
for (const [name, results, expected] of behaviour) {
  Deno.test(`groupByCause() ${name}`, () => deepStrictEqual(groupByCause(results).map(short), expected));
}

Deno.test("groupByCause() keeps the evidence of the first few, each place once", () => {
  const evidence = (line: number) => ({ evidence: [{ path: "p", line }] });
  const [merged] = groupByCause([1, 1, 2, 3, 4, 5, 6, 7].map((line) => result("a", "x", evidence(line))));
  deepStrictEqual(merged!.evidence!.map(({ line }) => line), [1, 2, 3, 4, 5, 6]);
});
