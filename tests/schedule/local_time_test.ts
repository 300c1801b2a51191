import { strictEqual } from "node:assert/strict";
import { localTime, parseLocalTime } from "../../src/schedule/local_time.ts";

const shown: [at: string, zone: string, expect: string][] = [
  ["2026-03-02T10:00:00Z", "UTC", "2026-03-02T10:00:00+00:00"],
  ["2026-03-08T06:59:59Z", "America/New_York", "2026-03-08T01:59:59-05:00"],
  ["2026-03-08T07:00:00Z", "America/New_York", "2026-03-08T03:00:00-04:00"],
  ["2026-03-02T23:00:00Z", "Asia/Kathmandu", "2026-03-03T04:45:00+05:45"],
  ["2026-03-02T12:00:00Z", "America/St_Johns", "2026-03-02T08:30:00-03:30"],
  ["1971-06-01T12:00:00Z", "Africa/Monrovia", "1971-06-01T11:15:30-00:44:30"],
];
for (const [at, zone, expect] of shown) {
  Deno.test(`localTime() of ${at} in ${zone}`, () => strictEqual(localTime(new Date(at), zone), expect));
}

const read: [text: string, zone: string, expect: string | undefined][] = [
  ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
  ["2026-03-29T01:30", "Europe/Berlin", "2026-03-29T00:30:00.000Z"],
  ["2026-03-29 01:30:15", "Europe/Berlin", "2026-03-29T00:30:15.000Z"],
  ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00.000Z"], // does not exist
  ["2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"], // comes twice
  ["2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"],
  ["2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00:00.000Z"], // a day that was left out
  ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"], // no midnight
  ["2026-03-29T01:30:00Z", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
  ["2026-03-29t01:30:00.250z", "Europe/Berlin", "2026-03-29T01:30:00.250Z"],
  [" 2026-03-29T01:30+05:30 ", "Europe/Berlin", "2026-03-28T20:00:00.000Z"],
  ["2026-03-29T24:00", "UTC", "2026-03-30T00:00:00.000Z"],
  ["2026-02-30", "UTC", undefined],
  ["2026-13-01", "UTC", undefined],
  ["2026-03-29T25:00", "UTC", undefined],
  ["2026-03-29T01", "UTC", undefined],
  ["tomorrow", "UTC", undefined],
  ["", "UTC", undefined],
];
for (const [text, zone, expect] of read) {
  Deno.test(`parseLocalTime() of "${text}" in ${zone}`, () =>
    strictEqual(parseLocalTime(text, zone)?.toISOString(), expect));
}

Deno.test("parseLocalTime() reads what localTime() shows, and without its offset too where it comes once", () => {
  for (const zone of ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"]) {
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 37 * 3_600_000) {
      const local = localTime(new Date(at), zone);
      strictEqual(parseLocalTime(local, zone)!.getTime(), at, `${local} ${zone}`);
      strictEqual(localTime(parseLocalTime(local.slice(0, 19), zone)!, zone).slice(0, 19), local.slice(0, 19));
    }
  }
});
