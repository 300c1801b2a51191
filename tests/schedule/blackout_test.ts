import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/core/errors.ts";
import { blackoutAt, coversTheWeek, parseBlackout } from "../../src/schedule/blackout.ts";

const work = ["Mon-Fri 08:00-18:00"];
// 2 March 2026 is a Monday.
const instants: [windows: string[], zone: string, at: string, expect: [start: string, end: string] | undefined][] = [
  [[], "UTC", "2026-03-02T09:00:00Z", undefined],
  [work, "UTC", "2026-03-02T07:59:59Z", undefined],
  [work, "UTC", "2026-03-02T08:00:00Z", ["2026-03-02T08:00:00Z", "2026-03-02T18:00:00Z"]],
  [work, "UTC", "2026-03-02T17:59:59Z", ["2026-03-02T08:00:00Z", "2026-03-02T18:00:00Z"]],
  [work, "UTC", "2026-03-02T18:00:00Z", undefined],
  [work, "UTC", "2026-03-07T12:00:00Z", undefined], // Saturday
  [work, "America/New_York", "2026-03-02T14:00:00Z", ["2026-03-02T13:00:00Z", "2026-03-02T23:00:00Z"]],
  // Over midnight: the day is the one on which it begins.
  [["Fri 22:00-06:00"], "UTC", "2026-03-06T23:00:00Z", ["2026-03-06T22:00:00Z", "2026-03-07T06:00:00Z"]],
  [["Fri 22:00-06:00"], "UTC", "2026-03-07T05:59:59Z", ["2026-03-06T22:00:00Z", "2026-03-07T06:00:00Z"]],
  [["Fri 22:00-06:00"], "UTC", "2026-03-06T05:00:00Z", undefined],
  [["22:00-06:00"], "UTC", "2026-03-04T02:00:00Z", ["2026-03-03T22:00:00Z", "2026-03-04T06:00:00Z"]],
  // Windows that touch or overlap are one.
  [["Sat,Sun", "Mon 00:00-05:00", "Fri 20:00-24:00"], "UTC", "2026-03-08T12:00:00Z", [
    "2026-03-06T20:00:00Z",
    "2026-03-09T05:00:00Z",
  ]],
  [["fri-mon"], "UTC", "2026-03-08T12:00:00Z", ["2026-03-06T00:00:00Z", "2026-03-10T00:00:00Z"]],
  // On the clocks of the zone: forward on 29 March, back on 25 October.
  [["Sun 01:00-04:00"], "Europe/Berlin", "2026-03-29T00:30:00Z", ["2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"]],
  [["Sun 01:00-04:00"], "Europe/Berlin", "2026-10-25T01:30:00Z", ["2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"]],
  [["Sun 02:00-02:45"], "Europe/Berlin", "2026-10-25T01:30:00Z", ["2026-10-25T00:00:00Z", "2026-10-25T01:45:00Z"]],
];
for (const [windows, zone, at, expect] of instants) {
  Deno.test(`blackoutAt(${windows.join("; ") || "none"}) in ${zone} at ${at}`, () => {
    const found = blackoutAt(windows, zone, new Date(at));
    deepStrictEqual(found, expect && { start: new Date(expect[0]), end: new Date(expect[1]) });
  });
}

for (
  const text of [
    "",
    "Mon-Fry 08:00-18:00",
    "monkey",
    "25:00-26:00",
    "08:00-08:00",
    "08:00",
    "08:00-18:00 Mon",
    "Mon-",
    "8-18",
  ]
) {
  Deno.test(`parseBlackout() refuses "${text}"`, () =>
    throws(
      () => parseBlackout(text, "--blackout"),
      (error) => error instanceof UsageError && error.message === `--blackout: "${text}" are no blackout hours`,
    ));
}

for (const text of ["Monday - Friday 8:00-18:00", "SAT,Sun", "Mon,Wed-Thu 00:00-24:00"]) {
  Deno.test(`parseBlackout() reads "${text}"`, () => void parseBlackout(text, "--blackout"));
}

Deno.test("coversTheWeek() finds the last free minute", () => {
  strictEqual(coversTheWeek(["00:00-24:00"]), true);
  strictEqual(coversTheWeek(["Mon-Fri", "Fri 12:00-11:00", "Sat,Sun"]), true);
  strictEqual(coversTheWeek(["Mon-Sat", "Sun 00:01-24:00"]), false);
});
