import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { AttemptCgroups, type CgroupLimits, limitFiles } from "../../src/daemon/attempt_cgroup.ts";

/** Files as the kernel has them in a cgroup; what is written to them stays. */
const FILES = {
  "cgroup.procs": "",
  "cgroup.controllers": "cpu io memory pids\n",
  "cgroup.subtree_control": "",
};

/** A folder that looks like a mounted cgroup tree, in which the daemon, of pid 4711, is in `/service`. */
async function tree(
  { files = {}, self = "0::/service\n", mount = "/" }: {
    files?: Partial<Record<keyof typeof FILES, string>>;
    self?: string;
    mount?: string;
  } = {},
) {
  const root = await Deno.makeTempDir({ prefix: "sb-cgroup-" });
  const service = join(root, "cgroup", "service");
  const proc = join(root, "proc");
  await Deno.mkdir(join(proc, "self"), { recursive: true });
  await Deno.mkdir(join(service, "daemon"), { recursive: true });
  await Deno.writeTextFile(join(proc, "self", "cgroup"), `4:memory:/elsewhere\n${self}`);
  await Deno.writeTextFile(
    join(proc, "self", "mountinfo"),
    `24 1 8:1 / / rw - ext4 /dev/sda rw\n34 24 0:29 ${mount} ${join(root, "cgroup")} rw,nosuid - cgroup2 cgroup2 rw\n`,
  );
  for (const [name, text] of Object.entries({ ...FILES, ...files })) {
    await Deno.writeTextFile(join(service, name), text);
  }
  await Deno.writeTextFile(join(service, "daemon", "cgroup.procs"), "");
  const lines: string[] = [];
  return {
    service,
    lines,
    host: { clock: systemClock, log: { debug: (message: string) => void lines.push(message) }, pid: 4711, proc },
    read: (path: string) => Deno.readTextFile(join(service, path)).then((text) => text.trim(), () => undefined),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

const places: [name: string, where: Parameters<typeof tree>[0], has: boolean][] = [
  ["uses a cgroup that is the daemon's alone", { files: { "cgroup.procs": "4711\n" } }, true],
  ["knows the leaf that the service manager has put it in", { self: "0::/service/daemon\n" }, true],
  ["finds it below what is mounted", { self: "0::/outer/service\n", mount: "/outer" }, true],
  ["leaves a cgroup alone in which others are", { files: { "cgroup.procs": "4711\n17\n" } }, false],
  ["does without where version 2 is not used", { self: "" }, false],
  ["does without where its cgroup is not in what is mounted", { mount: "/other" }, false],
  ["does without where its cgroup is not there", { self: "0::/gone\n" }, false],
];
for (const [name, where, has] of places) {
  Deno.test({
    name: `AttemptCgroups.open() ${name}`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using stage = await tree(where);
      const cgroups = await AttemptCgroups.open(stage.host);
      strictEqual(cgroups !== undefined, has, stage.lines.join());
      strictEqual(await stage.read("daemon/cgroup.procs"), has ? "4711" : "");
    },
  });
}

const limits: [name: string, limits: CgroupLimits, controllers: string[], expect: [string, string][]][] = [
  ["has every limit", { maxMemoryMB: 500.5, maxCpu: 0.5 }, ["memory", "cpu", "pids"], [
    ["pids.max", "4096"],
    ["memory.max", "500500000"],
    ["memory.swap.max", "0"],
    ["memory.oom.group", "1"],
    ["cpu.max", "50000 100000"],
  ]],
  ["has several processors", { maxCpu: 2 }, ["memory", "cpu"], [["cpu.max", "200000 100000"]]],
  ["has none that the kernel would not keep", { maxMemoryMB: 500, maxCpu: 0.5 }, ["io"], []],
  ["has none that nobody wants", {}, ["memory", "cpu"], []],
];
for (const [name, wanted, controllers, expect] of limits) {
  Deno.test(`limitFiles() ${name}`, () => deepStrictEqual(limitFiles(wanted, new Set(controllers)), expect));
}
