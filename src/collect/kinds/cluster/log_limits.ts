import { tryParseDuration } from "../../../core/duration.ts";

export const DEFAULT_MAX_LINES = 10_000;
export const DEFAULT_MAX_BYTES = 5_000_000;

/** `limits` of a logs collector. Zero counts as absent. */
export interface LogLimits {
  maxLines?: number;
  maxBytes?: number;
  /** A duration. */
  maxAge?: string;
  /** RFC 3339. */
  sinceTime?: string;
}

/** The part of a log that is asked for, as query parameters of `pods/log`. */
export interface LogQuery {
  tailLines?: number;
  limitBytes?: number;
  sinceTime?: string;
}

/** Which limits hold. The first that applies: the command line's `since`, `sinceTime`, `maxAge`, then lines and bytes.
 * Without `limits` only lines count. A time or age that cannot be read is passed over, so that a limit always holds. */
export function logQuery(limits: LogLimits | undefined, since: Date | undefined, now: Date): LogQuery {
  if (since !== undefined) return { sinceTime: rfc3339(since) };
  if (limits === undefined) return { tailLines: DEFAULT_MAX_LINES };
  const sinceTime = limits.sinceTime ? new Date(limits.sinceTime) : undefined;
  if (sinceTime !== undefined && !Number.isNaN(sinceTime.getTime())) return { sinceTime: rfc3339(sinceTime) };
  const ageMs = limits.maxAge ? tryParseDuration(limits.maxAge.trim()) : undefined;
  if (ageMs !== undefined && ageMs > 0) return { sinceTime: rfc3339(new Date(now.getTime() - ageMs)) };
  return { tailLines: limits.maxLines || DEFAULT_MAX_LINES, limitBytes: limits.maxBytes || DEFAULT_MAX_BYTES };
}

// Whole seconds: older API servers do not take fractions.
function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
