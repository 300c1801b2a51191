import { deepStrictEqual, throws } from "node:assert/strict";
import { parseIfconfig } from "../../../../src/collect/kinds/host/ifconfig.ts";
import type { Ipv4Interface } from "../../../../src/collect/kinds/host/interface_record.ts";
import { parseObjects } from "../../../../src/collect/kinds/host/powershell.ts";
import { parseWindowsInterfaces } from "../../../../src/collect/kinds/host/windows_interfaces.ts";

const [UP, BROADCAST, LOOPBACK, POINT_TO_POINT, MULTICAST, RUNNING] = [1, 2, 4, 8, 16, 32] as const;
const ETHERNET = UP | BROADCAST | MULTICAST | RUNNING;
const record = (Index: number, Name: string, MTU: number, HardwareAddr: string | null, Flags: number) => ({
  Index,
  MTU,
  Name,
  HardwareAddr,
  Flags,
});

// deno-fmt-ignore
const outputs: [name: string, output: string, expect: Ipv4Interface[]][] = [
  ["of macOS with -v", `lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384 index 1
	eflags=11000000<ECN_DISABLE>
	options=1203<RXCSUM,TXCSUM,TXSTATUS,SW_TIMESTAMP>
	inet 127.0.0.1 netmask 0xff000000
	inet6 ::1 prefixlen 128
	inet6 fe80::1%lo0 prefixlen 64 scopeid 0x1
en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500 index 11
	eflags=41200080<TXSTART,NOACKPRI,ECN_ENABLE,CHANNEL_DRV>
	options=6460<TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>
	ether 02:fc:00:00:00:01
	inet6 fe80::c1a:1%en0 prefixlen 64 secured scopeid 0xb
	inet 192.0.2.20 netmask 0xffffff00 broadcast 192.0.2.255
	media: autoselect
	status: active
en5: flags=8963<UP,BROADCAST,SMART,RUNNING,PROMISC,SIMPLEX,MULTICAST> mtu 1500 index 6
	ether 02:fc:00:00:00:02
	status: inactive
utun4: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1380 index 20
	inet 198.51.100.2 --> 198.51.100.1 netmask 0xffffffff
`, [
    record(1, "lo0", 16384, null, UP | LOOPBACK | MULTICAST | RUNNING),
    record(11, "en0", 1500, "AvwAAAAB", ETHERNET),
    record(20, "utun4", 1380, null, UP | POINT_TO_POINT | MULTICAST | RUNNING),
  ]],
  ["without an index, which a scope tells", `en1: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
	ether 02:fc:00:00:00:01
	inet6 fe80::1%en1 prefixlen 64 scopeid 0xb
	inet 192.0.2.20 netmask 0xffffff00 broadcast 192.0.2.255
`, [record(11, "en1", 1500, "AvwAAAAB", ETHERNET)]],
  ["without an index or an MTU", `en1: flags=8822<BROADCAST,SMART,SIMPLEX,MULTICAST>
	inet 192.0.2.20 netmask 0xffffff00
`, [record(0, "en1", 0, null, BROADCAST | MULTICAST)]],
  ["that has nothing", "", []],
];
for (const [name, output, expect] of outputs) {
  Deno.test(`parseIfconfig() reads output ${name}`, () => deepStrictEqual(parseIfconfig(output), expect));
}

const adapter = { name: "Ethernet", up: true, type: 6, mac: "02FC00000001", index: 9, mtu: 1500, addresses: 1 };
const adapters: [name: string, adapter: unknown, expect: Ipv4Interface[]][] = [
  ["Ethernet", adapter, [record(9, "Ethernet", 1500, "AvwAAAAB", ETHERNET)]],
  ["Wi-Fi that is down", { ...adapter, name: "WLAN", type: 71, up: false }, [
    record(9, "WLAN", 1500, "AvwAAAAB", BROADCAST | MULTICAST),
  ]],
  ["the loopback", { ...adapter, type: 24, mac: "", mtu: -1, index: 1 }, [
    record(1, "Ethernet", -1, null, UP | LOOPBACK | MULTICAST | RUNNING),
  ]],
  ["a tunnel", { ...adapter, type: 131, mac: "" }, [
    record(9, "Ethernet", 1500, null, UP | POINT_TO_POINT | MULTICAST | RUNNING),
  ]],
  ["a type that it does not know", { ...adapter, type: 53 }, [record(9, "Ethernet", 1500, "AvwAAAAB", UP | RUNNING)]],
  ["nothing of one without an address", { ...adapter, addresses: 0 }, []],
  ["nothing of what is no adapter", { Length: 3 }, []],
];
for (const [name, one, expect] of adapters) {
  Deno.test(`parseWindowsInterfaces() reads ${name}`, () => deepStrictEqual(parseWindowsInterfaces([one]), expect));
}

const answers: [name: string, text: string, expect: unknown[]][] = [
  ["no object", "\r\n", []],
  ["one object", '{"NumberOfCores":6,"NumberOfLogicalProcessors":12}\r\n', [
    { NumberOfCores: 6, NumberOfLogicalProcessors: 12 },
  ]],
  ["several objects, after a byte order mark", '\uFEFF[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
];
for (const [name, text, expect] of answers) {
  Deno.test(`parseObjects() reads ${name}`, () => deepStrictEqual(parseObjects("read the processors", text), expect));
}
Deno.test("parseObjects() says what it could not do with what is not JSON", () =>
  throws(() => parseObjects("read the processors", "Get-CimInstance : Access denied"), {
    code: "HOST_OUTPUT",
    message: "Cannot read the processors: PowerShell's answer is not JSON",
  }));
