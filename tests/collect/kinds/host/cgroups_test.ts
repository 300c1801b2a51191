import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { statfsSync } from "node:fs";
import { cgroups, FILE_SYSTEMS, parseProcCgroups, v2Controllers } from "../../../../src/collect/kinds/host/cgroups.ts";
import { collectAll } from "../../collect_all.ts";

Deno.test("parseProcCgroups() takes the controllers that are enabled", () => {
  const text = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t1\t1\nmemory\t0\t84\t0\npids\t8\t1\t1\n";
  deepStrictEqual(parseProcCgroups(text), ["cpuset", "pids"]);
});

const behaviour = [
  ["what the kernel lists, and cpuacct with cpu", "cpuset cpu io\n", { freezer: false, kernel: "4.10.0" }, [
    "cpuset",
    "cpu",
    "io",
    "cpuacct",
  ]],
  ["the freezer where groups can be frozen", "io", { freezer: true, kernel: "4.10.0" }, ["io", "freezer"]],
  ["the freezer since Linux 5.2", "io", { freezer: false, kernel: "5.2.0-1-amd64", config: "" }, ["io", "freezer"]],
  ["devices since 4.15", "", { freezer: false, kernel: "4.15.0" }, ["devices"]],
  ["no devices where the kernel has no filters", "", { freezer: true, kernel: "6.1.0", config: "CONFIG_BPF=y\n" }, [
    "freezer",
  ]],
  ["devices where it says so", "", { freezer: true, kernel: "6.1.0", config: "CONFIG_A=y\nCONFIG_CGROUP_BPF=y\n" }, [
    "freezer",
    "devices",
  ]],
] as const;
for (const [name, text, facts, expect] of behaviour) {
  Deno.test(`v2Controllers() has ${name}`, () => deepStrictEqual(v2Controllers(text, facts), expect));
}

const PATH = "host-collectors/system/cgroups.json";
const linux = Deno.build.os === "linux";
const off = { enabled: false, mountPoint: "", controllers: null };

Deno.test({
  name: "cgroups has nothing but false where nothing is mounted, and refuses what is something else",
  ignore: !linux,
  async fn() {
    const { files } = await collectAll(cgroups, { mountPoint: "/no/such/folder" });
    const expect = { "cgroup-enabled": false, "cgroup-v1": off, "cgroup-v2": off, allControllers: null };
    deepStrictEqual(JSON.parse(files[PATH]!), expect);
    match(files[PATH]!, /^\{\n {2}"cgroup-enabled": false,\n/);
    await rejects(collectAll(cgroups, { mountPoint: "/proc" }), { code: "HOST_FILE" });
  },
});

for (const mountPoint of ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]) {
  const type = linux
    ? await Promise.resolve().then(() => statfsSync(mountPoint).type).catch(() => undefined)
    : undefined;
  Deno.test({
    name: `cgroups tells version and controllers of ${mountPoint}`,
    ignore: type === undefined,
    async fn() {
      const { files } = await collectAll(cgroups, { mountPoint });
      const info = JSON.parse(files[PATH]!);
      const [on, not] = type === FILE_SYSTEMS.cgroup2 ? ["cgroup-v2", "cgroup-v1"] : ["cgroup-v1", "cgroup-v2"];
      deepStrictEqual([info["cgroup-enabled"], info[on].enabled, info[on].mountPoint], [true, true, mountPoint]);
      deepStrictEqual(info[not], off);
      deepStrictEqual(info.allControllers, [...info[on].controllers].sort());
    },
  });
}
