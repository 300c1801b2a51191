import { statfs } from "node:fs/promises";
import { ownCpuMs } from "./process_identity.ts";

/** Room on a file system, in bytes. */
export interface DiskRoom {
  /** For this account. */
  available: number;
  size: number;
}

/** @returns undefined where the system does not tell */
export async function diskRoom(path: string): Promise<DiskRoom | undefined> {
  try {
    const { bsize, blocks, bavail } = await statfs(path);
    return { available: bavail * bsize, size: blocks * bsize };
  } catch {
    return undefined;
  }
}

/** What this process uses, under the names that all Prometheus clients have for it, in the text format. */
export async function processMetrics(startTime: Date): Promise<string[]> {
  const openFiles = await countOpenFiles();
  const figures: [name: string, type: string, help: string, value: number | undefined][] = [
    ["process_cpu_seconds_total", "counter", "Processor time of the daemon, without its attempts", ownCpuMs() / 1000],
    ["process_resident_memory_bytes", "gauge", "Memory of the daemon, without its attempts", Deno.memoryUsage().rss],
    ["process_open_fds", "gauge", "Files and sockets that the daemon has open (Linux)", openFiles],
    ["process_start_time_seconds", "gauge", "When the daemon started", startTime.getTime() / 1000],
  ];
  return figures.filter(([, , , value]) => value !== undefined)
    .flatMap(([name, type, help, value]) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`]);
}

async function countOpenFiles(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return (await Array.fromAsync(Deno.readDir("/proc/self/fd"))).length - 1; // one is that of this look
  } catch {
    return undefined;
  }
}
