import { type CalendarCron, type CronExpression, parseCron } from "./cron_expression.ts";
import { zoneSpans } from "./zone_offset.ts";
import { countWallTimes, nextWallTime } from "./wall_time.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The longest wait a calendar allows: 29 February across a century that is no leap year. */
const HORIZON_MS = 9 * 366 * DAY_MS;
/** The largest change of clocks there was skipped or repeated a day. */
const LOOK_BACK_MS = 26 * HOUR_MS;
const MAX_DATE_MS = 8_640_000_000_000_000;
/** Several schedules are merged one due time at a time up to here. */
const MERGE_LIMIT = 10_000;

/** The first due time after an instant.
 * @param schedules cron expressions and `@every <duration>`; a job is due when one of them is
 * @param timezone IANA name. Where clocks jump forward, a due time in the gap falls on the first instant after the jump;
 * where they go back, the first of two equal times counts. A schedule for every hour follows elapsed time through both.
 * @param after exclusive
 * @param anchor where `@every` counts from: a job's creation, so that its due times never shift
 * @returns undefined when nothing is due within nine years
 * @throws {CronError} when a schedule cannot be read */
export function nextDue(schedules: readonly string[], timezone: string, after: Date, anchor: Date): Date | undefined {
  return nextDues(schedules, timezone, after, anchor, 1)[0];
}

/** As {@linkcode nextDue}, for a preview of the next `count` due times, ascending. */
export function nextDues(
  schedules: readonly string[],
  timezone: string,
  after: Date,
  anchor: Date,
  count: number,
): Date[] {
  const found: Date[] = [];
  if (count <= 0) return found;
  for (const due of mergedDueTimes(schedules.map(parseCron), timezone, after.getTime(), anchor.getTime())) {
    found.push(new Date(due));
    if (found.length >= count) break;
  }
  return found;
}

/** The last due time of an interval, found without walking through all of it.
 * @param after exclusive @param until inclusive */
export function latestDue(
  schedules: readonly string[],
  timezone: string,
  after: Date,
  until: Date,
  anchor: Date,
): Date | undefined {
  const untilMs = until.getTime();
  const parsed = schedules.map(parseCron);
  let latest = -Infinity;
  for (const cron of parsed) {
    if (cron.kind === "periodic") {
      const n = Math.floor((untilMs - anchor.getTime()) / cron.everyMs);
      if (n >= 1) latest = Math.max(latest, anchor.getTime() + n * cron.everyMs);
      continue;
    }
    // Each window is walked only when the smaller one before it was empty, so that few due times lie in it.
    for (const window of [HOUR_MS, DAY_MS, 32 * DAY_MS, 366 * DAY_MS, Infinity]) {
      const fromMs = Math.max(after.getTime(), untilMs - window);
      let last: number | undefined;
      for (const due of calendarDueTimes(cron, timezone, fromMs, untilMs)) last = due;
      if (last !== undefined) latest = Math.max(latest, last);
      if (last !== undefined || fromMs === after.getTime()) break;
    }
  }
  return latest > after.getTime() ? new Date(latest) : undefined;
}

/** How many due times an interval has. Computed, not walked, for a single schedule. Of several schedules the first 10,000
 * are counted exactly, and beyond them each instant once for each schedule that names it.
 * @param after exclusive @param until inclusive */
export function countDue(
  schedules: readonly string[],
  timezone: string,
  after: Date,
  until: Date,
  anchor: Date,
): number {
  const parsed = schedules.map(parseCron);
  const untilMs = until.getTime();
  let fromMs = after.getTime();
  let count = 0;
  if (parsed.length > 1) {
    for (const due of mergedDueTimes(parsed, timezone, fromMs, anchor.getTime(), untilMs)) {
      count++;
      fromMs = due;
      if (count >= MERGE_LIMIT) break;
    }
    if (count < MERGE_LIMIT) return count;
  }
  for (const cron of parsed) {
    if (cron.kind === "periodic") {
      const upTo = (ms: number) => Math.max(0, Math.floor((ms - anchor.getTime()) / cron.everyMs));
      count += Math.max(0, upTo(untilMs) - upTo(fromMs));
    } else count += countCalendar(cron, timezone, fromMs, untilMs);
  }
  return count;
}

function* mergedDueTimes(
  parsed: CronExpression[],
  timezone: string,
  afterMs: number,
  anchorMs: number,
  untilMs?: number,
): Generator<number> {
  const sources = parsed.map((cron) =>
    cron.kind === "periodic"
      ? periodicDueTimes(cron.everyMs, afterMs, anchorMs, untilMs)
      : calendarDueTimes(cron, timezone, afterMs, untilMs)
  );
  const heads = sources.map((source) => source.next().value as number | undefined);
  while (true) {
    const due = Math.min(...heads.map((head) => head ?? Infinity));
    if (due === Infinity) return;
    yield due;
    for (const [i, head] of heads.entries()) if (head === due) heads[i] = sources[i]!.next().value ?? undefined;
  }
}

function* periodicDueTimes(everyMs: number, afterMs: number, anchorMs: number, untilMs = MAX_DATE_MS) {
  const first = Math.max(1, Math.floor((afterMs - anchorMs) / everyMs) + 1);
  for (let due = anchorMs + first * everyMs; due <= untilMs; due += everyMs) yield due;
}

function* calendarDueTimes(cron: CalendarCron, timezone: string, afterMs: number, untilMs = Infinity) {
  const endMs = Math.min(untilMs + 1, afterMs + HORIZON_MS, MAX_DATE_MS);
  for (const wall of wallRanges(cron, timezone, afterMs, endMs)) {
    if (wall.jumpMs !== undefined && wall.jumpMs > afterMs) yield wall.jumpMs;
    // Spans from before `afterMs` are here for the change of clocks they may end in.
    const fromWall = Math.max(wall.fromWall, afterMs + 1 + wall.offsetMs);
    for (
      let at = nextWallTime(cron, fromWall, wall.endWall);
      at !== undefined;
      at = nextWallTime(cron, at + 1, wall.endWall)
    ) yield at - wall.offsetMs;
  }
}

function countCalendar(cron: CalendarCron, timezone: string, afterMs: number, untilMs: number): number {
  let count = 0;
  for (const wall of wallRanges(cron, timezone, afterMs, untilMs + 1)) {
    if (wall.jumpMs !== undefined && wall.jumpMs > afterMs) count++;
    count += countWallTimes(cron, Math.max(wall.fromWall, afterMs + 1 + wall.offsetMs), wall.endWall);
  }
  return count;
}

interface WallRange {
  /** Wall-clock times that count, as if they were UTC; the end is exclusive. */
  fromWall: number;
  endWall: number;
  offsetMs: number;
  /** The instant of a jump forward that skipped due times. */
  jumpMs?: number;
}

/** The wall-clock times of an interval, in order, without those that a change of clocks repeats. */
function* wallRanges(cron: CalendarCron, timezone: string, afterMs: number, endMs: number): Generator<WallRange> {
  for (const span of zoneSpans(timezone, afterMs - LOOK_BACK_MS, endMs)) {
    const { offsetMs } = span;
    const range: WallRange = { fromWall: span.startMs + offsetMs, endWall: span.endMs + offsetMs, offsetMs };
    if (span.beforeMs !== undefined && !cron.everyHour) {
      const wallBefore = span.startMs + span.beforeMs;
      if (wallBefore > range.fromWall) range.fromWall = wallBefore;
      else if (nextWallTime(cron, wallBefore, range.fromWall) !== undefined) {
        range.jumpMs = span.startMs;
        range.fromWall++; // a due time right after the jump is the same instant
      }
    }
    yield range;
  }
}
