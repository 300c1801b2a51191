import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { readKernelConfig } from "./kernel_config_file.ts";
import { notSupported } from "./not_supported.ts";

export const kernelConfigs = defineCollector({
  kind: "kernelConfigs",
  where: "host",
  summary: "What the running kernel was built with",
  title: ({ collectorName }) => collectorName || "kernel-configs",
  fields: () => ({}),
  async *collect() {
    if (Deno.build.os !== "linux") throw notSupported("The kernel's configuration", "Linux");
    const problems: string[] = [];
    const found = await readKernelConfig("/", os.release(), problems);
    if (found === undefined) {
      const why = problems.length > 0 ? problems.join("; ") : `there is none for ${os.release()}`;
      throw new SupportBundleError(`Cannot read the kernel's configuration: ${why}`, {
        code: "HOST_FILE",
        hint: "Distributions keep it in /boot, or as /proc/config.gz (modprobe configs)",
      });
    }
    yield jsonEntry("host-collectors/system/kernel-configs.json", parseKernelConfig(found.text), {
      indent: 0,
      source: found.path,
    });
  },
});

/** Reads lines `CONFIG_…=y`. Numbers and texts are dropped, and so is what is not set. */
export function parseKernelConfig(text: string): Record<string, "y" | "m" | "n"> {
  const settings: Record<string, "y" | "m" | "n"> = {};
  for (const [, name, value] of text.matchAll(/^(CONFIG_\w+)=([ymn])\s*$/gm)) {
    settings[name!] = value as "y" | "m" | "n";
  }
  return settings;
}
