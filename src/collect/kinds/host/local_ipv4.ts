import os from "node:os";
import { SupportBundleError } from "../../../core/errors.ts";

type Interfaces = Partial<Record<string, { family: string; address: string; internal: boolean }[]>>;

/** The first IPv4 address of a network interface.
 * @throws {SupportBundleError} `HOST_INTERFACE` when there is no such interface, or it has none */
export function interfaceIpv4(name: string, interfaces: Interfaces = os.networkInterfaces()): string {
  const address = interfaces[name]?.find(({ family }) => family === "IPv4")?.address;
  if (address !== undefined) return address;
  throw new SupportBundleError(`The network interface "${name}" has no IPv4 address on this machine`, {
    code: "HOST_INTERFACE",
    hint: `Take one of: ${Object.keys(interfaces).sort().join(", ")}`,
  });
}

/** An address under which other machines may reach this one; that of the loopback where there is no other. */
export function localIpv4(interfaces: Interfaces = os.networkInterfaces()): string {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
