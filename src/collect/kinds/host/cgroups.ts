import { readdir, readFile, stat, statfs } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { jsonEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { readKernelConfig } from "./kernel_config_file.ts";
import { notSupported } from "./not_supported.ts";

export interface CgroupVersion {
  enabled: boolean;
  /** Empty where it is not enabled. */
  mountPoint: string;
  controllers: string[] | null;
}

export interface CgroupInfo {
  "cgroup-enabled": boolean;
  "cgroup-v1": CgroupVersion;
  "cgroup-v2": CgroupVersion;
  /** Sorted. */
  allControllers: string[] | null;
}

/** Types of file systems, as statfs(2) tells them. */
export const FILE_SYSTEMS = { cgroup2: 0x63677270, cgroup: 0x27e0eb, tmpfs: 0x1021994 } as const;

export const cgroups = defineCollector({
  kind: "cgroups",
  where: "host",
  summary: "Version and controllers of the control groups",
  title: ({ collectorName }) => collectorName || "cgroups",
  fields: () => ({
    mountPoint: textField().default("/sys/fs/cgroup").describe("Where the control groups are mounted"),
  }),
  async *collect({ mountPoint }) {
    if (Deno.build.os !== "linux") throw notSupported("The control groups", "Linux");
    yield jsonEntry("host-collectors/system/cgroups.json", await readCgroups(mountPoint || "/sys/fs/cgroup"), {
      source: mountPoint,
    });
  },
});

const OFF: CgroupVersion = { enabled: false, mountPoint: "", controllers: null };

async function readCgroups(mountPoint: string): Promise<CgroupInfo> {
  let type: number;
  try {
    type = (await statfs(mountPoint)).type;
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return cgroupInfo(OFF, OFF);
    throw new SupportBundleError(`Cannot read the control groups at "${mountPoint}"`, { code: "HOST_FILE", cause });
  }
  switch (type) {
    case FILE_SYSTEMS.cgroup2:
      return cgroupInfo(OFF, { enabled: true, mountPoint, controllers: await readV2(mountPoint) });
    case FILE_SYSTEMS.cgroup:
    case FILE_SYSTEMS.tmpfs: {
      const controllers = parseProcCgroups(await readFile("/proc/cgroups", "utf8"));
      return cgroupInfo({ enabled: true, mountPoint, controllers }, OFF);
    }
  }
  throw new SupportBundleError(`No control groups are mounted at "${mountPoint}"`, {
    code: "HOST_FILE",
    hint: "Set mountPoint to where they are (grep cgroup /proc/mounts)",
  });
}

function cgroupInfo(v1: CgroupVersion, v2: CgroupVersion): CgroupInfo {
  const enabled = v1.enabled || v2.enabled;
  const all = [...new Set([...v1.controllers ?? [], ...v2.controllers ?? []])].sort();
  return { "cgroup-enabled": enabled, "cgroup-v1": v1, "cgroup-v2": v2, allControllers: enabled ? all : null };
}

/** The enabled controllers of `/proc/cgroups`: `name hierarchy groups enabled`. */
export function parseProcCgroups(text: string): string[] {
  return text.split("\n").map((line) => line.trim().split(/\s+/))
    .filter(([name, , , enabled]) => name !== "" && !name!.startsWith("#") && enabled !== "0" && enabled !== undefined)
    .map(([name]) => name!);
}

async function readV2(mountPoint: string): Promise<string[]> {
  const text = await readFile(join(mountPoint, "cgroup.controllers"), "utf8");
  return v2Controllers(text, {
    freezer: await hasFreezer(mountPoint),
    kernel: os.release(),
    config: (await readKernelConfig("/", os.release()))?.text,
  });
}

/** The controllers of cgroup v2, with those of v1 that it does the work of without listing them: `cpuacct` is part of
 * `cpu`, every group can be frozen since Linux 5.2, and devices are filtered by eBPF since 4.15. That the kernel can is
 * told from its version and configuration: to try it would take an eBPF program and root's rights.
 * @param config of the kernel; without one the version alone decides */
export function v2Controllers(
  text: string,
  { freezer, kernel, config }: { freezer: boolean; kernel: string; config?: string },
): string[] {
  const listed = text.trim().split(/\s+/).filter((name) => name !== "");
  const [major = 0, minor = 0] = kernel.split(".").map((part) => parseInt(part, 10));
  const since = (wantedMajor: number, wantedMinor: number) =>
    major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  const more = [
    ...(listed.includes("cpu") ? ["cpuacct"] : []),
    ...(freezer || since(5, 2) ? ["freezer"] : []),
    ...(since(4, 15) && (config === undefined || /^CONFIG_CGROUP_BPF=y/m.test(config)) ? ["devices"] : []),
  ];
  return [...new Set([...listed, ...more])];
}

/** Only a group below the root has the file. */
async function hasFreezer(mountPoint: string): Promise<boolean> {
  const names = await readdir(mountPoint).catch(() => []);
  for (const name of ["", ...names]) {
    if (await stat(join(mountPoint, name, "cgroup.freeze")).then(() => true, () => false)) return true;
  }
  return false;
}
