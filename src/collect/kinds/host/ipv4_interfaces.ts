import { readFile } from "node:fs/promises";
import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { hostOutput } from "./host_command.ts";
import { parseIfconfig } from "./ifconfig.ts";
import { type Ipv4Interface, macToBase64 } from "./interface_record.ts";
import { notSupported } from "./not_supported.ts";
import { powershellObjects } from "./powershell.ts";
import { parseWindowsInterfaces, WINDOWS_INTERFACES } from "./windows_interfaces.ts";

export const ipv4Interfaces = defineCollector({
  kind: "ipv4Interfaces",
  where: "host",
  summary: "Network interfaces that are up and have an IPv4 address; on Windows, their flags follow from their type",
  title: "IPv4 Interfaces",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    const { interfaces, source } = await readInterfaces(signal);
    const found = interfaces
      .filter(({ Flags }) => (Flags & 1) !== 0 && (Flags & 4) === 0)
      .sort((a, b) => a.Index - b.Index);
    yield jsonEntry("host-collectors/system/ipv4Interfaces.json", found.length > 0 ? found : null, {
      indent: 0,
      source,
    });
  },
});

/** Those with an IPv4 address, up or not. */
async function readInterfaces(signal: AbortSignal): Promise<{ interfaces: Ipv4Interface[]; source: string }> {
  const what = "read the network interfaces";
  switch (Deno.build.os) {
    case "linux": {
      const names = Object.entries(os.networkInterfaces()).flatMap(([name, addresses]) =>
        addresses?.some(({ family, internal }) => family === "IPv4" && !internal) ? [name] : []
      );
      return { interfaces: await Promise.all(names.map(readInterface)), source: "/sys/class/net" };
    }
    case "darwin": {
      const { stdout } = await hostOutput(what, "ifconfig", ["-v"], signal);
      return { interfaces: parseIfconfig(stdout), source: "ifconfig -v" };
    }
    case "windows": {
      const adapters = await powershellObjects(what, WINDOWS_INTERFACES, signal);
      return { interfaces: parseWindowsInterfaces(adapters), source: "GetAllNetworkInterfaces" };
    }
    default:
      throw notSupported("The network interfaces", "Linux, macOS or Windows");
  }
}

async function readInterface(name: string): Promise<Ipv4Interface> {
  // An alias such as eth0:1 is an address of its device.
  const device = name.split(":")[0]!;
  const read = async (file: string) => (await readFile(`/sys/class/net/${device}/${file}`, "utf8")).trim();
  return {
    Index: Number(await read("ifindex")),
    MTU: Number(await read("mtu")),
    Name: name,
    HardwareAddr: macToBase64(await read("address")),
    Flags: interfaceFlags(Number(await read("flags")), await read("operstate")),
  };
}

/** Turns the kernel's flags of a device into the bits of the bundle. `/sys` does not set the kernel's own "running" bit:
 * it follows from the operational state. */
export function interfaceFlags(kernelFlags: number, operstate: string): number {
  const bits = [[0x1, 1], [0x2, 2], [0x8, 4], [0x10, 8], [0x1000, 16]] as const;
  let flags = 0;
  for (const [kernel, ours] of bits) if ((kernelFlags & kernel) !== 0) flags |= ours;
  const running = (kernelFlags & 0x1) !== 0 && (operstate === "up" || operstate === "unknown");
  return running || (kernelFlags & 0x40) !== 0 ? flags | 32 : flags;
}
