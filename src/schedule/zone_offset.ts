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
    const change = findChange(startMs, probe, (at) => zoneOffset(zone, at) === offsetMs);
    yield { startMs, endMs: change, offsetMs, beforeMs };
    beforeMs = offsetMs;
    startMs = change;
    offsetMs = zoneOffset(zone, change);
  }
}

/** Where the clocks change between the two instants, which lie on different sides of it. Clocks change at full seconds. */
function findChange(fromMs: number, toMs: number, isBefore: (instantMs: number) => boolean): number {
  let before = Math.floor(fromMs / 1000);
  let after = Math.floor(toMs / 1000);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isBefore(middle * 1000)) before = middle;
    else after = middle;
  }
  return after * 1000;
}

/** {@linkcode PROBE_MS} from a multiple of it on, in which clocks change once at most. */
interface Probe {
  offsetMs: number;
  /** Infinity when they do not. */
  changeMs: number;
  /** The offset from there on. */
  afterMs: number;
}

/** By zone and number: to ask `Intl` each time would be most of what a due time costs. */
const probes = new Map<string, Map<number, Probe>>();
/** Two and a half years of a zone. */
const MAX_PROBES = 180;

/** What the zone's clocks are ahead of UTC at an instant, in milliseconds. The zone must be a known one. */
export function zoneOffset(zone: string, instantMs: number): number {
  if (zone === "UTC") return 0;
  const { offsetMs, changeMs, afterMs } = probeOf(zone, Math.floor(instantMs / PROBE_MS));
  return instantMs < changeMs ? offsetMs : afterMs;
}

function probeOf(zone: string, number: number): Probe {
  let known = probes.get(zone);
  if (known === undefined) probes.set(zone, known = new Map());
  let probe = known.get(number);
  if (probe === undefined) {
    if (known.size >= MAX_PROBES) known.clear();
    known.set(number, probe = makeProbe(zone, number * PROBE_MS));
  }
  return probe;
}

function makeProbe(zone: string, startMs: number): Probe {
  const [offsetMs, afterMs] = [askOffset(zone, startMs), askOffset(zone, startMs + PROBE_MS)];
  const isBefore = (at: number) => askOffset(zone, at) === offsetMs;
  const changeMs = offsetMs === afterMs ? Infinity : findChange(startMs, startMs + PROBE_MS, isBefore);
  return { offsetMs, changeMs, afterMs };
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
