import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseSysctl, sysctl } from "../../../../src/collect/kinds/host/sysctl.ts";
import { collectAll } from "../../collect_all.ts";

const behaviour = [
  ["Linux", "kernel.ostype = Linux\nvm.swappiness = 60\n", { "kernel.ostype": "Linux", "vm.swappiness": "60" }],
  ["macOS", "kern.ostype: Darwin\nuser.cs_path: /usr/bin:/bin\n", {
    "kern.ostype": "Darwin",
    "user.cs_path": "/usr/bin:/bin",
  }],
  ["values that hold the other's sign", "a.b = x: y\nc.d: e = f\n", { "a.b": "x: y", "c.d": "e = f" }],
  ["empty values", "kernel.domainname =\nkernel.x = \n", { "kernel.domainname": "", "kernel.x": "" }],
  ["tabs within a value", "net.ipv4.tcp_rmem = 4096\t131072\t6291456\n", {
    "net.ipv4.tcp_rmem": "4096\t131072\t6291456",
  }],
  ["a name with a colon", "net.ipv4.conf.eth0:1.arp = 1\n", { "net.ipv4.conf.eth0:1.arp": "1" }],
  ["lines of one value", "dev.cdrom.info = a\ndev.cdrom.info = b\n", { "dev.cdrom.info": "a\nb" }],
  ["no line that is something else", "sysctl: permission denied on key\n\n", {}],
] as const;
for (const [name, text, expect] of behaviour) {
  Deno.test(`parseSysctl() reads ${name}`, () => deepStrictEqual(parseSysctl(text), expect as Record<string, string>));
}

const has = await new Deno.Command("/usr/sbin/sysctl", { args: ["-V"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "sysctl tells the settings of this kernel, with a tool that is not in the PATH",
  ignore: !has || Deno.build.os !== "linux",
  async fn() {
    const { files } = await collectAll(sysctl);
    const settings = JSON.parse(files["host-collectors/system/sysctl.json"]!);
    strictEqual(settings["kernel.osrelease"], readFileSync("/proc/sys/kernel/osrelease", "utf8").trim());
  },
});

Deno.test("sysctl stops at an abort", () =>
  rejects(collectAll(sysctl, {}, { signal: AbortSignal.abort() }), { name: "AbortError" }));
