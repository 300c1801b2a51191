import { deepStrictEqual, equal } from "node:assert/strict";
import { isOnlyAround, splitValue } from "../../../src/redact/tokens/split_value.ts";

const behaviour: [text: string, lead: string, value: string, tail: string][] = [
  ["hunter2", "", "hunter2", ""],
  [" \thunter2 \r", " \t", "hunter2", " \r"],
  ["Bearer abc", "Bearer ", "abc", ""],
  ["Basic abc", "Basic ", "abc", ""],
  ["PASSWORD=abc", "PASSWORD=", "abc", ""],
  ['"abc"', '"', "abc", '"'],
  ["'abc'", "'", "abc", "'"],
  [" Bearer 'abc' ", " Bearer '", "abc", "' "],
  ['"abc', "", '"abc', ""],
  ["'abc\"", "", "'abc\"", ""],
  ['"', "", '"', ""],
  ['""', '"', "", '"'],
  ["   ", "   ", "", ""],
  ["", "", "", ""],
  ["Admin", "", "Admin", ""],
  ["a : b @ c", "", "a : b @ c", ""],
  // the last byte of à in UTF-8 is U+00A0 here, and no blank
  ["passw\xc3\xa0", "", "passw\xc3\xa0", ""],
];
for (const [text, lead, value, tail] of behaviour) {
  Deno.test(`splitValue() of ${JSON.stringify(text)} leaves ${JSON.stringify(value)}`, () => {
    deepStrictEqual(splitValue(text), { lead, value, tail });
    equal(isOnlyAround(text), value === "" || text === '"');
  });
}
