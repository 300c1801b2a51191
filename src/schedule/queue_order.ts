import type { Execution } from "./execution.ts";

/** Order of executions that wait for a slot: the highest priority first, then the longest due. For `sort`; the same for all
 * daemons. */
export function compareQueued(
  a: Pick<Execution, "priority" | "scheduledAt" | "id">,
  b: Pick<Execution, "priority" | "scheduledAt" | "id">,
): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.scheduledAt !== b.scheduledAt) return a.scheduledAt < b.scheduledAt ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
