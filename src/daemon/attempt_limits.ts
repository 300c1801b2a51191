import { formatSize, parseSize } from "../core/size.ts";
import type { Job } from "../schedule/job.ts";

/** What one attempt may use of the machine; absent: as much as there is. */
export interface ResourceLimits {
  memory?: MemoryLimit;
  /** Processors, such as 0.5. */
  maxCpu?: number;
}

export interface MemoryLimit {
  maxMB: number;
  /** Who says so, for people. */
  from: string;
}

/** The limits of the job's attempts: the smaller of two counts.
 * @param capMB no job gets more */
export function resourceLimits({ limits }: Pick<Job, "limits">, capMB?: number): ResourceLimits {
  const ownMB = limits.maxMemory === "" ? 0 : parseSize(limits.maxMemory, "limits.maxMemory") / 1e6;
  const memory = ownMB > 0 && ownMB <= (capMB ?? Infinity)
    ? { maxMB: ownMB, from: "--max-memory of the job" }
    : capMB === undefined
    ? undefined
    : { maxMB: capMB, from: "maxMemoryMB in the settings" };
  const maxCpu = Number(limits.maxCpu);
  return { memory, maxCpu: maxCpu > 0 ? maxCpu : undefined };
}

/** Why an attempt ended that came to its limit of memory, and what is to be done.
 * @param limit undefined: it had none of its own, and the kernel ended it for that of the daemon or of the machine
 * @param peakMB what it had at its highest; undefined: it was not seen */
export function memoryError(limit: MemoryLimit | undefined, peakMB: number | undefined): string {
  const what = limit === undefined
    ? "ended by the kernel for want of memory"
    : `ended at its memory limit of ${formatSize(limit.maxMB * 1e6)} (${limit.from})`;
  const had = peakMB === undefined ? "" : `; it had ${formatSize(peakMB * 1e6)} at its highest`;
  return `${what}${had}. Give it more, or have it collect less`;
}
