import { strictEqual } from "node:assert/strict";
import { withoutName } from "../../src/report/fields.ts";

const names: [text: string, name: string, expect: string][] = [
  ["pod api-1 failed", "api-1", "pod * failed"],
  ["api-1", "api-1", "*"],
  ["api-1: api-1, (api-1)", "api-1", "*: *, (*)"],
  ["pod api-12 failed", "api-1", "pod api-12 failed"],
  ["pod my-api-1 and api-1", "api-1", "pod my-api-1 and *"],
  ["api-1_ns, xapi-1, api-1-x", "api-1", "api-1_ns, xapi-1, api-1-x"],
  ["a.b and axb", "a.b", "* and axb"],
  ["nothing of it", "api-1", "nothing of it"],
  ["nobody's", "", "nobody's"],
  ["a-a a-a-a a", "a", "a-a a-a-a *"],
  ["-- -- --", "--", "* * *"],
];

for (const [text, name, expect] of names) {
  Deno.test(`withoutName() makes "${text}" of ${name === "" ? "nobody" : name} "${expect}"`, () => {
    strictEqual(withoutName(text, name), expect);
  });
}
