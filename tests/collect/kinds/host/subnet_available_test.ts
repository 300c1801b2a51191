import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { ipv4Text, parseIpv4Network } from "../../../../src/collect/kinds/host/ipv4_network.ts";
import { freeSubnet, parseRoutes, subnetAvailable } from "../../../../src/collect/kinds/host/subnet_available.ts";
import { collectAll } from "../../collect_all.ts";

const networks = [
  ["10.0.0.0/8", "10.0.0.0", 8],
  ["192.168.7.9/24", "192.168.7.0", 24],
  ["255.255.255.255/32", "255.255.255.255", 32],
  ["0.0.0.0/0", "0.0.0.0", 0],
  ["10.0.0.0", undefined],
  ["10.0.0/8", undefined],
  ["10.0.0.256/8", undefined],
  ["10.0.0.0/33", undefined],
  ["fd00::/8", undefined],
] as const;
for (const [text, start, prefix] of networks) {
  Deno.test(`parseIpv4Network() of ${text}`, () => {
    const network = parseIpv4Network(text);
    strictEqual(network && ipv4Text(network.start), start);
    strictEqual(network?.prefix, prefix);
  });
}

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
cni0	0000F40A	00000000	0001	0	0	0	0000FFFF	0	0	0
`;
Deno.test("parseRoutes() reads /proc/net/route, without default routes", () => {
  const routes = parseRoutes(ROUTES).map(({ start, prefix }) => `${ipv4Text(start)}/${prefix}`);
  deepStrictEqual(routes, ["192.0.2.0/24", "10.244.0.0/16"]);
});

const subnets: [string, string, number, string[], string | undefined][] = [
  ["the first of a range that nobody uses", "10.0.0.0/8", 22, [], "10.0.0.0/22"],
  ["the one behind a route", "10.0.0.0/8", 24, ["10.0.0.0/16"], "10.1.0.0/24"],
  ["none behind a route that covers the range", "10.1.0.0/16", 24, ["10.0.0.0/8"], undefined],
  ["none in a range that is full", "10.0.0.0/24", 25, ["10.0.0.0/25", "10.0.0.128/32"], undefined],
  ["the gap between two routes", "10.0.0.0/23", 25, ["10.0.0.0/25", "10.0.1.0/24"], "10.0.0.128/25"],
  ["one as large as the range", "10.0.0.0/8", 8, ["192.168.0.0/16"], "10.0.0.0/8"],
  ["a single address at the end of all", "255.255.255.254/31", 32, ["255.255.255.254/32"], "255.255.255.255/32"],
];
for (const [name, range, prefix, routes, expect] of subnets) {
  Deno.test(`freeSubnet() finds ${name}`, () => {
    const found = freeSubnet(parseIpv4Network(range)!, prefix, routes.map((route) => parseIpv4Network(route)!));
    strictEqual(found && `${ipv4Text(found.start)}/${found.prefix}`, expect);
  });
}

const refusals = [
  ["a range without a mask", { CIDRRangeAlloc: "10.0.0.0", desiredCIDR: 22 }],
  ["a subnet larger than its range", { CIDRRangeAlloc: "10.0.0.0/16", desiredCIDR: 8 }],
  ["IPv6", { CIDRRangeAlloc: "fd00::/8", desiredCIDR: 22 }],
] as const;
for (const [name, config] of refusals) {
  Deno.test(`subnetAvailable refuses ${name}`, () =>
    rejects(collectAll(subnetAvailable, config), { code: "SPEC_VALUE" }));
}

Deno.test({
  name: "subnetAvailable looks at this machine's routes",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { files } = await collectAll(subnetAvailable, { CIDRRangeAlloc: "10.0.0.0/8", desiredCIDR: "22" });
    match(
      files["host-collectors/subnetAvailable/result.json"]!,
      /^\{"CIDRRangeAlloc":"10\.0\.0\.0\/8","desiredCIDR":22,"status":"(a|no)-subnet-(is-)?available"\}$/,
    );
  },
});
