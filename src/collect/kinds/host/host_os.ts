import { readFile } from "node:fs/promises";
import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { hostCommand } from "./host_command.ts";
import { parseOsRelease, readOsRelease } from "./os_release.ts";

export interface HostOs {
  /** The host's name. */
  name: string;
  kernelVersion: string;
  platformVersion: string;
  /** `ubuntu`, `debian`, `redhat`, … */
  platform: string;
  /** `debian`, `rhel`, `suse`, … */
  platformFamily: string;
}

type Platform = Pick<HostOs, "platform" | "platformVersion" | "platformFamily">;

export const hostOS = defineCollector({
  kind: "hostOS",
  where: "host",
  summary: "Name, kernel, distribution and version of this machine's operating system",
  title: "Host OS Info",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    const { platform, platformVersion, platformFamily } = await readPlatform(signal);
    const info: HostOs = {
      name: os.hostname(),
      kernelVersion: os.release(),
      platformVersion,
      platform,
      platformFamily,
    };
    yield jsonEntry("host-collectors/system/hostos_info.json", info, { indent: 1, source: "/etc/os-release" });
  },
});

async function readPlatform(signal: AbortSignal): Promise<Platform> {
  switch (Deno.build.os) {
    case "windows":
      return { platform: os.version(), platformVersion: os.release(), platformFamily: "windows" };
    case "darwin": {
      const { stdout } = await hostCommand("sw_vers", ["-productVersion"], signal);
      return { platform: "darwin", platformVersion: stdout.trim(), platformFamily: "Standalone Workstation" };
    }
    default: {
      const read = (path: string) => readFile(path, "utf8").catch(() => undefined);
      return platformFrom({
        osRelease: await readOsRelease(),
        debianVersion: await read("/etc/debian_version"),
        redhatRelease: await read("/etc/redhat-release"),
      });
    }
  }
}

// Names under which analyzers know a distribution, where they differ from its ID in os-release.
const PLATFORMS: Record<string, string> = { rhel: "redhat", ol: "oracle", amzn: "amazon" };

const FAMILIES: Record<string, readonly string[]> = {
  debian: ["debian", "ubuntu", "linuxmint", "raspbian", "kali"],
  fedora: ["fedora"],
  rhel: ["redhat", "oracle", "amazon", "centos", "rocky", "almalinux", "scientific", "cloudlinux", "xenserver"],
  suse: ["suse", "sles", "sled", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "caasp"],
  arch: ["arch", "manjaro"],
};

/** Names the distribution from the files that describe it.
 *
 * Debian and the RHEL family tell their minor version only in a file of their own; an Ubuntu's `debian_version` is that
 * of the Debian it was made from, and is not looked at. */
export function platformFrom(
  files: { osRelease: string; debianVersion?: string; redhatRelease?: string },
): Platform {
  const release = parseOsRelease(files.osRelease);
  const id = (release.get("ID") ?? "linux").toLowerCase();
  const platform = PLATFORMS[id] ?? id;
  const platformFamily = familyOf(platform) ??
    (release.get("ID_LIKE") ?? "").split(/\s+/).map((like) => familyOf(PLATFORMS[like] ?? like)).find(Boolean) ??
    platform;
  let platformVersion = release.get("VERSION_ID") ?? "";
  if (platform === "debian" && /^\d/.test(files.debianVersion ?? "")) platformVersion = files.debianVersion!.trim();
  if (platformFamily === "rhel" || platformFamily === "fedora") {
    platformVersion = /release (\d[\d.]*)/.exec(files.redhatRelease ?? "")?.[1] ?? platformVersion;
  }
  return { platform, platformVersion, platformFamily };
}

function familyOf(platform: string): string | undefined {
  return Object.keys(FAMILIES).find((family) => FAMILIES[family]!.includes(platform));
}
