import type { NamespaceAddresses } from "./netns_addresses.ts";
import { hostOutput } from "./host_command.ts";

/** A network namespace with a link to the host. */
export interface NetworkNamespace extends AsyncDisposable {
  name: string;
}

/** Makes a namespace with `ip` (iproute2). What was made of one that cannot be finished is removed.
 * @param name at most 11 characters: its interfaces are `<name>-in` and `<name>-out`
 * @throws {SupportBundleError} with what `ip` says */
export async function makeNetworkNamespace(
  name: string,
  { network, inner, outer }: NamespaceAddresses,
  signal: AbortSignal,
): Promise<NetworkNamespace> {
  const ip = (...args: string[]) => hostOutput(`make the network namespace ${name}`, "ip", args, signal);
  const inside = (...args: string[]) => ip("netns", "exec", name, "ip", ...args);
  const remove = async () => {
    // Also when the run was interrupted. Its link goes with it, and that one's other end.
    const unhurried = new AbortController().signal;
    await hostOutput("remove it", "ip", ["link", "del", `${name}-out`], unhurried).catch(() => {});
    await hostOutput("remove it", "ip", ["netns", "del", name], unhurried).catch(() => {});
  };
  try {
    await ip("netns", "add", name);
    await ip("link", "add", `${name}-out`, "type", "veth", "peer", "name", `${name}-in`);
    await ip("link", "set", `${name}-in`, "netns", name);
    await ip("addr", "add", `${outer}/${network.prefix}`, "dev", `${name}-out`);
    await ip("link", "set", `${name}-out`, "up");
    await inside("addr", "add", `${inner}/${network.prefix}`, "dev", `${name}-in`);
    await inside("link", "set", "lo", "up");
    await inside("link", "set", `${name}-in`, "up");
    await inside("route", "add", "default", "via", outer);
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, [Symbol.asyncDispose]: remove };
}
