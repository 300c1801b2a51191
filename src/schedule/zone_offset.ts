const DAY_MS = 86_400_000;
/** Shorter than any time between two changes of a zone's clocks: in parts of Brazil, the summer time of 2000 took a week. */
const PROBE_MS = 5 * DAY_MS;

/** A stretch of time in which the zone's clocks do not change. Milliseconds since the epoch; wall = instant + offset. */
export interface ZoneSpan {
  startMs: number;
  /** Exclusive. */
  endMs: number;
  offsetMs: number;
  /** The offset until `startMs`, when the clocks changed there; undefined when they did not. */
  beforeMs?: number;
}

/** Cuts time into spans of a few days at most, each with one offset. Bounded by `untilMs`. */
export function* zoneSpans(zone: string, fromMs: number, untilMs: number): Generator<ZoneSpan> {
  let startMs = fromMs;
  let offsetMs = zoneOffset(zone, startMs);
  let beforeMs: number | undefined;
  while (startMs < untilMs) {
    const probe = Math.min(startMs + PROBE_MS, untilMs);
    const offsetAtProbe = zoneOffset(zone, probe);
    if (offsetAtProbe === offsetMs) {
      yield { startMs, endMs: probe, offsetMs, beforeMs };
      beforeMs = undefined;
      startMs = probe;
      continue;
    }
    const change = findChange(zone, startMs, probe, offsetMs);
    yield { startMs, endMs: change, offsetMs, beforeMs };
    beforeMs = offsetMs;
    startMs = change;
    offsetMs = zoneOffset(zone, change);
  }
}

/** Where the clocks change between the two instants, which lie on different sides of it. Clocks change at full seconds. */
function findChange(zone: string, fromMs: number, toMs: number, offsetMs: number): number {
  let same = Math.floor(fromMs / 1000);
  let other = Math.floor(toMs / 1000);
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (zoneOffset(zone, middle * 1000) === offsetMs) same = middle;
    else other = middle;
  }
  return other * 1000;
}

/** Offsets at multiples of {@linkcode PROBE_MS}, by zone and number. To ask `Intl` takes a hundred times as long. */
const probed = new Map<string, Map<number, number>>();
/** Two and a half years of a zone. */
const MAX_PROBED = 180;

/** What the zone's clocks are ahead of UTC at an instant, in milliseconds. The zone must be a known one. */
export function zoneOffset(zone: string, instantMs: number): number {
  if (zone === "UTC") return 0;
  const probe = Math.floor(instantMs / PROBE_MS);
  const before = offsetAtProbe(zone, probe);
  return before === offsetAtProbe(zone, probe + 1) ? before : askOffset(zone, instantMs);
}

function offsetAtProbe(zone: string, probe: number): number {
  let known = probed.get(zone);
  if (known === undefined) probed.set(zone, known = new Map());
  let offset = known.get(probe);
  if (offset === undefined) {
    if (known.size >= MAX_PROBED) known.clear();
    known.set(probe, offset = askOffset(zone, probe * PROBE_MS));
  }
  return offset;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function askOffset(zone: string, instantMs: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  const seconds = Math.floor(instantMs / 1000) * 1000;
  const [month, day, year, hour, minute, second] = format.format(seconds).split(/\D+/).map(Number);
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - seconds;
}
