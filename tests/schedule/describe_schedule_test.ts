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
  [
    ["0 0 1,15,20 6 MON,WED,FRI"],
    "UTC",
    "At 00:00, on day 1, 15, and 20 of the month, or on Monday, Wednesday, and Friday, only in June (UTC)",
  ],
  [["0 0 13 * MON-FRI"], "UTC", "At 00:00, on day 13 of the month, or Monday through Friday (UTC)"],
  [["0 0 1-31 * MON"], "UTC", "At 00:00 (UTC)"],
  [["0 0 * * SUN-7"], "UTC", "At 00:00 (UTC)"],
  [["0 0-23 * * *"], "UTC", "Every hour (UTC)"],
  [["*/90 */24 * * *"], "UTC", "At 00:00 (UTC)"],
  [["0 0 * * */2"], "UTC", "At 00:00, only on Sunday, Tuesday, Thursday, and Saturday (UTC)"],
  [["*/20 3-5 * JAN,MAR *"], "UTC", "Every 20 minutes, between 03:00 and 05:59, only in January and March (UTC)"],
  [["0 0 1 */5 *"], "UTC", "At 00:00, on day 1 of the month, only in January, June, and November (UTC)"],
  [["0 3,1,3 * * 5,5"], "UTC", "At 01:00 and 03:00, only on Friday (UTC)"],
  [["0 2 * * *", "@every 5s"], "UTC", "At 02:00; and every 5s (UTC)"],
];
for (const [schedules, zone, expect] of behaviour) {
  Deno.test(`describeSchedule() reads ${JSON.stringify(schedules)}`, () =>
    strictEqual(describeSchedule(schedules, zone), expect));
}
