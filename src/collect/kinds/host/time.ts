import { jsonEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { hostCommand } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";

export interface TimeInfo {
  /** Upper case; `ETC/UTC` is `UTC`. */
  timezone: string;
  ntp_synchronized: boolean;
  ntp_active: boolean;
}

const TIMEDATE = "org.freedesktop.timedate1";
const PROPERTIES = ["Timezone", "NTPSynchronized", "NTP"];

export const time = defineCollector({
  kind: "time",
  where: "host",
  summary: "Time zone, and whether the clock is kept by NTP",
  title: "System Time",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    if (Deno.build.os !== "linux") throw notSupported("The state of the clock", "Linux with systemd");
    const info = await readTime(signal);
    yield jsonEntry("host-collectors/system/time.json", info, { indent: 0, source: TIMEDATE });
  },
});

async function readTime(signal: AbortSignal): Promise<TimeInfo> {
  const attempts: { command: string; args: string[]; parse: (text: string) => TimeInfo | undefined }[] = [
    { command: "timedatectl", args: ["show"], parse: parseTimedatectl },
    // Old versions of timedatectl do not know "show".
    {
      command: "busctl",
      args: ["--system", "get-property", TIMEDATE, "/org/freedesktop/timedate1", TIMEDATE, ...PROPERTIES],
      parse: parseBusctl,
    },
  ];
  const failures: string[] = [];
  for (const { command, args, parse } of attempts) {
    try {
      const { stdout, stderr, exitCode } = await hostCommand(command, args, signal);
      const info = exitCode === 0 ? parse(stdout) : undefined;
      if (info !== undefined) return info;
      failures.push(`${command}: ${stderr.trim().split("\n").at(-1) || "unreadable answer"}`);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(describeError(error));
    }
  }
  throw new SupportBundleError(`Cannot read the state of the clock: ${failures.join("; ")}`, {
    code: "HOST_TIME",
    hint: "This needs systemd-timedated on the system's D-Bus",
  });
}

/** Reads the lines `Property=value` of `timedatectl show`. */
export function parseTimedatectl(text: string): TimeInfo | undefined {
  const values = new Map(text.split("\n").map((line) => line.split("=", 2) as [string, string | undefined]));
  const yes = (name: string) => values.get(name) === "yes";
  const zone = values.get("Timezone");
  return zone ? timeInfo(zone, yes("NTPSynchronized"), yes("NTP")) : undefined;
}

/** Reads one line `type value` a property, in the order asked for: `s "Etc/UTC"`, `b true`, `b true`. */
export function parseBusctl(text: string): TimeInfo | undefined {
  const [zone, synchronized, active] = text.trim().split("\n");
  const name = /^s "(.+)"$/.exec(zone ?? "")?.[1];
  return name ? timeInfo(name, synchronized === "b true", active === "b true") : undefined;
}

function timeInfo(zone: string, synchronized: boolean, active: boolean): TimeInfo {
  const upper = zone.toUpperCase();
  return { timezone: upper === "ETC/UTC" ? "UTC" : upper, ntp_synchronized: synchronized, ntp_active: active };
}
