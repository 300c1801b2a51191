import { UsageError } from "./errors.ts";

const FACTORS: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1000,
  kb: 1000,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 1024,
  kib: 1024,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
  ti: 1024 ** 4,
  tib: 1024 ** 4,
};

/** Reads a size such as `1GB`, `512MiB` or `1048576`.
 * @param what names the value in the error, such as a flag
 * @returns bytes
 * @throws {UsageError} when the text is not a size */
export function parseSize(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = match === null ? undefined : FACTORS[match[2]!.toLowerCase()];
  if (match === null || factor === undefined) {
    throw new UsageError(`${what}: "${text}" is not a size`, "Write a number and a unit, such as 500MB, 1GB or 2GiB");
  }
  return Math.round(Number(match[1]) * factor);
}

/** For people: `1_536_000` → `1.5 MB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Reads a rate such as `5MB/s`, `500kB/s` or `5MB`.
 * @param what names the value in the error, such as a flag
 * @returns bytes a second, more than 0
 * @throws {UsageError} when the text is not a rate */
export function parseRate(text: string, what: string): number {
  const size = /^(.*?)\s*(?:\/\s*s)?$/i.exec(text.trim())![1]!;
  const wrong = (cause?: unknown) =>
    new UsageError(`${what}: "${text}" is not a rate`, "Write bytes a second, such as 5MB/s or 500kB/s", { cause });
  let rate: number;
  try {
    rate = parseSize(size, what);
  } catch (cause) {
    throw wrong(cause);
  }
  if (rate > 0) return rate;
  throw wrong();
}
