import type { CalendarCron } from "./cron_expression.ts";

// Wall-clock times are numbers here: milliseconds as `Date.UTC` counts them, whatever the zone.
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The first time of a range that a cron expression names. @param from inclusive @param end exclusive */
export function nextWallTime(cron: CalendarCron, from: number, end: number): number | undefined {
  const start = Math.ceil(from / MINUTE_MS) * MINUTE_MS;
  for (let day = Math.floor(start / DAY_MS) * DAY_MS; day < end; day += DAY_MS) {
    if (!matchesDay(cron, day)) continue;
    for (const hour of cron.hours) {
      const hourMs = day + hour * HOUR_MS;
      if (hourMs + HOUR_MS <= start) continue;
      for (const minute of cron.minutes) {
        const at = hourMs + minute * MINUTE_MS;
        if (at >= end) return undefined;
        if (at >= start) return at;
      }
    }
  }
  return undefined;
}

/** How many times of a range a cron expression names. @param from inclusive @param end exclusive */
export function countWallTimes(cron: CalendarCron, from: number, end: number): number {
  let count = 0;
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day < end; day += DAY_MS) {
    if (!matchesDay(cron, day)) continue;
    if (day >= from && day + DAY_MS <= end) {
      count += cron.hours.length * cron.minutes.length;
      continue;
    }
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const at = day + hour * HOUR_MS + minute * MINUTE_MS;
        if (at >= from && at < end) count++;
      }
    }
  }
  return count;
}

function matchesDay(cron: CalendarCron, day: number): boolean {
  const date = new Date(day);
  if (!cron.months.includes(date.getUTCMonth() + 1)) return false;
  const ofMonth = cron.daysOfMonth.includes(date.getUTCDate());
  const ofWeek = cron.daysOfWeek.includes(date.getUTCDay());
  if (cron.dayOfMonthRestricted && cron.dayOfWeekRestricted) return ofMonth || ofWeek;
  return ofMonth && ofWeek; // an unrestricted field holds every day
}
