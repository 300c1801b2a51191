import { type CalendarCron, parseCron } from "./cron_expression.ts";
import { localTime } from "./local_time.ts";
import { nextDue } from "./next_due.ts";
import { nextWallTime } from "./wall_time.ts";
import { zoneSpans } from "./zone_offset.ts";

/** The longest stretch of time that a change of clocks has repeated or left out. */
const LOOK_AROUND_MS = 26 * 3_600_000;

/** A due time, for people who want to see that it is the one they mean. */
export interface DuePreview {
  /** RFC 3339, UTC. */
  scheduledAt: string;
  /** The same instant as the clocks of the zone show it, with their offset. */
  local: string;
  inSeconds: number;
  /** Those of the schedules that are due then. */
  schedules: string[];
  /** What a change of clocks has to do with it. */
  note?: string;
}

/** @param timezone a known IANA name
 * @param anchor where `@every` counts from
 * @throws {CronError} when a schedule cannot be read */
export function previewDue(
  schedules: readonly string[],
  timezone: string,
  dueAt: Date,
  anchor: Date,
  now: Date,
): DuePreview {
  const before = new Date(dueAt.getTime() - 1);
  const due = schedules.filter((text) => nextDue([text], timezone, before, anchor)?.getTime() === dueAt.getTime());
  const notes = due.map((text) => parseCron(text))
    .map((cron) =>
      cron.kind === "calendar" && !cron.everyHour ? clockNote(cron, timezone, dueAt.getTime()) : undefined
    );
  const note = notes.find((text) => text !== undefined);
  return {
    scheduledAt: dueAt.toISOString(),
    local: localTime(dueAt, timezone),
    inSeconds: (dueAt.getTime() - now.getTime()) / 1000,
    schedules: due,
    ...note === undefined ? {} : { note },
  };
}

function clockNote(cron: CalendarCron, timezone: string, dueMs: number): string | undefined {
  for (const span of zoneSpans(timezone, dueMs - 1, dueMs + LOOK_AROUND_MS)) {
    if (span.beforeMs === undefined) continue;
    const wallBefore = span.startMs + span.beforeMs;
    const wallAfter = span.startMs + span.offsetMs;
    if (span.startMs === dueMs) {
      const skipped = nextWallTime(cron, wallBefore, wallAfter);
      if (skipped !== undefined) return `${clock(skipped)} does not exist that day: clocks go forward`;
    } else if (span.startMs > dueMs) {
      const wall = dueMs + span.beforeMs;
      if (wallAfter <= wall && wall < wallBefore) return `the first of two times ${clock(wall)}: clocks go back`;
    }
  }
  return undefined;
}

function clock(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(11, 16);
}
