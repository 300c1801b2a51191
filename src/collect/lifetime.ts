import type { CollectContext } from "./collector.ts";
import { MAX_LIFETIME_MS } from "./created_objects.ts";

/** What is kept of a collector's time to bring home what there is, and to clean up. */
const RESERVE_MS = 15_000;

/** How long a collector may work with what it creates: its own time, and never so long that the deadline of the run would
 * cut it off without a result.
 * @param ownMs `timeout` of the spec */
export function lifetimeMs(
  ownMs: number | undefined,
  { clock, deadlineAt }: Pick<CollectContext, "clock" | "deadlineAt">,
): number {
  const leftMs = deadlineAt === undefined ? Infinity : Math.max(deadlineAt.getTime() - clock.now().getTime(), 0);
  return Math.min(ownMs ?? MAX_LIFETIME_MS, MAX_LIFETIME_MS, Math.max(leftMs - RESERVE_MS, leftMs * 0.8));
}
