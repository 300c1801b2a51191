import { strictEqual, throws } from "node:assert/strict";
import {
  boolCondition,
  type Condition,
  intCondition,
  namedIntCondition,
  regexGroupCondition,
} from "../../src/analyze/when.ts";

// deno-lint-ignore no-explicit-any -- rows of several grammars
type Read = (when: string) => Condition<any>;
const named: Read = namedIntCondition(["ready", "available"]);

const behaviour: [grammar: string, read: Read, when: string, value: unknown, holds: boolean][] = [
  ["intCondition", intCondition, "= 3", 3, true],
  ["intCondition", intCondition, "== 3", 3, true],
  ["intCondition", intCondition, "=== 3", 4, false],
  ["intCondition", intCondition, "< 3", 2, true],
  ["intCondition", intCondition, "< 3", 3, false],
  ["intCondition", intCondition, "<= 3", 3, true],
  ["intCondition", intCondition, "> 3", 3, false],
  ["intCondition", intCondition, ">= 3", 3, true],
  ["intCondition", intCondition, ">= -3", -2, true],
  ["intCondition", intCondition, "  >=   3 ", 3, true],
  ["namedIntCondition", named, "ready >= 2", { ready: 2, available: 0 }, true],
  ["namedIntCondition", named, "available >= 2", { ready: 2, available: 0 }, false],
  ["boolCondition", boolCondition, "true", true, true],
  ["boolCondition", boolCondition, "T", false, false],
  ["boolCondition", boolCondition, "0", false, true],
  ["boolCondition", boolCondition, "False", true, false],
  ["regexGroupCondition", regexGroupCondition, "Loss > 0", { Loss: "5" }, true],
  ["regexGroupCondition", regexGroupCondition, "Loss > 9", { Loss: "10" }, true],
  ["regexGroupCondition", regexGroupCondition, "Loss = 5", { Loss: "05" }, true],
  ["regexGroupCondition", regexGroupCondition, "Loss >= 0", { Loss: "none" }, false],
  ["regexGroupCondition", regexGroupCondition, "Loss != 0", { Loss: "5" }, true],
  ["regexGroupCondition", regexGroupCondition, "Loss != 0", { Loss: "none" }, false],
  ["regexGroupCondition", regexGroupCondition, "Name == db", { Name: "db" }, true],
  ["regexGroupCondition", regexGroupCondition, "Name === db", { Name: "web" }, false],
  ["regexGroupCondition", regexGroupCondition, "Name = ''", { Name: "" }, true],
  ["regexGroupCondition", regexGroupCondition, 'Name = ""', { Name: "x" }, false],
  ["regexGroupCondition", regexGroupCondition, "Other = db", { Name: "db" }, false],
  ["regexGroupCondition", regexGroupCondition, "constructor = db", { Name: "db" }, false],
];

for (const [grammar, read, when, value, holds] of behaviour) {
  Deno.test(`${grammar}() "${when}" ${holds ? "holds" : "does not hold"} for ${JSON.stringify(value)}`, () =>
    strictEqual(read(when)(value), holds));
}

const mistakes: [grammar: string, read: Read, when: string][] = [
  ...["3", ">=3", "!= 3", ">= three", ">= 3.5", ">= 3 4", "=> 3", "toString 3", ">= 0x10", ""].map((when) =>
    ["intCondition", intCondition, when] as [string, Read, string]
  ),
  ...[">= 2", "missing >= 2", "ready != 2", "ready >= x"].map((when) =>
    ["namedIntCondition", named, when] as [string, Read, string]
  ),
  ...["yes", "maybe", ""].map((when) => ["boolCondition", boolCondition, when] as [string, Read, string]),
  ...["Loss", "Loss > db", "Loss ~ 5", "> 5", "Loss > 5 6"].map((when) =>
    ["regexGroupCondition", regexGroupCondition, when] as [string, Read, string]
  ),
];

for (const [grammar, read, when] of mistakes) {
  Deno.test(`${grammar}() refuses "${when}" by name`, () =>
    throws(
      () => read(when),
      (error: Error & { code?: string; exitCode?: number; hint?: string }) =>
        error.code === "SPEC_WHEN" && error.exitCode === 2 && error.message.includes(`"${when}"`) && !!error.hint,
    ));
}
