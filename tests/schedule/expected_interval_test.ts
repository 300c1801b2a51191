import { strictEqual, throws } from "node:assert/strict";
import { expectedIntervalMs } from "../../src/schedule/expected_interval.ts";

const HOUR = 3_600_000;
const from = new Date("2026-03-02T12:00:00Z"); // a Monday

const behaviour: [schedules: string[], blackout: string[], hours: number | undefined, timezone?: string][] = [
  [["* * * * *"], [], 1 / 60],
  [["@every 90s"], [], 90 / 3600],
  [["0 2 * * *"], [], 24],
  [["0 2 * * 1-5"], [], 72], // from Friday to Monday
  [["*/5 9-17 * * 1-5"], [], 63 + 5 / 60], // 17:55 on Friday to 09:00 on Monday
  [["*/10 * * * *"], ["Mon-Sun 08:00-18:00"], 10 + 10 / 60],
  [["0 2 * * *", "0 14 * * *"], [], 12],
  [["0 0 1 * *"], [], 30 * 24], // April
  [["0 0 29 2 *"], [], (365 * 4 + 1) * 24],
  [["0 2 * * *"], [], 24, "Europe/Paris"],
  [[], [], undefined],
];

for (const [schedules, blackout, hours, timezone = "UTC"] of behaviour) {
  Deno.test(`expectedIntervalMs() of ${schedules.join(" and ") || "nothing"} ${blackout} is ${hours} h`, () => {
    const interval = expectedIntervalMs({ schedules, timezone, blackout }, from);
    strictEqual(interval, hours === undefined ? undefined : Math.round(hours * HOUR));
  });
}

Deno.test("expectedIntervalMs() throws for a schedule that cannot be read", () => {
  throws(() => expectedIntervalMs({ schedules: ["every day"], timezone: "UTC", blackout: [] }, from));
});
