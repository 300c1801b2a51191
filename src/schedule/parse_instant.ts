import { UsageError } from "../core/errors.ts";
import { zoneOffset } from "./zone_offset.ts";

const DAY_MS = 86_400_000;
const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Reads a point in time as users write it: `2026-04-01`, `2026-04-01 08:30`, `2026-04-01T08:30:00Z`.
 * @param zone of a time without an offset; a known IANA name
 * @param dayEdge what a day alone means: its first or its last millisecond
 * @param what names the value in the error, such as a flag
 * @throws {UsageError} when it is none */
export function parseInstant(text: string, zone: string, dayEdge: "start" | "end", what: string): Date {
  const match = FORM.exec(text.trim());
  const [, year, month, day, hour, minute, second, offset] = match ?? [];
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const real = match !== null && new Date(date).getUTCDate() === Number(day) && Number(month) <= 12;
  if (!real || Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) {
    throw new UsageError(
      `${what}: "${text}" is not a point in time`,
      "Write a day such as 2026-04-01, or a time such as 2026-04-01T08:30 (in the job's zone) or 2026-04-01T08:30:00Z",
    );
  }
  if (offset !== undefined) return new Date(text.trim().replace(" ", "T").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  if (hour === undefined) {
    return dayEdge === "start" ? fromWallTime(date, zone) : new Date(fromWallTime(date + DAY_MS, zone).getTime() - 1);
  }
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0);
  return fromWallTime(date + seconds * 1000, zone);
}

/** The instant at which the zone's clocks show a time: the first of two where clocks go back; where they go forward over
 * it, as much after the jump as it lies in the gap.
 * @param wall milliseconds as `Date.UTC` counts them */
export function fromWallTime(wall: number, zone: string): Date {
  const candidates = [zoneOffset(zone, wall - DAY_MS), zoneOffset(zone, wall + DAY_MS)].map((offset) => wall - offset);
  const shown = candidates.filter((at) => at + zoneOffset(zone, at) === wall);
  return new Date(shown.length > 0 ? Math.min(...shown) : candidates[0]!);
}
