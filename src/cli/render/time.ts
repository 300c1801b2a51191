import { relativeTime, spanText } from "../../core/time_text.ts";

export { relativeTime, spanText };

/** As {@linkcode relativeTime}, for narrow columns: `in 3h`, `5m ago`. */
export function shortRelativeTime(at: Date, now: Date): string {
  return relativeTime(at, now).replace(" min", "m").replace(/(\d) ([shd])/, "$1$2");
}

/** A time as a wall clock in `zone` shows it, with the zone's offset when it is not UTC: `2026-03-29 02:30 CEST`. */
export function wallTime(at: Date, zone: string, seconds = false): string {
  const parts = new Map(formatter(zone).formatToParts(at).map((part) => [part.type, part.value]));
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  const clock = `${get("hour")}:${get("minute")}${seconds || get("second") !== "00" ? `:${get("second")}` : ""}`;
  return `${get("year")}-${get("month")}-${get("day")} ${clock} ${get("timeZoneName")}`;
}

/** RFC 3339, UTC, to the second. */
export function utcTime(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, "Z");
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let made = formatters.get(zone);
  if (made === undefined) {
    made = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "short",
    });
    formatters.set(zone, made);
  }
  return made;
}
