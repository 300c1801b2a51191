import { UsageError } from "../../core/errors.ts";
import { parseCron } from "../../schedule/cron_expression.ts";
import { scheduleWarnings } from "../../schedule/schedule_warnings.ts";
import { parseTimezone } from "../../schedule/timezone.ts";

/** Reads the schedules and the zone of a job.
 * @returns them in their usual form, and what they mean that their writer may not expect
 * @throws {CronError} and what `parseTimezone` throws */
export function checkSchedules(schedules: string[], timezone: string, now: Date) {
  const zone = parseTimezone(timezone);
  const checked: string[] = [];
  for (const text of schedules) {
    parseCron(text);
    const source = text.trim().replace(/\s+/g, " ");
    if (checked.includes(source)) {
      throw new UsageError(`The schedule "${source}" is given twice`, "Leave one of them out");
    }
    checked.push(source);
  }
  return { schedules: checked, timezone: zone, warnings: scheduleWarnings(checked, zone, now) };
}
