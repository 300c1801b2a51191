import { SupportBundleError } from "../../../core/errors.ts";
import { type Ipv4Network, ipv4Text, networkEnd, parseIpv4Network } from "./ipv4_network.ts";

/** The addresses on both ends of the link into a namespace. */
export interface NamespaceAddresses {
  network: Ipv4Network;
  /** The first usable one, in the namespace: `10.0.0.1`. */
  inner: string;
  /** The last usable one, on the host, and the namespace's default gateway. */
  outer: string;
}

/** @throws {SupportBundleError} `SPEC_VALUE` for what is no IPv4 range with room for two addresses */
export function namespaceAddresses(cidr: string): NamespaceAddresses {
  const network = parseIpv4Network(cidr);
  if (network === undefined || network.prefix > 30 || network.prefix === 0) {
    throw new SupportBundleError(
      `Cannot make a network namespace for "${cidr}": it is no IPv4 range with room for two`,
      {
        code: "SPEC_VALUE",
        hint: "Write one such as 10.32.0.0/20",
      },
    );
  }
  return { network, inner: ipv4Text(network.start + 1), outer: ipv4Text(networkEnd(network) - 2) };
}
