import { readFile } from "node:fs/promises";
import os from "node:os";
import { jsonEntry } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";
import { notSupported } from "./not_supported.ts";

export interface Ipv4Interface {
  Index: number;
  MTU: number;
  Name: string;
  /** Base64 of the address's bytes; null for an interface without one. */
  HardwareAddr: string | null;
  /** 1 up, 2 broadcast, 4 loopback, 8 point-to-point, 16 multicast, 32 running. */
  Flags: number;
}

export const ipv4Interfaces = defineCollector({
  kind: "ipv4Interfaces",
  where: "host",
  summary: "Network interfaces that are up and have an IPv4 address",
  title: "IPv4 Interfaces",
  fields: () => ({}),
  async *collect() {
    if (Deno.build.os !== "linux") throw notSupported("The network interfaces", "Linux (/sys/class/net)");
    const found: Ipv4Interface[] = [];
    for (const [name, addresses] of Object.entries(os.networkInterfaces())) {
      if (addresses?.some(({ family, internal }) => family === "IPv4" && !internal)) {
        const item = await readInterface(name);
        if ((item.Flags & 1) !== 0 && (item.Flags & 4) === 0) found.push(item);
      }
    }
    found.sort((a, b) => a.Index - b.Index);
    yield jsonEntry("host-collectors/system/ipv4Interfaces.json", found.length > 0 ? found : null, {
      indent: 0,
      source: "/sys/class/net",
    });
  },
});

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

/** `02:fc:00:00:00:01` → `AvwAAAAB`; null for no address. */
export function macToBase64(mac: string): string | null {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2})+$/i.test(mac)) return null;
  return btoa(String.fromCharCode(...mac.split(":").map((byte) => parseInt(byte, 16))));
}
