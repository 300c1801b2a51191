import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { nextDue } from "../../src/schedule/next_due.ts";
import { previewDue } from "../../src/schedule/preview.ts";

const notes: [
  name: string,
  schedules: string[],
  zone: string,
  after: string,
  local: string,
  note: string | undefined,
][] = [
  ["an ordinary day", ["30 2 * * *"], "America/New_York", "2026-03-07T00:00Z", "2026-03-07T02:30:00-05:00", undefined],
  [
    "a time that does not exist",
    ["30 2 * * *"],
    "America/New_York",
    "2026-03-08T00:00Z",
    "2026-03-08T03:00:00-04:00",
    "02:30 does not exist that day: clocks go forward",
  ],
  [
    "a time at the jump",
    ["0 3 * * *"],
    "America/New_York",
    "2026-03-08T00:00Z",
    "2026-03-08T03:00:00-04:00",
    undefined,
  ],
  [
    "the first of two equal times",
    ["30 1 * * *"],
    "America/New_York",
    "2026-11-01T00:00Z",
    "2026-11-01T01:30:00-04:00",
    "the first of two times 01:30: clocks go back",
  ],
  [
    "a time before those two",
    ["59 0 * * *"],
    "America/New_York",
    "2026-11-01T00:00Z",
    "2026-11-01T00:59:00-04:00",
    undefined,
  ],
  [
    "a time after those two",
    ["0 2 * * *"],
    "America/New_York",
    "2026-11-01T00:00Z",
    "2026-11-01T02:00:00-05:00",
    undefined,
  ],
  ["each hour", ["30 * * * *"], "America/New_York", "2026-11-01T05:00Z", "2026-11-01T01:30:00-04:00", undefined],
  [
    "one schedule of two",
    ["@every 7h", "15 2 * * *"],
    "Australia/Lord_Howe",
    "2026-10-03T12:00Z",
    "2026-10-04T02:30:00+11:00",
    "02:15 does not exist that day: clocks go forward",
  ],
  [
    "midnight",
    ["0 0 * * *"],
    "America/Sao_Paulo",
    "2018-11-03T12:00Z",
    "2018-11-04T01:00:00-02:00",
    "00:00 does not exist that day: clocks go forward",
  ],
];
for (const [name, schedules, zone, after, local, note] of notes) {
  Deno.test(`previewDue() notes what a change of clocks does to ${name}`, () => {
    const from = new Date(after);
    const preview = previewDue(schedules, zone, nextDue(schedules, zone, from, from)!, from, from);
    deepStrictEqual([preview.local, preview.note], [local, note]);
  });
}

Deno.test("previewDue() names the schedules that are due, and how far away they are", () => {
  const now = new Date("2026-03-02T10:00:00Z");
  const anchor = new Date("2026-03-02T09:00:00Z");
  const schedules = ["0 12 * * *", "*/40 * * * *", "@every 3h"];
  const preview = previewDue(schedules, "Europe/Paris", new Date("2026-03-02T12:00:00Z"), anchor, now);
  deepStrictEqual(preview, {
    scheduledAt: "2026-03-02T12:00:00.000Z",
    local: "2026-03-02T13:00:00+01:00",
    inSeconds: 7_200,
    schedules: ["*/40 * * * *", "@every 3h"],
  });
  strictEqual(previewDue(["@every 3h"], "UTC", new Date("2026-03-02T12:00:00Z"), anchor, anchor).inSeconds, 10_800);
});
