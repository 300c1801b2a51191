import { deepStrictEqual } from "node:assert/strict";
import type { Analyzer } from "../../src/analyze/analyzer.ts";
import { fail, pass, verdictsOf } from "./judge_kind.ts";

/** `[when, content of the file, whether it holds]` */
export type ConditionRow = readonly [when: string, data: unknown, holds: boolean];
/** `[when, how the message of the error ends]` */
export type MistakeRow = readonly [when: string, problem: string];
/** `[name, config, files, verdicts as verdictsOf tells them]` */
export type BehaviourRow = readonly [
  name: string,
  config: Record<string, unknown>,
  files: Record<string, unknown>,
  expected: readonly string[],
];

/** Each `when` about a file, alone before an outcome that always matches. */
export function testConditions(
  analyzer: Analyzer,
  path: string,
  rows: readonly ConditionRow[],
  more: Record<string, unknown> = {},
): void {
  for (const [when, data, holds] of rows) {
    const about = JSON.stringify(data).slice(-70);
    Deno.test(`${analyzer.kind} "${when}" ${holds ? "holds" : "does not hold"} for ${about} ${JSON.stringify(more)}`, async () =>
      deepStrictEqual(await verdictsOf(analyzer, { ...more, outcomes: [pass(when), fail()] }, { [path]: data }), [
        holds ? "pass: P" : "fail: F",
      ]));
  }
}

/** Each `when` behind an outcome that always matches: it is refused all the same. */
export function testMistakes(
  analyzer: Analyzer,
  rows: readonly MistakeRow[],
  more: Record<string, unknown> = {},
): void {
  for (const [when, problem] of rows) {
    Deno.test(`${analyzer.kind} refuses "${when}"`, async () => {
      const [message = ""] = await verdictsOf(analyzer, { ...more, outcomes: [pass(), fail(when)] }, {});
      deepStrictEqual(
        [/^throws: Cannot (?:read|use) the /.test(message), message.endsWith(problem)],
        [true, true],
        message,
      );
    });
  }
}

export function testBehaviour(analyzer: Analyzer, rows: readonly BehaviourRow[]): void {
  for (const [name, config, files, expected] of rows) {
    Deno.test(`${analyzer.kind} ${name}`, async () =>
      deepStrictEqual(await verdictsOf(analyzer, config, files), expected));
  }
}
