import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Cron } from "croner";
import { countDue, latestDue, nextDue, nextDues } from "../../src/schedule/next_due.ts";
import { seeded } from "./seeded.ts";

const anchor = new Date("2026-01-01T00:00:00Z");
const dues = (schedules: string | string[], timezone: string, after: string, count: number) =>
  nextDues([schedules].flat(), timezone, new Date(after), anchor, count)
    .map((due) => due.toISOString().replace(":00.000Z", "Z"));

const calendars: [name: string, schedule: string | string[], zone: string, after: string, expect: string[]][] = [
  ["is strictly after", "0 2 * * *", "UTC", "2026-03-02T02:00Z", ["2026-03-03T02:00Z"]],
  ["takes the minute that begins now", "* * * * *", "UTC", "2026-03-02T02:00:00.001Z", ["2026-03-02T02:01Z"]],
  ["goes by the zone's clock", "0 9 * * MON-FRI", "Asia/Kolkata", "2026-03-06T04:00Z", ["2026-03-09T03:30Z"]],
  ["goes by the zone's day", "0 1 1 * *", "Asia/Tokyo", "2026-02-28T12:00Z", ["2026-02-28T16:00Z"]],
  ["meets days of month or week", "0 0 13 * FRI", "UTC", "2026-03-10T00:00Z", [
    "2026-03-13T00:00Z",
    "2026-03-20T00:00Z",
  ]],
  ["skips months without the day", "0 0 31 * *", "UTC", "2026-01-31T00:00Z", [
    "2026-03-31T00:00Z",
    "2026-05-31T00:00Z",
  ]],
  ["waits for a leap year", "0 0 29 2 *", "UTC", "2096-03-01T00:00Z", ["2104-02-29T00:00Z"]],
  ["crosses a year's end", "59 23 31 12 *", "UTC", "2026-12-31T23:59Z", ["2027-12-31T23:59Z"]],
  ["merges schedules", ["0 2 * * *", "30 1 * * *", "0 2 * * *"], "UTC", "2026-03-02T00:00Z", [
    "2026-03-02T01:30Z",
    "2026-03-02T02:00Z",
    "2026-03-03T01:30Z",
  ]],
];

// What a change of clocks does. Local times in the names; all instants are UTC.
const changes: typeof calendars = [
  ["New York, gap 02:00-03:00: 02:30 runs at 03:00", "30 2 * * *", "America/New_York", "2026-03-07T12:00Z", [
    "2026-03-08T07:00Z",
    "2026-03-09T06:30Z",
  ]],
  ["New York, gap: several skipped times run once", "*/15 2 * * *", "America/New_York", "2026-03-08T00:00Z", [
    "2026-03-08T07:00Z",
    "2026-03-09T06:00Z",
  ]],
  ["New York, gap: 02:30 and 03:00 run once", "0,30 2,3 * * *", "America/New_York", "2026-03-08T00:00Z", [
    "2026-03-08T07:00Z",
    "2026-03-08T07:30Z",
    "2026-03-09T06:00Z",
  ]],
  [
    "New York, gap: nothing is added where no time was skipped",
    "0 1,4 * * *",
    "America/New_York",
    "2026-03-08T05:00Z",
    [
      "2026-03-08T06:00Z",
      "2026-03-08T08:00Z",
    ],
  ],
  ["New York, gap: only days that match run", "30 2 * * MON", "America/New_York", "2026-03-07T12:00Z", [
    "2026-03-09T06:30Z",
  ]],
  ["New York, gap: every hour follows elapsed time", "30 * * * *", "America/New_York", "2026-03-08T06:00Z", [
    "2026-03-08T06:30Z",
    "2026-03-08T07:30Z",
  ]],
  ["New York, gap: from just before it", "30 2 * * *", "America/New_York", "2026-03-08T06:59:59.999Z", [
    "2026-03-08T07:00Z",
  ]],
  ["New York, gap: from the very jump", "30 2 * * *", "America/New_York", "2026-03-08T07:00Z", ["2026-03-09T06:30Z"]],
  ["New York, repeated 01:00-02:00: the first 01:30 runs", "30 1 * * *", "America/New_York", "2026-11-01T00:00Z", [
    "2026-11-01T05:30Z",
    "2026-11-02T06:30Z",
  ]],
  ["New York, repeated hour: between the two nothing runs", "30 1 * * *", "America/New_York", "2026-11-01T05:30Z", [
    "2026-11-02T06:30Z",
  ]],
  ["New York, repeated hour: within the second nothing runs", "30 1 * * *", "America/New_York", "2026-11-01T06:10Z", [
    "2026-11-02T06:30Z",
  ]],
  ["New York, repeated hour: every hour runs in both", "*/30 * * * *", "America/New_York", "2026-11-01T05:00Z", [
    "2026-11-01T05:30Z",
    "2026-11-01T06:00Z",
    "2026-11-01T06:30Z",
    "2026-11-01T07:00Z",
  ]],
  ["New York, repeated hour: 02:00 right after it runs once", "0 2 * * *", "America/New_York", "2026-11-01T00:00Z", [
    "2026-11-01T07:00Z",
    "2026-11-02T07:00Z",
  ]],
  ["London, gap 01:00-02:00: 01:00 runs at 02:00", "0 1 * * *", "Europe/London", "2026-03-28T12:00Z", [
    "2026-03-29T01:00Z",
    "2026-03-30T00:00Z",
  ]],
  ["London, repeated 01:00-02:00", "0 1 * * *", "Europe/London", "2026-10-24T12:00Z", [
    "2026-10-25T00:00Z",
    "2026-10-26T01:00Z",
  ]],
  ["Sao Paulo 2018, gap at midnight: 00:00 runs at 01:00", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00Z", [
    "2018-11-04T03:00Z",
    "2018-11-05T02:00Z",
  ]],
  ["Sao Paulo 2018, repeated hour before midnight", "30 23 * * *", "America/Sao_Paulo", "2018-02-17T12:00Z", [
    "2018-02-18T01:30Z",
    "2018-02-19T02:30Z",
  ]],
  ["Sao Paulo 2018, midnight after the repeated hour", "0 0 * * *", "America/Sao_Paulo", "2018-02-17T12:00Z", [
    "2018-02-18T03:00Z",
  ]],
  ["Lord Howe, gap of half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", [
    "2026-10-03T15:30Z",
    "2026-10-04T15:15Z",
  ]],
  ["Lord Howe, repeated half hour", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", [
    "2026-04-04T14:45Z",
    "2026-04-05T15:15Z",
  ]],
  ["Lord Howe, repeated half hour: 01:15 comes once", "15 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", [
    "2026-04-04T14:15Z",
    "2026-04-05T14:45Z",
  ]],
  ["Apia 2011, a day that was left out: its run follows at once", "0 5 * * *", "Pacific/Apia", "2011-12-29T12:00Z", [
    "2011-12-29T15:00Z",
    "2011-12-30T10:00Z",
    "2011-12-30T15:00Z",
  ]],
  ["Apia 2011, a yearly run on that day is not lost", "0 5 30 12 *", "Pacific/Apia", "2011-12-01T00:00Z", [
    "2011-12-30T10:00Z",
    "2012-12-29T15:00Z",
  ]],
  ["Kwajalein 1993, another day left out", "0 12 21 8 *", "Pacific/Kwajalein", "1993-08-01T00:00Z", [
    "1993-08-21T12:00Z",
  ]],
  ["Casablanca, clocks go back for Ramadan", "30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00Z", [
    "2026-02-15T01:30Z",
    "2026-02-16T02:30Z",
  ]],
  ["Casablanca, and forward after it: 02:30 runs at 03:00", "30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00Z", [
    "2026-03-22T02:00Z",
    "2026-03-23T01:30Z",
  ]],
  ["Noronha 2000, a summer time of a week", "30 0 * * *", "America/Noronha", "2000-10-09T03:30Z", [
    "2000-10-10T01:30Z",
    "2000-10-11T01:30Z",
  ]],
  ["New York, gap: every second hour is not every hour", "0 */2 * * *", "America/New_York", "2026-03-08T05:00Z", [
    "2026-03-08T07:00Z",
    "2026-03-08T08:00Z",
  ]],
  [
    "Berlin, repeated 02:00-03:00: every second hour runs the first time",
    "30 */2 * * *",
    "Europe/Berlin",
    "2026-10-24T23:00Z",
    [
      "2026-10-25T00:30Z",
      "2026-10-25T03:30Z",
    ],
  ],
  [
    "Lord Howe, repeated half hour: every hour follows the clock's minute",
    "45 * * * *",
    "Australia/Lord_Howe",
    "2026-04-04T14:00Z",
    [
      "2026-04-04T14:45Z",
      "2026-04-04T15:15Z",
      "2026-04-04T16:15Z",
    ],
  ],
  ["Monrovia 1972, an offset with seconds", "0 0 * * *", "Africa/Monrovia", "1972-01-01T12:00Z", [
    "1972-01-02T00:44:30.000Z",
  ]],
];
for (const [name, schedule, zone, after, expect] of [...calendars, ...changes]) {
  Deno.test(`nextDues() ${name}`, () => deepStrictEqual(dues(schedule, zone, after, expect.length), expect));
}

const periods: [name: string, schedule: string, after: string, expect: string | undefined][] = [
  ["counts from the anchor", "@every 7s", "2026-01-01T00:00:08Z", "2026-01-01T00:00:14.000Z"],
  ["is strictly after", "@every 7s", "2026-01-01T00:00:14Z", "2026-01-01T00:00:21.000Z"],
  ["does not fire at the anchor", "@every 7s", "2025-01-01T00:00:00Z", "2026-01-01T00:00:07.000Z"],
  ["keeps its rhythm over years", "@every 7s", "2056-01-01T00:00:00Z", "2056-01-01T00:00:02.000Z"],
];
for (const [name, schedule, after, expect] of periods) {
  Deno.test(`nextDue() of a period ${name}`, () =>
    strictEqual(nextDue([schedule], "America/New_York", new Date(after), anchor)?.toISOString(), expect));
}

Deno.test("nextDue() has an answer for the end of time", () => {
  strictEqual(nextDue(["* * * * *", "@every 1s"], "UTC", new Date(8.64e15), anchor), undefined);
});

// Another implementation of cron, where it follows the same rules: no change of clocks near.
const zones = ["UTC", "Asia/Kathmandu", "Asia/Tokyo", "America/Phoenix", "Pacific/Kiritimati"];
Deno.test("nextDues() agrees with another implementation", () => {
  const random = seeded(20260302);
  const pick = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const field = (low: number, high: number) => {
    const a = pick(low, high);
    const b = pick(a, high);
    const forms = ["*", `${a}`, `${a}-${b}`, `${a},${b}`, `*/${pick(2, high)}`, `${a}-${b}/${pick(1, 5)}`];
    return forms[pick(0, forms.length - 1)]!;
  };
  let compared = 0;
  for (let i = 0; i < 400; i++) {
    // The other one reads a step over all days as no restriction beside a day of week.
    const dayOfMonth = field(1, 28);
    const dayOfWeek = dayOfMonth.startsWith("*/") ? "*" : field(0, 6).replace(/^\*\/.*/, "*");
    const expression = `${field(0, 59)} ${field(0, 23)} ${dayOfMonth} ${field(1, 12)} ${dayOfWeek}`;
    const zone = zones[pick(0, zones.length - 1)]!;
    const after = new Date(Date.UTC(pick(2020, 2035), pick(0, 11), pick(1, 28), pick(0, 23), pick(0, 59), pick(0, 59)));
    const expected = new Cron(expression, { timezone: zone }).nextRuns(4, after).map((due) => due.toISOString());
    const found = nextDues([expression], zone, after, anchor, 4).map((due) => due.toISOString());
    deepStrictEqual(found, expected, `${expression} ${zone} ${after.toISOString()}`);
    compared += found.length;
  }
  ok(compared > 1_000);
});

Deno.test("nextDues() is what countDue() counts and latestDue() finds, across changes of clocks", () => {
  const random = seeded(7);
  const zoneNames = ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/London", "UTC"];
  const schedules = [["*/20 * * * *"], ["15,45 1-3 * * *"], ["0 0 * * *"], ["30 2 * * SUN"], ["@every 17m"], [
    "0 1,2 * * *",
    "@every 1h",
    "0 */2 * * *",
  ]];
  for (const zone of zoneNames) {
    for (const schedule of schedules) {
      const after = new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 300 * 86_400_000));
      const all = nextDues(schedule, zone, after, anchor, 300);
      ok(all.every((due, i) => i === 0 || due > all[i - 1]!));
      for (const n of [0, 1, 57, 298]) {
        const until = new Date((all[n]!.getTime() + all[n + 1]!.getTime()) / 2);
        for (const end of [all[n]!, until]) {
          strictEqual(countDue(schedule, zone, after, end, anchor), n + 1, `${zone} ${schedule} ${n}`);
          deepStrictEqual(latestDue(schedule, zone, after, end, anchor), all[n]);
        }
      }
      strictEqual(latestDue(schedule, zone, after, new Date(all[0]!.getTime() - 1), anchor), undefined);
    }
  }
});

Deno.test("countDue() and latestDue() of 30 years of seconds and minutes", () => {
  const until = new Date("2056-01-01T00:00:00.500Z");
  const seconds = (until.getTime() - 500 - anchor.getTime()) / 1_000;
  strictEqual(countDue(["@every 1s"], "UTC", anchor, until, anchor), seconds);
  strictEqual(countDue(["* * * * *"], "Europe/London", anchor, until, anchor), seconds / 60);
  deepStrictEqual(latestDue(["* * * * *"], "Europe/London", anchor, until, anchor), new Date("2056-01-01T00:00Z"));
  // Beyond 10,000 due times of several schedules, an instant that two of them name counts twice.
  const both = countDue(["@every 1s", "* * * * *"], "UTC", anchor, until, anchor);
  ok(both >= seconds && both <= seconds + seconds / 60);
});
