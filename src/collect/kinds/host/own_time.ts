import type { CollectContext } from "../../collector.ts";

/** What is kept of a collector's time for writing its result. */
const SPARE_MS = 2_000;

/** How long a check may go on: its own time, and never so long that the collector's deadline ends it without a result.
 * @returns milliseconds, from now on */
export function ownTimeMs(ownMs: number, { clock, deadlineAt }: Pick<CollectContext, "clock" | "deadlineAt">): number {
  if (deadlineAt === undefined) return ownMs;
  const leftMs = Math.max(deadlineAt.getTime() - clock.now().getTime(), 0);
  return Math.min(ownMs, Math.max(leftMs - SPARE_MS, leftMs / 2));
}
