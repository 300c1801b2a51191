const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** For people: `in 3 h`, `5 min ago`, `now` within the second. Two years away it is still counted in days. */
export function relativeTime(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  if (Math.abs(ms) < 1000) return "now";
  const span = roundSpan(Math.abs(ms));
  return ms > 0 ? `in ${span}` : `${span} ago`;
}

/** For people, one or two units: `850 ms`, `12.3 s`, `4 min 10 s`, `3 h 5 min`, `12 d`. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE - 50) return `${trimZero((ms / 1000).toFixed(1))} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return join(Math.floor(s / 60), "min", s % 60, "s");
  const min = Math.round(s / 60);
  if (min < 48 * 60) return join(Math.floor(min / 60), "h", min % 60, "min");
  const h = Math.round(min / 60);
  return join(Math.floor(h / 24), "d", h % 24, "h");
}

function roundSpan(ms: number): string {
  if (ms < MINUTE - 500) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR - MINUTE / 2) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

function join(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

function trimZero(text: string): string {
  return text.replace(/\.0$/, "");
}
