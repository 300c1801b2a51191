import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { hostOutput } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";

export interface HostService {
  /** Name with its ending: `cron.service`. */
  Unit: string;
  /** `loaded`, `not-found`, `masked`, `error` … */
  Load: string;
  /** `active`, `inactive`, `failed`, `activating` … */
  Active: string;
  /** `running`, `exited`, `dead` … */
  Sub: string;
}

export const hostServices = defineCollector({
  kind: "hostServices",
  where: "host",
  summary: "Services of systemd and the state of each",
  title: ({ collectorName }) => collectorName || "Host Services",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    if (Deno.build.os !== "linux") throw notSupported("The services", "Linux with systemd");
    const args = ["list-units", "--type=service", "--no-legend", "--no-pager", "--plain", "--full", "--all"];
    const { stdout } = await hostOutput("read the services", "systemctl", args, signal);
    yield jsonEntry("host-collectors/system/systemctl_services.json", parseUnits(stdout), {
      indent: 0,
      source: "systemctl list-units --type=service",
    });
  },
});

/** Reads the rows of `systemctl list-units`. Versions that ignore `--plain` put a mark before units that are not well:
 * `●`, `×`, `○`, or `*` where the locale has no such characters. */
export function parseUnits(text: string): HostService[] {
  const services: HostService[] = [];
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (!words[0]!.includes(".")) words.shift();
    const [Unit, Load, Active, Sub] = words;
    if (Sub !== undefined) services.push({ Unit: Unit!, Load: Load!, Active: Active!, Sub });
  }
  return services;
}
