import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { countDue, latestDue, nextDues } from "../../src/schedule/next_due.ts";
import { seeded } from "./seeded.ts";
import { randomCron, WalkedYear } from "./slow_cron.ts";

const years: [zone: string, from: string, changes: number][] = [
  ["UTC", "2026-01-01", 0],
  ["America/New_York", "2026-01-01", 2],
  ["Europe/London", "2027-01-01", 2],
  ["America/Sao_Paulo", "2018-01-01", 2], // its gap is at midnight
  ["Australia/Lord_Howe", "2026-01-01", 2], // half an hour
  ["Pacific/Apia", "2011-06-01", 3], // 30 December 2011 was left out
  ["Africa/Casablanca", "2026-01-01", 2], // back for Ramadan
  ["Africa/Cairo", "2014-01-01", 4], // summer time in two parts
  ["Asia/Kathmandu", "2026-01-01", 0],
  ["America/St_Johns", "2006-01-01", 2], // a minute past midnight
];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

for (const [zone, from, changes] of years) {
  Deno.test(`nextDues() agrees with a walk over all minutes of a year in ${zone} from ${from}`, () => {
    const startMs = Date.parse(`${from}T00:00:00Z`);
    const year = new WalkedYear(zone, startMs);
    strictEqual(year.changes.length, changes);
    const random = seeded(zone.length * 7919 + startMs / DAY_MS);
    const until = new Date(startMs + year.days * DAY_MS - 60_000);
    for (let i = 0; i < 40; i++) {
      const cron = randomCron(random);
      // From the beginning, or from an hour and a half around a change of clocks.
      const change = i % 2 === 0 ? undefined : year.changes[Math.floor(random() * changes)];
      const after = new Date(
        change === undefined ? startMs + DAY_MS : change + Math.floor((random() - 0.5) * 3 * HOUR_MS),
      );
      const expect = year.dues(cron).filter((due) => due > after.getTime());
      const found = nextDues([cron.text], zone, after, after, expect.length + 1).map((due) => due.getTime());
      ok(!(found.pop()! <= until.getTime()), `one too many of ${cron.text} in ${zone}`);
      deepStrictEqual(found, expect, `${cron.text} in ${zone}`);
      strictEqual(countDue([cron.text], zone, after, until, after), expect.length, `count of ${cron.text} in ${zone}`);
      const latest = latestDue([cron.text], zone, after, until, after)?.getTime();
      strictEqual(latest, expect.at(-1), `latest of ${cron.text} in ${zone}`);
    }
  });
}
