import { strictEqual, throws } from "node:assert/strict";
import { formatSize, parseRate, parseSize } from "../../src/core/size.ts";

for (
  const [text, bytes] of [["1GB", 1e9], ["512MiB", 536_870_912], ["1.5 kB", 1500], ["77", 77], ["2g", 2e9]] as const
) {
  Deno.test(`parseSize() reads ${text}`, () => strictEqual(parseSize(text, "maxBundleSize"), bytes));
}
for (const text of ["", "GB", "1 potato", "-1MB", "1e9"]) {
  Deno.test(`parseSize() refuses "${text}"`, () => {
    throws(() => parseSize(text, "maxBundleSize"), { message: `maxBundleSize: "${text}" is not a size` });
  });
}
for (const [text, rate] of [["5MB/s", 5e6], ["500 kB / s", 5e5], ["1MiB/S", 1_048_576], ["77", 77]] as const) {
  Deno.test(`parseRate() reads ${text}`, () => strictEqual(parseRate(text, "--bandwidth"), rate));
}
for (const text of ["", "0", "0MB/s", "fast", "5MB/h", "-1MB/s"]) {
  Deno.test(`parseRate() refuses "${text}"`, () => {
    throws(() => parseRate(text, "--bandwidth"), { message: `--bandwidth: "${text}" is not a rate` });
  });
}
for (
  const [bytes, text] of [[0, "0 B"], [999, "999 B"], [1_536_000, "1.5 MB"], [999_600, "1.0 MB"], [
    123_000_000_000,
    "123 GB",
  ]] as const
) {
  Deno.test(`formatSize() prints ${bytes} as ${text}`, () => strictEqual(formatSize(bytes), text));
}
