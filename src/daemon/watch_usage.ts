import type { Clock } from "../core/clock.ts";
import type { AttemptCgroup } from "./attempt_cgroup.ts";
import { ProcessTree } from "./process_tree.ts";

/** What the processes of an attempt have used so far, together. */
export interface AttemptUsage {
  peakMemoryMB?: number;
  cpuTimeMs?: number;
  /** What it has left on the disk. */
  diskUsageMB?: number;
}

/** How near an attempt has come to its limit of memory. */
export type MemoryLevel = "near" | "over";

/** As with its time: a tenth before the end, an attempt is told to finish with what it has. */
const NEAR = 0.9;
const FIRST_MS = 100;
const EVERY_MS = 1_000;

/** Samples what an attempt uses, until the signal is aborted.
 * @param usage is brought up to date
 * @param onLevel is told each time that memory is near the limit or over it; never "over" where the kernel keeps the limit */
export async function watchUsage(
  { leader, cgroup, maxMemoryMB, usage, clock, signal, onLevel }: {
    leader: number;
    cgroup?: AttemptCgroup;
    maxMemoryMB?: number;
    usage: AttemptUsage;
    clock: Clock;
    signal: AbortSignal;
    onLevel(level: MemoryLevel): void;
  },
): Promise<void> {
  const tree = new ProcessTree(leader);
  for (let waitMs = FIRST_MS; !signal.aborted; waitMs = EVERY_MS) {
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return;
    const [seen, counted] = await Promise.all([tree.sample(), cgroup?.usage()]);
    const memoryMB = counted?.memoryMB ?? seen?.memoryMB;
    addUsage(usage, { peakMemoryMB: seen?.peakMemoryMB, cpuTimeMs: counted?.cpuTimeMs ?? seen?.cpuTimeMs });
    addUsage(usage, { peakMemoryMB: memoryMB });
    if (maxMemoryMB === undefined || memoryMB === undefined) continue;
    if (memoryMB > maxMemoryMB && !cgroup?.boundsMemory) onLevel("over");
    else if (memoryMB > maxMemoryMB * NEAR) onLevel("near");
  }
}

/** The highest counts of two. */
export function addUsage(usage: AttemptUsage, { peakMemoryMB, cpuTimeMs }: AttemptUsage): void {
  if (peakMemoryMB !== undefined) usage.peakMemoryMB = Math.max(usage.peakMemoryMB ?? 0, peakMemoryMB);
  if (cpuTimeMs !== undefined) usage.cpuTimeMs = Math.max(usage.cpuTimeMs ?? 0, cpuTimeMs);
}
