import { jsonEntry, textEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { hostCommand } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";

export const sysctl = defineCollector({
  kind: "sysctl",
  where: "host",
  summary: "All settings of the kernel that sysctl shows",
  title: ({ collectorName }) => collectorName || "Sysctl",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    if (Deno.build.os === "windows") throw notSupported("The kernel's settings", "Linux or macOS with sysctl");
    const { stdout, stderr, exitCode } = await hostCommand("sysctl", ["-a"], signal);
    const settings = parseSysctl(stdout);
    const some = Object.keys(settings).length > 0;
    if (some) yield jsonEntry("host-collectors/system/sysctl.json", settings, { indent: 0, source: "sysctl -a" });
    if (stderr !== "") yield textEntry("host-collectors/system/sysctl-stderr.txt", stderr, "sysctl -a");
    // Settings that only root may read make it fail; which ones is in the file of errors.
    if (!some) {
      throw new SupportBundleError(
        `Cannot read the kernel's settings: sysctl: ${stderr.trim().split("\n")[0] || `exit code ${exitCode}`}`,
        { code: "HOST_COMMAND" },
      );
    }
  },
});

/** Reads lines `key = value` (Linux) and `key: value` (macOS). Lines that repeat a key are lines of one value. */
export function parseSysctl(text: string): Record<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^(\S+\.\S+?)\s*[=:](?:\s+(.*))?$/.exec(line);
    if (match === null) continue;
    const [, key, value = ""] = match;
    const before = settings.get(key!);
    settings.set(key!, before === undefined ? value.trim() : `${before}\n${value.trim()}`);
  }
  return Object.fromEntries(settings);
}
