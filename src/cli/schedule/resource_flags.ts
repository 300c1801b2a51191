import type { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import { parseSize } from "../../core/size.ts";
import type { DaemonStatus } from "../../daemon/control_protocol.ts";
import type { Job } from "../../schedule/job.ts";

/** As commander leaves them. */
export interface ResourceFlags {
  maxMemory?: string;
  maxCpu?: string;
}

/** Below it, no run gets as far as collecting. */
const MIN_MEMORY_BYTES = 100e6;
const MIN_CPU = 0.05;
const MAX_CPU = 1_024;

/** The flags that bound what an attempt uses of the machine. */
export function addResourceFlags(command: Command): Command {
  return command
    .option(
      "--max-memory <size>",
      "end an attempt whose processes need more memory: 500MB, 1GB; 0: no limit of the job",
    )
    .option(
      "--max-cpu <cores>",
      "give an attempt no more processor time, where the daemon has a cgroup: 0.5, 2; 0: no limit",
    );
}

/** @throws {UsageError} that names the flag */
export function applyResourceFlags(draft: Job, { maxMemory, maxCpu }: ResourceFlags): void {
  if (maxMemory !== undefined) draft.limits = { ...draft.limits, maxMemory: memoryFlag(maxMemory.trim()) };
  if (maxCpu !== undefined) draft.limits = { ...draft.limits, maxCpu: cpuFlag(maxCpu.trim()) };
}

/** The limits in words.
 * @param enforced what the daemon says of itself; undefined: none runs, or an older one */
export function resourceText({ limits }: Job, enforced: DaemonStatus["enforced"]): string[] {
  const { maxMemory, maxCpu } = limits;
  const lines: string[] = [];
  if (isSet(maxMemory)) {
    const how = enforced === undefined ? "" : enforced.memory ? ", kept by the kernel" : ", looked at once a second";
    lines.push(`${maxMemory} memory an attempt${how}`);
  }
  if (isSet(maxCpu)) {
    const how = enforced === undefined
      ? ""
      : enforced.cpu
      ? ", kept by the kernel"
      : ": not enforced, since the daemon has no cgroup of its own (run it as a service of systemd)";
    lines.push(`${maxCpu} CPU an attempt${how}`);
  }
  return lines;
}

function isSet(limit: string): boolean {
  return limit !== "" && limit !== "0";
}

function memoryFlag(text: string): string {
  if (text === "") return "0";
  const bytes = parseSize(text, "--max-memory");
  if (bytes > 0 && bytes < MIN_MEMORY_BYTES) {
    throw new UsageError(
      `--max-memory: ${text} is less than an attempt needs to begin`,
      "Give it 100MB at least; 0: no limit",
    );
  }
  return bytes === 0 ? "0" : text;
}

function cpuFlag(text: string): string {
  const cores = text === "" ? 0 : /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (cores === 0) return "0";
  if (!(cores >= MIN_CPU && cores <= MAX_CPU)) {
    throw new UsageError(
      `--max-cpu: "${text}" is not a number of processors`,
      `Write a number from ${MIN_CPU} to ${MAX_CPU}, such as 0.5 or 2; 0: no limit`,
    );
  }
  return String(cores);
}
