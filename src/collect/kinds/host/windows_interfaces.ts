import * as z from "zod";
import { type Ipv4Interface, macToBase64 } from "./interface_record.ts";

/** Lists the adapters that speak IPv4, for {@linkcode parseWindowsInterfaces}. It needs no rights. */
export const WINDOWS_INTERFACES = `[Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces() |
Where-Object { $_.Supports('IPv4') } | ForEach-Object {
  $all = $_.GetIPProperties()
  $ipv4 = $all.GetIPv4Properties()
  [pscustomobject]@{
    name = $_.Name; up = $_.OperationalStatus -eq 'Up'; type = [int]$_.NetworkInterfaceType
    mac = $_.GetPhysicalAddress().ToString(); index = $ipv4.Index; mtu = $ipv4.Mtu
    addresses = @($all.UnicastAddresses | Where-Object { $_.Address.AddressFamily -eq 'InterNetwork' }).Count
  }
}`;

const adapterSchema = z.object({
  name: z.string(),
  up: z.boolean(),
  /** As IANA numbers them. @see https://www.iana.org/assignments/ianaiftype-mib */
  type: z.number(),
  /** `00155D0A0B0C`, or empty. */
  mac: z.string(),
  index: z.number(),
  mtu: z.number(),
  addresses: z.number(),
});

// Windows has no such flags: they follow from the type, as Go's net package has it.
const FLAGS_OF_TYPE: Readonly<Record<number, number>> = {
  6: 2 + 16, // Ethernet
  9: 2 + 16, // token ring
  23: 8 + 16, // PPP
  24: 4 + 16, // loopback
  37: 2 + 8 + 16, // ATM
  71: 2 + 16, // Wi-Fi
  131: 8 + 16, // tunnel
  144: 2 + 16, // FireWire
};

/** The adapters that have an IPv4 address. "Running" is the same as "up" there; those of a type that is not known have no
 * other flag. What is no adapter is left out. */
export function parseWindowsInterfaces(adapters: unknown[]): Ipv4Interface[] {
  return adapters.flatMap((adapter) => {
    const { success, data } = adapterSchema.safeParse(adapter);
    if (!success || data.addresses === 0) return [];
    return [{
      Index: data.index,
      MTU: data.mtu,
      Name: data.name,
      HardwareAddr: macToBase64(data.mac.match(/../g)?.join(":") ?? ""),
      Flags: (data.up ? 1 + 32 : 0) + (FLAGS_OF_TYPE[data.type] ?? 0),
    }];
  });
}
