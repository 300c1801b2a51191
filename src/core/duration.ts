import { UsageError } from "./errors.ts";

const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const WHOLE =
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|[smhdw])(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|[smhdw]))*$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|[smhdw])/g;

/** Reads a duration as specs and flags write it: Go's syntax (`1h30m`, `500ms`), and days and weeks (`30d`).
 * @returns milliseconds, negative for a leading `-`; undefined when the text is not a duration */
export function tryParseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!WHOLE.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * UNIT_MS[unit!]!;
  return text.startsWith("-") ? -ms : ms;
}

/** As {@linkcode tryParseDuration}, for text from a user.
 * @param what names the value in the error, such as a flag
 * @throws {UsageError} when the text is not a duration */
export function parseDuration(text: string, what: string): number {
  const ms = tryParseDuration(text.trim());
  if (ms === undefined) {
    throw new UsageError(
      `${what}: "${text}" is not a duration`,
      "Write a number and a unit, such as 90s, 30m, 1h30m or 7d",
    );
  }
  return ms;
}

/** The shortest exact form: `90_000` → `1m30s`, `250` → `250ms`, `0` → `0s`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return ms === 0 ? "0s" : `${Math.round(ms * 1000) / 1000}ms`;
  let rest = Math.round(ms);
  let text = "";
  for (const unit of ["d", "h", "m"]) {
    const count = Math.floor(rest / UNIT_MS[unit]!);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNIT_MS[unit]!;
  }
  return rest > 0 ? `${text}${rest / 1000}s` : text;
}
