import { match, strictEqual } from "node:assert/strict";
import { scheduleWarnings } from "../../src/schedule/schedule_warnings.ts";

const now = new Date("2026-01-15T00:00:00Z");

const behaviour: [name: string, schedules: string[], zone: string, expect: RegExp[], at?: Date][] = [
  ["nothing for a quiet schedule", ["0 12 * * *", "@every 5m"], "America/New_York", []],
  ["nothing in a zone without summer time", ["30 2 * * *"], "Asia/Tokyo", []],
  ["a gap, with its date", ["30 2 * * *"], "America/New_York", [
    /^02:30 does not exist in America\/New_York on 2026-03-08.*it runs at 03:00/,
  ]],
  ["a repeated hour, with its date", ["30 1 * * *"], "America/New_York", [/^01:30 comes twice .* on 2026-11-01/]],
  ["both where both happen", ["30 1 * * *"], "Europe/London", [/does not exist/, /comes twice/]],
  ["nothing when every hour runs", ["30 * * * *"], "America/New_York", []],
  ["nothing on a weekday without changes", ["30 2 * * MON"], "America/New_York", []],
  ["a gap years ahead", ["30 2 10 3 *"], "America/New_York", [/2030-03-10/]],
  ["a gap of a whole day", ["0 5 * * *"], "Pacific/Apia", [
    /^05:00 does not exist in Pacific\/Apia on 2011-12-30.*it runs at 00:00 on 2011-12-31 instead$/,
  ], new Date("2011-12-01T00:00:00Z")],
  ["what the expressions warn of, once", ["0 0 13 * FRI", "0 0 14 * FRI"], "UTC", [/match either/]],
];
for (const [name, schedules, zone, expect, at = now] of behaviour) {
  Deno.test(`scheduleWarnings() tells of ${name}`, () => {
    const warnings = scheduleWarnings(schedules, zone, at);
    strictEqual(warnings.length, expect.length, warnings.join("\n"));
    for (const [i, warning] of expect.entries()) match(warnings[i]!, warning);
  });
}
