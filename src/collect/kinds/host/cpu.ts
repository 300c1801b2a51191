import { readdir, readFile } from "node:fs/promises";
import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { hostCommand } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";

export interface CpuInfo {
  logicalCount: number;
  physicalCount: number;
  /** Each flag of any processor once, in the order met; null where the system tells none. */
  flags: string[] | null;
  machineArch: string;
}

export const cpu = defineCollector({
  kind: "cpu",
  where: "host",
  summary: "Number of processors, their flags and the machine's architecture",
  title: "CPU Info",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    yield jsonEntry("host-collectors/system/cpu.json", await readCpu(signal), { indent: 0, source: "/proc/cpuinfo" });
  },
});

async function readCpu(signal: AbortSignal): Promise<CpuInfo> {
  const machineArch = os.machine();
  switch (Deno.build.os) {
    case "linux": {
      const info = parseCpuInfo(await readFile("/proc/cpuinfo", "utf8"));
      const physicalCount = info.physicalCount ?? await coresInTopology() ?? info.logicalCount;
      return { logicalCount: info.logicalCount, physicalCount, flags: info.flags, machineArch };
    }
    case "darwin": {
      const { stdout } = await hostCommand("sysctl", ["-n", "hw.physicalcpu"], signal);
      const logicalCount = os.cpus().length;
      return { logicalCount, physicalCount: Number(stdout.trim()) || logicalCount, flags: null, machineArch };
    }
    default:
      throw notSupported("The processors");
  }
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
