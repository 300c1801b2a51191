import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { parseOutputFormat } from "../../../src/cli/render/output_format.ts";
import { UsageError } from "../../../src/core/errors.ts";

const good = [["json", "json"], ["JSON", "json"], ["yaml", "yaml"], [" table ", "table"]] as const;
for (const [text, expect] of good) {
  Deno.test(`parseOutputFormat() reads "${text}"`, () => strictEqual(parseOutputFormat(text), expect));
}

const bad = [["jsn", "Did you mean json?"], ["yml", "Did you mean yaml?"], ["xml", "table, json, yaml"]] as const;
for (const [text, hint] of bad) {
  Deno.test(`parseOutputFormat() refuses "${text}" and names what could be meant`, () => {
    throws(() => parseOutputFormat(text), (error) => {
      ok(error instanceof UsageError);
      deepStrictEqual(error.message, `--output: "${text}" is not an output format`);
      ok(error.hint?.includes(hint), error.hint);
      return true;
    });
  });
}
