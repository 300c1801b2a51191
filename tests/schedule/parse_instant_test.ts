import { strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/core/errors.ts";
import { parseInstant } from "../../src/schedule/parse_instant.ts";

const readings: [text: string, zone: string, edge: "start" | "end", expect: string][] = [
  ["2026-04-01", "UTC", "start", "2026-04-01T00:00:00.000Z"],
  ["2026-04-01", "UTC", "end", "2026-04-01T23:59:59.999Z"],
  ["2026-04-01", "Europe/Berlin", "start", "2026-03-31T22:00:00.000Z"],
  ["2026-04-01", "Europe/Berlin", "end", "2026-04-01T21:59:59.999Z"],
  ["2026-04-01 08:30", "America/New_York", "start", "2026-04-01T12:30:00.000Z"],
  ["2026-04-01T08:30:15", "UTC", "end", "2026-04-01T08:30:15.000Z"],
  ["2026-04-01T08:30:00Z", "Europe/Berlin", "start", "2026-04-01T08:30:00.000Z"],
  ["2026-04-01 08:30:00+0200", "UTC", "start", "2026-04-01T06:30:00.000Z"],
  // Clocks go forward from 02:00 to 03:00, and back from 03:00 to 02:00.
  ["2026-03-29T02:30", "Europe/Berlin", "start", "2026-03-29T01:30:00.000Z"],
  ["2026-10-25T02:30", "Europe/Berlin", "start", "2026-10-25T00:30:00.000Z"],
];
for (const [text, zone, edge, expect] of readings) {
  Deno.test(`parseInstant() reads ${text} in ${zone} (${edge})`, () =>
    strictEqual(parseInstant(text, zone, edge, "--end").toISOString(), expect));
}

for (const text of ["", "tomorrow", "2026-02-30", "2026-13-01", "2026-04-01T25:00", "2026-04-01T08", "01.04.2026"]) {
  Deno.test(`parseInstant() refuses "${text}"`, () =>
    throws(
      () => parseInstant(text, "UTC", "start", "--end"),
      (error) => error instanceof UsageError && error.message.includes(`--end: "${text}" is not a point in time`),
    ));
}
