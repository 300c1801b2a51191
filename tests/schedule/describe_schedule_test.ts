import { strictEqual } from "node:assert/strict";
import { describeSchedule } from "../../src/schedule/describe_schedule.ts";

const behaviour: [schedules: string[], zone: string, expect: string][] = [
  [["0 2 * * *"], "UTC", "At 02:00 (UTC)"],
  [["30 14 * * MON-FRI"], "Europe/Paris", "At 14:30, Monday through Friday (Europe/Paris)"],
  [["@daily"], "Europe/Paris", "At 00:00 (Europe/Paris)"],
  [["@every 90s"], "Europe/Paris", "Every 1m30s"],
  [["0 0 * * 7"], "UTC", "At 00:00, only on Sunday (UTC)"],
  [["0 0 13 * FRI"], "UTC", "At 00:00, on day 13 of the month, or on Friday (UTC)"],
  [["30 4 */2 * MON"], "UTC", "At 04:30, every 2 days in a month, or on Monday (UTC)"],
  [["0 2 * * *", "@every 5s"], "UTC", "At 02:00; and every 5s (UTC)"],
];
for (const [schedules, zone, expect] of behaviour) {
  Deno.test(`describeSchedule() reads ${JSON.stringify(schedules)}`, () =>
    strictEqual(describeSchedule(schedules, zone), expect));
}
