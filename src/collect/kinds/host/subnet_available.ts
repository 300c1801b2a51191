import { readFile } from "node:fs/promises";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { type Ipv4Network, networkEnd, parseIpv4Network } from "./ipv4_network.ts";
import { notSupported } from "./not_supported.ts";

const ROUTES = "/proc/net/route";

export const subnetAvailable = defineCollector({
  kind: "subnetAvailable",
  where: "host",
  summary: "Whether a range of addresses has room for a subnet that no route of this machine uses",
  title: ({ collectorName }) => collectorName || "Subnet Available",
  fields: () => ({
    CIDRRangeAlloc: textField().describe("Range to look in, such as 10.0.0.0/8"),
    desiredCIDR: z.coerce.number().int().min(1).max(32).describe("Prefix length of the subnet, such as 22"),
  }),
  async *collect({ CIDRRangeAlloc, desiredCIDR, collectorName }) {
    const range = parseIpv4Network(CIDRRangeAlloc);
    if (range === undefined) throw invalid(`"${CIDRRangeAlloc}" is no IPv4 range`, "Write one such as 10.0.0.0/8");
    if (desiredCIDR < range.prefix) {
      throw invalid(`a /${desiredCIDR} does not fit into ${CIDRRangeAlloc}`, "desiredCIDR has to be the larger number");
    }
    if (Deno.build.os !== "linux") throw notSupported("The routes of this machine", `Linux (${ROUTES})`);
    const routes = parseRoutes(await readFile(ROUTES, "utf8"));
    const status = freeSubnet(range, desiredCIDR, routes) === undefined
      ? "no-subnet-available"
      : "a-subnet-is-available";
    yield jsonEntry(
      bundlePath("host-collectors/subnetAvailable", `${collectorName || "result"}.json`),
      { CIDRRangeAlloc, desiredCIDR, status },
      { indent: 0, source: ROUTES },
    );
  },
});

function invalid(why: string, hint: string): SupportBundleError {
  return new SupportBundleError(`Cannot look for a subnet: ${why}`, { code: "SPEC_VALUE", hint });
}

/** Reads `/proc/net/route`, whose addresses are hexadecimal in the machine's (little-endian) order. Default routes are left
 * out: they lead everywhere. */
export function parseRoutes(text: string): Ipv4Network[] {
  const routes: Ipv4Network[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [, destination, , , , , , mask] = line.trim().split(/\s+/);
    if (destination === undefined || mask === undefined) continue;
    const prefix = swapped(mask).toString(2).replaceAll("0", "").length;
    if (prefix > 0) routes.push({ start: swapped(destination), prefix });
  }
  return routes;
}

function swapped(hex: string): number {
  return parseInt(hex.match(/../g)!.reverse().join(""), 16);
}

/** The first subnet of the range that overlaps no route. Each step leaps over a route, so their number bounds the work. */
export function freeSubnet(
  range: Ipv4Network,
  prefix: number,
  routes: readonly Ipv4Network[],
): Ipv4Network | undefined {
  const size = 2 ** (32 - prefix);
  for (let start = range.start; start + size <= networkEnd(range);) {
    const taken = routes.find((route) => route.start < start + size && start < networkEnd(route));
    if (taken === undefined) return { start, prefix };
    start = Math.max(start + size, Math.ceil(networkEnd(taken) / size) * size);
  }
}
