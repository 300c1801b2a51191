import cronstrue from "cronstrue";
import { formatDuration } from "../core/duration.ts";
import { type CalendarCron, parseCron } from "./cron_expression.ts";

/** A plain-language reading of schedules: `At 02:00, Monday through Friday (Europe/Paris)`, `Every 1m30s`.
 * @throws {CronError} when one cannot be read */
export function describeSchedule(schedules: readonly string[], timezone: string): string {
  const parsed = schedules.map(parseCron);
  const text = parsed
    .map((cron) => cron.kind === "periodic" ? `Every ${formatDuration(cron.everyMs)}` : describeCalendar(cron))
    .map((reading, i) => i === 0 ? reading : reading.charAt(0).toLowerCase() + reading.slice(1))
    .join("; and ");
  return parsed.some((cron) => cron.kind === "calendar") ? `${text} (${timezone})` : text;
}

function describeCalendar(cron: CalendarCron): string {
  const reading = cronstrue.toString(cron.fields, { use24HourTimeFormat: true });
  // Its words for days of month and week sound like both at once; either is meant.
  return cron.dayOfMonthRestricted && cron.dayOfWeekRestricted ? reading.replace(/, and( on)? /, ", or$1 ") : reading;
}
