import { UsageError } from "../core/errors.ts";
import { fromWallTime } from "./parse_instant.ts";
import { zoneOffset } from "./zone_offset.ts";

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** Windows that follow each other without a gap, at most: more than a week can have. */
const MAX_JOINED = 100;

/** Hours of a week, on the clocks of the job's zone. */
export interface BlackoutWindow {
  /** By the day on which it begins, Sunday first. */
  days: boolean[];
  /** Minutes of the day; the end is exclusive, and lies on the next day when it is not after the start. */
  from: number;
  to: number;
}

/** A stretch of time in which nothing is to run: windows that touch are one. The end is exclusive. */
export interface Blackout {
  start: Date;
  end: Date;
}

/** The blackout that an instant lies in.
 * @param windows as {@linkcode parseBlackout} accepts them @param zone a known IANA name */
export function blackoutAt(windows: readonly string[], zone: string, at: Date): Blackout | undefined {
  if (windows.length === 0) return undefined;
  const parsed = windows.map((text) => parseBlackout(text, "blackout"));
  let found = spanAt(parsed, zone, at.getTime());
  if (found === undefined) return undefined;
  let { startMs, endMs } = found;
  for (let i = 0; i < MAX_JOINED && (found = spanAt(parsed, zone, endMs)) !== undefined; i++) endMs = found.endMs;
  for (let i = 0; i < MAX_JOINED && (found = spanAt(parsed, zone, startMs - 1)) !== undefined; i++) {
    startMs = found.startMs;
  }
  return { start: new Date(startMs), end: new Date(endMs) };
}

function spanAt(windows: BlackoutWindow[], zone: string, atMs: number): { startMs: number; endMs: number } | undefined {
  const wall = atMs + zoneOffset(zone, atMs);
  const minute = Math.floor(wall / MINUTE_MS);
  const midnight = Math.floor(minute / DAY_MINUTES) * DAY_MINUTES;
  for (const { days, from, to } of windows) {
    const end = to > from ? to : to + DAY_MINUTES;
    for (const day of [midnight, midnight - DAY_MINUTES]) {
      if (!days[weekday(day)] || minute < day + from || minute >= day + end) continue;
      const startMs = fromWallTime((day + from) * MINUTE_MS, zone).getTime();
      const endMs = fromWallTime((day + end) * MINUTE_MS, zone).getTime();
      // In an hour that clocks repeat, the end may have been passed once before.
      return { startMs: Math.min(startMs, atMs), endMs: endMs > atMs ? endMs : atMs + (day + end) * MINUTE_MS - wall };
    }
  }
  return undefined;
}

function weekday(minuteOfMidnight: number): number {
  return new Date(minuteOfMidnight * MINUTE_MS).getUTCDay();
}

/** Reads blackout hours: `Mon-Fri 08:00-18:00`, `22:00-06:00` (each day, over midnight), `Sat,Sun` (the whole day).
 * @param what names the value in the error, such as a flag
 * @throws {UsageError} when they cannot be read */
export function parseBlackout(text: string, what: string): BlackoutWindow {
  const parts = text.trim().split(/\s+/);
  const time = parts.find((part) => /\d/.test(part));
  const dayParts = parts.filter((part) => part !== time);
  const hours = time === undefined ? { from: 0, to: DAY_MINUTES } : parseHours(time);
  const days = dayParts.length === 0 ? DAYS.map(() => true) : parseDays(dayParts.join(""));
  if (
    text.trim() === "" || hours === undefined || days === undefined || (time !== undefined && time !== parts.at(-1))
  ) {
    throw new UsageError(
      `${what}: "${text}" are no blackout hours`,
      "Write days, hours or both, such as 'Mon-Fri 08:00-18:00', '22:00-06:00' or 'Sat,Sun'",
    );
  }
  return { days, ...hours };
}

/** Whether blackout hours leave no minute of the week. */
export function coversTheWeek(windows: readonly string[]): boolean {
  const dark = new Array<boolean>(WEEK_MINUTES).fill(false);
  for (const { days, from, to } of windows.map((text) => parseBlackout(text, "blackout"))) {
    const end = to > from ? to : to + DAY_MINUTES;
    for (const [day, on] of days.entries()) {
      for (let minute = from; on && minute < end; minute++) dark[(day * DAY_MINUTES + minute) % WEEK_MINUTES] = true;
    }
  }
  return dark.every((minute) => minute);
}

function parseHours(text: string): { from: number; to: number } | undefined {
  const match = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [fromHour, fromMinute, toHour, toMinute] = match.slice(1).map(Number) as [number, number, number, number];
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  const real = fromMinute < 60 && toMinute < 60 && from < DAY_MINUTES && to <= DAY_MINUTES && from !== to;
  return real ? { from, to } : undefined;
}

function parseDays(text: string): boolean[] | undefined {
  const days = DAYS.map(() => false);
  for (const part of text.toLowerCase().split(",")) {
    const [first, last = first, ...more] = part.split("-").map(dayOf);
    if (first === undefined || first < 0 || last === undefined || last < 0 || more.length > 0) return undefined;
    for (let day = first;; day = (day + 1) % 7) {
      days[day] = true;
      if (day === last) break;
    }
  }
  return days;
}

/** Names in full or of three letters. @returns negative for what is none */
function dayOf(name: string): number {
  return DAYS.findIndex((day) => day === name || day.slice(0, 3) === name);
}
