import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type EchoResult, runEchoPeer } from "../../../../src/collect/kinds/host/echo_peer.ts";
import { namespaceAddresses } from "../../../../src/collect/kinds/host/netns_addresses.ts";
import {
  type NamespaceConnectivity,
  networkNamespaceConnectivity,
} from "../../../../src/collect/kinds/host/network_namespace_connectivity.ts";
import { collectAll } from "../../collect_all.ts";
import { freePort } from "./free_port.ts";

const addresses = [
  ["10.32.0.0/20", "10.32.0.1", "10.32.15.254"],
  ["192.168.1.77/24", "192.168.1.1", "192.168.1.254"],
  ["10.0.0.0/30", "10.0.0.1", "10.0.0.2"],
] as const;
for (const [cidr, inner, outer] of addresses) {
  Deno.test(`namespaceAddresses() of ${cidr}`, () => {
    const found = namespaceAddresses(cidr);
    deepStrictEqual([found.inner, found.outer], [inner, outer]);
  });
}
for (const cidr of ["10.0.0.0/31", "10.0.0.0", "fd00::/64", "0.0.0.0/0"]) {
  Deno.test(`namespaceAddresses() finds no room in ${cidr}`, () =>
    throws(() => namespaceAddresses(cidr), { code: "SPEC_VALUE" }));
}

const refusals = [
  ["one network twice", { fromCIDR: "10.0.0.0/24", toCIDR: "10.0.0.0/24" }],
  ["what is no network", { fromCIDR: "10.0.0.0/24", toCIDR: "10.1.0.0" }],
] as const;
for (const [name, config] of refusals) {
  Deno.test(`networkNamespaceConnectivity refuses ${name}`, () =>
    rejects(collectAll(networkNamespaceConnectivity, config), { code: "SPEC_VALUE" }));
}

Deno.test("runEchoPeer() of a client and a server meet over both protocols", async () => {
  const stop = new AbortController();
  const address = { hostname: "127.0.0.1", port: freePort() };
  const listening = Promise.withResolvers<EchoResult>();
  const server = runEchoPeer({ ...address, role: "server", timeoutMs: 60_000 }, listening.resolve, stop.signal);
  deepStrictEqual(await listening.promise, { udp: "", tcp: "" });
  const results: EchoResult[] = [];
  const ask = () => runEchoPeer({ ...address, role: "client", timeoutMs: 5_000 }, (r) => results.push(r), stop.signal);
  await ask();
  await runEchoPeer({ ...address, role: "server", timeoutMs: 60_000 }, (r) => results.push(r), AbortSignal.timeout(50));
  stop.abort();
  await server;
  deepStrictEqual(results[0], { udp: "", tcp: "" });
  match(results[1]!.udp, /in use/);
  match(results[1]!.tcp, /in use/);
  await runEchoPeer(
    { ...address, role: "client", timeoutMs: 100 },
    (r) => results.push(r),
    new AbortController().signal,
  );
  match(results[2]!.tcp, /refused/);
  ok(results[2]!.udp !== "");
});

const root = Deno.build.os === "linux" && Deno.uid() === 0 &&
  await new Deno.Command("unshare", {
    args: ["-n", "-m", "ip", "link", "add", "probe0", "type", "veth"],
    stdout: "null",
    stderr: "null",
  })
    .output().then(({ success }) => success, () => false);

/** Runs the check in a network namespace of its own, which stands for a whole machine.
 * @param setUp shell commands that prepare that machine
 * @returns the result, and what is left: namespaces and links */
async function onMachine(setUp: string, config: object): Promise<{ result: NamespaceConnectivity; left: string }> {
  const child = fileURLToPath(new URL("./collect_child.ts", import.meta.url));
  const configFile = fileURLToPath(new URL("../../../../deno.json", import.meta.url));
  const collect = `"$1" run -A --quiet --config "$2" "$3" networkNamespaceConnectivity "$4"`;
  const script =
    `set -e; mount -t tmpfs tmpfs /run; ip link set lo up; ${setUp}; ${collect}; ip netns list; ip -o link`;
  const args = ["-n", "-m", "sh", "-c", script, "sh", Deno.execPath(), configFile, child, JSON.stringify(config)];
  const { success, stdout, stderr } = await new Deno.Command("unshare", { args }).output();
  const text = new TextDecoder().decode(stdout);
  strictEqual(success, true, text + new TextDecoder().decode(stderr));
  const [files, ...left] = text.split("\n");
  const content = JSON.parse(files!)["host-collectors/system/networkNamespaceConnectivity.json"];
  match(content, /^\{\n {2}"from_cidr": /);
  return { result: JSON.parse(content), left: left.join("\n") };
}

const forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
const networks = { fromCIDR: "10.77.0.0/24", toCIDR: "10.78.0.0/24", timeout: "1s" };
const none = {
  from_cidr_creation: "",
  to_cidr_creation: "",
  udp_client: "",
  udp_server: "",
  tcp_client: "",
  tcp_server: "",
};
const behaviour: [string, string, (result: NamespaceConnectivity) => void][] = [
  ["finds that packets pass", forward, ({ errors, success, output }) => {
    deepStrictEqual([errors, success], [none, true]);
    match(
      output.logs[0]!,
      /^\[\d{4}-.*Z\] network namespace from-\w+ made: 10\.77\.0\.1, reached over 10\.77\.0\.254$/,
    );
  }],
  ["finds that the machine passes nothing on, and says why", "true", ({ errors, success, output }) => {
    strictEqual(success, false);
    deepStrictEqual({ ...errors, udp_client: "", tcp_client: "" }, none);
    ok(errors.udp_client !== "" && errors.tcp_client !== "");
    ok(output.logs.some((line) => line.endsWith("net.ipv4.ip_forward is 0")));
  }],
  [
    "leaves a network alone that the machine has a route to",
    `${forward}; ip link add eth0 type veth peer name eth1; ip addr add 10.77.0.9/16 dev eth0; ip link set eth0 up`,
    ({ errors, success }) => {
      strictEqual(success, false);
      match(errors.from_cidr_creation, /has a route into that network/);
      deepStrictEqual({ ...errors, from_cidr_creation: "" }, none);
    },
  ],
];
for (const [name, setUp, check] of behaviour) {
  Deno.test({
    name: `networkNamespaceConnectivity ${name}, and leaves no namespace`,
    ignore: !root,
    async fn() {
      const { result, left } = await onMachine(setUp, networks);
      check(result);
      ok(!/from-|to-/.test(left), left);
    },
  });
}
