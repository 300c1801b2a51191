import { type CalendarCron, parseCron } from "./cron_expression.ts";
import { nextWallTime } from "./wall_time.ts";
import { zoneSpans } from "./zone_offset.ts";

const YEARS_AHEAD_MS = 5 * 366 * 86_400_000;

/** What a job's schedules mean that their writer may not expect: the expressions' own warnings, and due times that a change
 * of clocks moves within the next five years (the first of each sort).
 * @param timezone a known IANA name
 * @throws {CronError} when a schedule cannot be read */
export function scheduleWarnings(schedules: readonly string[], timezone: string, now: Date): string[] {
  const warnings = new Set<string>();
  for (const cron of schedules.map(parseCron)) {
    for (const warning of cron.warnings) warnings.add(warning);
    if (cron.kind === "calendar" && !cron.everyHour) {
      for (const warning of clockChanges(cron, timezone, now)) warnings.add(warning);
    }
  }
  return [...warnings];
}

function* clockChanges(cron: CalendarCron, timezone: string, now: Date): Generator<string> {
  let gap = false;
  let repeat = false;
  for (const span of zoneSpans(timezone, now.getTime(), now.getTime() + YEARS_AHEAD_MS)) {
    if (span.beforeMs === undefined) continue;
    const before = span.startMs + span.beforeMs;
    const after = span.startMs + span.offsetMs;
    if (!gap && before < after) {
      const skipped = nextWallTime(cron, before, after);
      if (skipped === undefined) continue;
      gap = true;
      yield `${time(skipped)} does not exist in ${timezone} on ${day(skipped)}, when clocks go forward: ` +
        `it runs at ${time(after)}${day(after) === day(skipped) ? "" : ` on ${day(after)}`} instead`;
    } else if (!repeat && after < before) {
      const repeated = nextWallTime(cron, after, before);
      if (repeated === undefined) continue;
      repeat = true;
      yield `${time(repeated)} comes twice in ${timezone} on ${day(repeated)}, when clocks go back: ` +
        "it runs the first time only";
    }
    if (gap && repeat) return;
  }
}

function time(wall: number): string {
  return new Date(wall).toISOString().slice(11, 16);
}

function day(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}
