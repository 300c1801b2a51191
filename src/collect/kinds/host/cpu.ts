import { readdir, readFile } from "node:fs/promises";
import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { hostCommand } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";
import { powershellObjects } from "./powershell.ts";

export interface CpuInfo {
  logicalCount: number;
  /** Cores; where the system does not tell them, as many as `logicalCount`. */
  physicalCount: number;
  /** Each flag of any processor once, in the order met; null where the system tells none: always on macOS and Windows. */
  flags: string[] | null;
  machineArch: string;
}

export const cpu = defineCollector({
  kind: "cpu",
  where: "host",
  summary: "Number of processors, their flags (on Linux only) and the machine's architecture",
  title: "CPU Info",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    const { source, ...info } = await readCpu(signal);
    yield jsonEntry("host-collectors/system/cpu.json", info, { indent: 0, source });
  },
});

async function readCpu(signal: AbortSignal): Promise<CpuInfo & { source: string }> {
  const machineArch = archName(Deno.build);
  switch (Deno.build.os) {
    case "linux": {
      const info = parseCpuInfo(await readFile("/proc/cpuinfo", "utf8"));
      const physicalCount = info.physicalCount ?? await coresInTopology() ?? info.logicalCount;
      return {
        logicalCount: info.logicalCount,
        physicalCount,
        flags: info.flags,
        machineArch,
        source: "/proc/cpuinfo",
      };
    }
    case "darwin": {
      const { stdout } = await hostCommand("sysctl", ["-n", "hw.physicalcpu"], signal);
      const logicalCount = os.cpus().length;
      const physicalCount = Number(stdout.trim()) || logicalCount;
      return { logicalCount, physicalCount, flags: null, machineArch, source: "sysctl hw.physicalcpu" };
    }
    case "windows": {
      const script = "Get-CimInstance Win32_Processor | Select-Object NumberOfCores, NumberOfLogicalProcessors";
      const counts = countProcessors(await powershellObjects("read the processors", script, signal));
      const logicalCount = counts.logicalCount || os.cpus().length;
      const physicalCount = counts.physicalCount || logicalCount;
      return { logicalCount, physicalCount, flags: null, machineArch, source: "Win32_Processor" };
    }
    default:
      throw notSupported("The processors");
  }
}

/** The architecture as the system itself calls it (`uname -m`), and Windows as Linux does. */
export function archName({ os, arch }: { os: string; arch: string }): string {
  return os === "darwin" && arch === "aarch64" ? "arm64" : arch;
}

/** Adds up what Windows' `Win32_Processor` tells of each socket; 0: it does not tell. */
export function countProcessors(sockets: unknown[]): { logicalCount: number; physicalCount: number } {
  const sum = (field: string) =>
    sockets.reduce<number>((total, socket) => total + (Number(Object(socket)[field]) || 0), 0);
  return { logicalCount: sum("NumberOfLogicalProcessors"), physicalCount: sum("NumberOfCores") };
}

/** Reads the text of `/proc/cpuinfo`. `physicalCount` is undefined where it names no cores (ARM, some virtual machines). */
export function parseCpuInfo(
  text: string,
): { logicalCount: number; physicalCount: number | undefined; flags: string[] | null } {
  let logicalCount = 0;
  const cores = new Set<string>();
  const flags = new Set<string>();
  for (const block of text.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
    if (!fields.has("processor")) continue;
    logicalCount++;
    const core = fields.get("core id");
    if (core !== undefined) cores.add(`${fields.get("physical id") ?? 0}/${core}`);
    for (const flag of (fields.get("flags") ?? fields.get("Features") ?? "").split(/\s+/)) {
      if (flag !== "") flags.add(flag);
    }
  }
  return { logicalCount, physicalCount: cores.size || undefined, flags: flags.size === 0 ? null : [...flags] };
}

/** Distinct sets of hardware threads, as `/sys` lists them. */
async function coresInTopology(): Promise<number | undefined> {
  const root = "/sys/devices/system/cpu";
  const cores = new Set<string>();
  for (const name of await readdir(root).catch(() => [])) {
    if (!/^cpu\d+$/.test(name)) continue;
    const siblings = await readFile(`${root}/${name}/topology/thread_siblings_list`, "utf8").catch(() => "");
    if (siblings !== "") cores.add(siblings.trim());
  }
  return cores.size || undefined;
}
