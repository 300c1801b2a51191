import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import { archName, countProcessors, cpu, parseCpuInfo } from "../../../../src/collect/kinds/host/cpu.ts";
import { diskUsage } from "../../../../src/collect/kinds/host/disk_usage.ts";
import { hostOS, platformFrom } from "../../../../src/collect/kinds/host/host_os.ts";
import { macToBase64 } from "../../../../src/collect/kinds/host/interface_record.ts";
import { interfaceFlags, ipv4Interfaces } from "../../../../src/collect/kinds/host/ipv4_interfaces.ts";
import { memory } from "../../../../src/collect/kinds/host/memory.ts";
import { parseBusctl, parseTimedatectl, time } from "../../../../src/collect/kinds/host/time.ts";
import { collectAll } from "../../collect_all.ts";

const ignore = Deno.build.os !== "linux";

const cpuTexts = [
  [
    "counts two threads of one core once",
    "processor: 0\nphysical id: 0\ncore id: 3\nflags: a b\n\nprocessor: 1\nphysical id: 0\ncore id: 3\nflags: b c\n",
    2,
    1,
    ["a", "b", "c"],
  ],
  [
    "keeps equal cores of two sockets apart",
    "processor: 0\nphysical id: 0\ncore id: 0\nflags: a\n\nprocessor: 1\nphysical id: 1\ncore id: 0\nflags: a\n",
    2,
    2,
    ["a"],
  ],
  [
    "reads ARM, which names no cores",
    "processor\t: 0\nFeatures\t: fp asimd\n\nprocessor\t: 1\nFeatures\t: fp\n\nHardware\t: x\n",
    2,
    undefined,
    ["fp", "asimd"],
  ],
  ["has null for no flags", "processor: 0\n", 1, undefined, null],
] as const;
for (const [name, text, logicalCount, physicalCount, flags] of cpuTexts) {
  Deno.test(`parseCpuInfo() ${name}`, () =>
    deepStrictEqual(parseCpuInfo(text), { logicalCount, physicalCount, flags }));
}

const sockets: [name: string, sockets: unknown[], logicalCount: number, physicalCount: number][] = [
  ["one socket", [{ NumberOfCores: 6, NumberOfLogicalProcessors: 12 }], 12, 6],
  ["two sockets", Array(2).fill({ NumberOfCores: 16, NumberOfLogicalProcessors: 32 }), 64, 32],
  ["a system that does not tell", [{ NumberOfCores: null, NumberOfLogicalProcessors: null }], 0, 0],
  ["no answer, or none that means anything", [null, "x"], 0, 0],
];
for (const [name, list, logicalCount, physicalCount] of sockets) {
  Deno.test(`countProcessors() counts ${name}`, () =>
    deepStrictEqual(countProcessors(list), { logicalCount, physicalCount }));
}

const archs: [os: string, arch: string, expect: string][] = [
  ["linux", "x86_64", "x86_64"],
  ["linux", "aarch64", "aarch64"],
  ["darwin", "aarch64", "arm64"],
  ["darwin", "x86_64", "x86_64"],
  ["windows", "x86_64", "x86_64"],
];
for (const [os, arch, expect] of archs) {
  Deno.test(`archName() calls ${arch} on ${os} ${expect}`, () => strictEqual(archName({ os, arch }), expect));
}

const platforms = [
  [
    "Debian by its own version file",
    { osRelease: 'ID=debian\nVERSION_ID="12"\n', debianVersion: "12.11\n" },
    "debian",
    "12.11",
    "debian",
  ],
  [
    "Debian testing, whose file has no number",
    { osRelease: "ID=debian\n", debianVersion: "trixie/sid\n" },
    "debian",
    "",
    "debian",
  ],
  [
    "Ubuntu, not the Debian below it",
    { osRelease: 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"', debianVersion: "13.0" },
    "ubuntu",
    "24.04",
    "debian",
  ],
  ["RHEL", { osRelease: 'ID="rhel"\nVERSION_ID="9.4"' }, "redhat", "9.4", "rhel"],
  [
    "CentOS by its release file",
    { osRelease: 'ID="centos"\nVERSION_ID="8"', redhatRelease: "CentOS Linux release 8.5.2111\n" },
    "centos",
    "8.5.2111",
    "rhel",
  ],
  ["Oracle Linux", { osRelease: 'ID="ol"\nVERSION_ID="8.9"' }, "oracle", "8.9", "rhel"],
  ["Amazon Linux", { osRelease: 'ID="amzn"\nVERSION_ID="2023"' }, "amazon", "2023", "rhel"],
  ["SLES", { osRelease: 'ID="sles"\nVERSION_ID="15.5"' }, "sles", "15.5", "suse"],
  [
    "an unknown derivative by what it is like",
    { osRelease: "ID=pop\nID_LIKE='ubuntu debian'\nVERSION_ID=22.04" },
    "pop",
    "22.04",
    "debian",
  ],
  ["nothing known", { osRelease: "" }, "linux", "", "linux"],
] as const;
for (const [name, files, platform, platformVersion, platformFamily] of platforms) {
  Deno.test(`platformFrom() names ${name}`, () =>
    deepStrictEqual(platformFrom(files), { platform, platformVersion, platformFamily }));
}

const flagRows = [
  ["up, broadcast, multicast and running", 0x1003, "up", 1 + 2 + 16 + 32],
  ["loopback, whose state is unknown", 0x9, "unknown", 1 + 4 + 32],
  ["up without a carrier", 0x1003, "down", 1 + 2 + 16],
  ["point-to-point", 0x10d1, "unknown", 1 + 8 + 16 + 32],
  ["down", 0x1002, "down", 2 + 16],
] as const;
for (const [name, kernel, state, expect] of flagRows) {
  Deno.test(`interfaceFlags() gives the bits of ${name}`, () => strictEqual(interfaceFlags(kernel, state), expect));
}

Deno.test("macToBase64() encodes the bytes, and has null for no address", () => {
  strictEqual(macToBase64("02:fc:00:00:00:01"), "AvwAAAAB");
  strictEqual(macToBase64(""), null);
});

const clocks = [
  ["timedatectl", parseTimedatectl, "Timezone=Etc/UTC\nLocalRTC=no\nNTP=yes\nNTPSynchronized=no\n", "UTC", false, true],
  [
    "timedatectl",
    parseTimedatectl,
    "Timezone=Europe/Paris\nNTP=no\nNTPSynchronized=yes\n",
    "EUROPE/PARIS",
    true,
    false,
  ],
  ["busctl", parseBusctl, 's "America/New_York"\nb true\nb false\n', "AMERICA/NEW_YORK", true, false],
] as const;
for (const [tool, parse, text, timezone, ntp_synchronized, ntp_active] of clocks) {
  Deno.test(`time reads the answer of ${tool}: ${timezone}`, () =>
    deepStrictEqual(parse(text), { timezone, ntp_synchronized, ntp_active }));
}
Deno.test("time takes no other answer for one", () => {
  strictEqual(parseTimedatectl("Failed to connect\n"), undefined);
  strictEqual(parseBusctl("Call failed\n"), undefined);
});

Deno.test({
  name: "time either tells the time zone or says what it asked in vain",
  ignore,
  async fn() {
    const systemd = await new Deno.Command("timedatectl", { args: ["show"], stdout: "null", stderr: "null" }).output()
      .then(({ success }) => success, () => false);
    if (!systemd) {
      return await rejects(collectAll(time), { code: "HOST_TIME", message: /timedatectl.*busctl/s });
    }
    const { files } = await collectAll(time);
    match(
      files["host-collectors/system/time.json"]!,
      /^\{"timezone":"[A-Z/_+-]+","ntp_synchronized":(true|false),"ntp_active":(true|false)\}$/,
    );
  },
});

Deno.test({
  name: "cpu counts the processors of this machine",
  ignore,
  async fn() {
    const { entries, files } = await collectAll(cpu);
    strictEqual(entries.length, 1);
    const info = JSON.parse(files["host-collectors/system/cpu.json"]!);
    deepStrictEqual(Object.keys(info), ["logicalCount", "physicalCount", "flags", "machineArch"]);
    strictEqual(info.logicalCount, readFileSync("/proc/cpuinfo", "utf8").match(/^processor\s*:/gm)!.length);
    ok(info.physicalCount >= 1 && info.physicalCount <= info.logicalCount);
    const uname = await new Deno.Command("uname", { args: ["-m"] }).output();
    strictEqual(info.machineArch, new TextDecoder().decode(uname.stdout).trim());
    strictEqual(new Set(info.flags).size, info.flags.length);
  },
});

Deno.test("memory is one compact line with the total in bytes", async () => {
  const { files } = await collectAll(memory);
  match(files["host-collectors/system/memory.json"]!, /^\{"total":\d+\}$/);
  if (!ignore) {
    const kib = Number(/MemTotal:\s+(\d+) kB/.exec(readFileSync("/proc/meminfo", "utf8"))![1]);
    strictEqual(JSON.parse(files["host-collectors/system/memory.json"]!).total, kib * 1024);
  }
});

Deno.test({
  name: "hostOS tells name, kernel and distribution of this machine",
  ignore,
  async fn() {
    const { files } = await collectAll(hostOS);
    const text = files["host-collectors/system/hostos_info.json"]!;
    match(text, /^\{\n "name": /);
    const info = JSON.parse(text);
    strictEqual(info.name, os.hostname());
    strictEqual(info.kernelVersion, readFileSync("/proc/sys/kernel/osrelease", "utf8").trim());
    match(info.platform, /^[a-z]/);
    match(info.platformFamily, /^[a-z]/);
  },
});

Deno.test({
  name: "ipv4Interfaces lists what is up, and not the loopback",
  ignore,
  async fn() {
    const { files } = await collectAll(ipv4Interfaces);
    const list = JSON.parse(files["host-collectors/system/ipv4Interfaces.json"]!);
    const names = readdirSync("/sys/class/net");
    for (const item of list ?? []) {
      ok(names.includes(item.Name) && item.Name !== "lo");
      strictEqual(item.Flags & 5, 1);
      strictEqual(item.Index, Number(readFileSync(`/sys/class/net/${item.Name}/ifindex`, "utf8")));
      const mac = readFileSync(`/sys/class/net/${item.Name}/address`, "utf8").trim();
      strictEqual(Buffer.from(item.HardwareAddr, "base64").toString("hex"), mac.replaceAll(":", ""));
    }
    const external = Object.values(os.networkInterfaces()).flat().some((a) => a!.family === "IPv4" && !a!.internal);
    strictEqual(list !== null, external);
  },
});

Deno.test("diskUsage takes the nearest existing parent, and the collector's name for the file", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const { entries } = await collectAll(diskUsage, { path: `${folder}/not/there`, collectorName: "my disk" });
    const [file] = entries;
    ok(file?.type === "file");
    strictEqual(file.path, "host-collectors/diskUsage/my disk.json");
    strictEqual(file.source, folder);
    const { total_bytes, used_bytes } = JSON.parse(file.text);
    ok(total_bytes > used_bytes && used_bytes >= 0);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("diskUsage without a name is diskUsage.json", async () => {
  const { files } = await collectAll(diskUsage, { path: Deno.cwd() });
  match(files["host-collectors/diskUsage/diskUsage.json"]!, /^\{"total_bytes":\d+,"used_bytes":\d+\}$/);
});
