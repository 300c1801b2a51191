import { isIPv4 } from "node:net";

/** True for addresses that nobody outside of this machine can reach, whatever its resolver says; those of version 6 with or
 * without brackets. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/^\[|\]$/g, "").replace(/^::ffff:/, "");
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}
