/** Nanoseconds as Go prints durations: `1.5ms`, `12µs`, `1m30s`. */
export function goDuration(ns: number): string {
  if (ns < 0) return `-${goDuration(-ns)}`;
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${Math.trunc(ns)}ns`;
  if (ns < 1e6) return `${Math.trunc(ns) / 1e3}µs`;
  if (ns < 1e9) return `${Math.trunc(ns) / 1e6}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor(ns / 60e9) % 60;
  const seconds = `${Math.trunc(ns % 60e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
