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
  const [minute, hour, dayOfMonth, month, dayOfWeek] = plainFields(cron);
  if (dayOfMonth === "*" || dayOfWeek === "*") return read(`${minute} ${hour} ${dayOfMonth} ${month} ${dayOfWeek}`);
  // The library's words for both days sound like both at once; either is meant.
  const time = read(`${minute} ${hour} * * *`);
  const beyond = (fields: string) => read(`${minute} ${hour} ${fields}`).slice(time.length);
  const either = beyond(`* * ${dayOfWeek}`).replace(/^, (only )?/, ", or ");
  return time + beyond(`${dayOfMonth} * *`) + either + beyond(`* ${month} *`);
}

function read(fields: string): string {
  return cronstrue.toString(fields, { use24HourTimeFormat: true });
}

/** The fields as the library reads them best: what holds every value as `*`, lists without repetition, and steps as a list
 * where "every 5 months" would mislead: a year or a week starts anew. */
function plainFields(cron: CalendarCron): string[] {
  const { minutes, hours, daysOfMonth, months, daysOfWeek } = cron;
  const all = [minutes, hours, daysOfMonth, months, daysOfWeek];
  const sizes = [60, 24, 31, 12, 7];
  const whole = all.map((values, i) => values.length === sizes[i]);
  const bothDays = cron.dayOfMonthRestricted && cron.dayOfWeekRestricted;
  return cron.fields.split(" ").map((text, i) => {
    const values = all[i]!;
    const everyDay = bothDays && (whole[2] || whole[4]); // either matches, and one of them always does
    if (whole[i] || (i % 2 === 0 && i > 0 && everyDay)) return "*";
    const stepped = text.includes("/");
    const listed = stepped ? values.length === 1 || i >= 3 : /^[\d,]+$/.test(text);
    return listed ? values.join(",") : text;
  });
}
