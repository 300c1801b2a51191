import { parseDuration } from "../core/duration.ts";
import type { Job } from "./job.ts";

/** How much later than due a run starts, so that many jobs, or one job on many hosts, do not start together. Decided by
 * what it is about and not by chance: whoever asks gets the same.
 * @param host name of the machine whose daemon decides
 * @returns milliseconds, from 0 to less than the job's jitter */
export function jitterMs(job: Pick<Job, "id" | "jitter" | "jitterMode">, dueAt: Date, host: string): number {
  if (job.jitter === "") return 0;
  const about = job.jitterMode === "stable" ? [host, job.id] : [host, job.id, dueAt.toISOString()];
  return Math.floor(fraction(about.join("\0")) * parseDuration(job.jitter, "jitter"));
}

/** A number in [0, 1) for a text: FNV-1a, then the last step of MurmurHash3, which spreads what similar texts share. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
