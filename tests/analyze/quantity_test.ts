import { strictEqual } from "node:assert/strict";
import { tryParseQuantity } from "../../src/analyze/quantity.ts";

const behaviour: [text: string, billionths: bigint | undefined][] = [
  ["0", 0n],
  ["2", 2_000_000_000n],
  ["+2", 2_000_000_000n],
  ["-1.5", -1_500_000_000n],
  ["250m", 250_000_000n],
  ["5u", 5_000n],
  ["7n", 7n],
  ["0.5n", 1n],
  ["-0.5n", -1n],
  [".5", 500_000_000n],
  ["5.", 5_000_000_000n],
  ["1k", 1_000_000_000_000n],
  ["1M", 10n ** 15n],
  ["3G", 3n * 10n ** 18n],
  ["3T", 3n * 10n ** 21n],
  ["3P", 3n * 10n ** 24n],
  ["3E", 3n * 10n ** 27n],
  ["1Ki", 1024n * 10n ** 9n],
  ["1.5Gi", 1610612736n * 10n ** 9n],
  ["8Ti", 8n * 2n ** 40n * 10n ** 9n],
  ["1Pi", 2n ** 50n * 10n ** 9n],
  ["1Ei", 2n ** 60n * 10n ** 9n],
  ["0.1Mi", 104857600000000n],
  ["1e3", 1_000_000_000_000n],
  ["1E3", 1_000_000_000_000n],
  ["12e-1", 1_200_000_000n],
  ["9007199254740993", 9007199254740993n * 10n ** 9n],
  ["1K", undefined],
  ["1ki", undefined],
  ["1GB", undefined],
  ["1 Gi", undefined],
  ["e3", undefined],
  ["1e", undefined],
  ["1e999999999", undefined],
  ["9".repeat(100), undefined],
  ["", undefined],
  [".", undefined],
  ["0x10", undefined],
  ["toString", undefined],
];

for (const [text, expected] of behaviour) {
  Deno.test(`tryParseQuantity() reads "${text.slice(0, 20)}"`, () => strictEqual(tryParseQuantity(text), expected));
}
