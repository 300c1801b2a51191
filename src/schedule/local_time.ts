import { zoneOffset, zoneSpans } from "./zone_offset.ts";

/** No zone is farther from UTC, and no change of clocks was larger. */
const MARGIN_MS = 26 * 3_600_000;

/** RFC 3339 as the zone's clocks show it: `2026-03-29T03:00:00+02:00`.
 * @param zone a known IANA name */
export function localTime(at: Date, zone: string): string {
  const offsetMs = zoneOffset(zone, at.getTime());
  return new Date(at.getTime() + offsetMs).toISOString().slice(0, 19) + offsetText(offsetMs);
}

/** `+02:00`, `-03:30`; with seconds where a zone had some long ago: `-00:44:30`. */
export function offsetText(offsetMs: number): string {
  const clock = new Date(Math.abs(offsetMs)).toISOString().slice(11, 19).replace(/:00$/, "");
  return (offsetMs < 0 ? "-" : "+") + clock;
}

/** Reads a time: RFC 3339, or without an offset (`2026-03-29T01:30`, `2026-03-29`) what the zone's clocks show. A time that
 * comes twice is its first; one that does not exist is the first instant after the jump over it.
 * @returns undefined when the text is no time */
export function parseLocalTime(text: string, zone: string): Date | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, date, time = "00:00", seconds = ":00", offset] = match;
  const day = new Date(`${date}T00:00:00Z`);
  // Date.parse takes 30 February for 1 March.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  const ms = Date.parse(`${date}T${time}${seconds}${offset?.toUpperCase() ?? "Z"}`);
  if (Number.isNaN(ms)) return undefined;
  return offset === undefined ? new Date(firstInstant(ms, zone)) : new Date(ms);
}

/** @param wallMs a time of the zone's clocks as if it were UTC */
function firstInstant(wallMs: number, zone: string): number {
  for (const { startMs, endMs, offsetMs } of zoneSpans(zone, wallMs - MARGIN_MS, wallMs + MARGIN_MS)) {
    if (wallMs < endMs + offsetMs) return Math.max(startMs, wallMs - offsetMs);
  }
  return wallMs - zoneOffset(zone, wallMs);
}
