import { strictEqual, throws } from "node:assert/strict";
import { formatDuration, parseDuration, tryParseDuration } from "../../src/core/duration.ts";

const readable = [ // text, milliseconds
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1.5s", 1500],
  [".5s", 500],
  ["30d", 2_592_000_000],
  ["2w", 1_209_600_000],
  ["0", 0],
  ["-1m", -60_000],
] as const;
for (const [text, ms] of readable) {
  Deno.test(`tryParseDuration() reads ${text}`, () => strictEqual(tryParseDuration(text), ms));
}

for (const text of ["", "5", "abc", "5 m", "5x", "m", "1h 30m", "--1s"]) {
  Deno.test(`tryParseDuration() refuses "${text}"`, () => strictEqual(tryParseDuration(text), undefined));
}

Deno.test("parseDuration() names the flag and shows how to write it", () => {
  throws(() => parseDuration("soon", "--timeout"), { message: '--timeout: "soon" is not a duration', hint: /90s/ });
});

const printed = [[0, "0s"], [250, "250ms"], [90_000, "1m30s"], [86_400_000, "1d"], [5_400_500, "1h30m0.5s"], [
  -1000,
  "-1s",
]] as const;
for (const [ms, text] of printed) {
  Deno.test(`formatDuration() prints ${ms} ms as ${text}`, () => strictEqual(formatDuration(ms), text));
}
