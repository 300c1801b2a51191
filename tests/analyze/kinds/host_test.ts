import { deepStrictEqual } from "node:assert/strict";
import type { Analyzer } from "../../../src/analyze/analyzer.ts";
import { cpu } from "../../../src/analyze/kinds/host/cpu.ts";
import { diskUsage } from "../../../src/analyze/kinds/host/disk_usage.ts";
import { hostOS } from "../../../src/analyze/kinds/host/host_os.ts";
import { memory } from "../../../src/analyze/kinds/host/memory.ts";
import { fail, pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const V2 = "cmov cx8 fpu fxsr mmx syscall sse sse2 cx16 lahf_lm popcnt ssse3 sse4_1 sse4_2";
const V3 = V2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
const cpuFile = (flags: string | null, more: object = {}) => ({
  "host-collectors/system/cpu.json": {
    logicalCount: 8,
    physicalCount: 4,
    flags: flags?.split(" ") ?? null,
    machineArch: "x86_64",
    ...more,
  },
});
const memoryFile = { "host-collectors/system/memory.json": { total: 8 * 2 ** 30 } };
const diskFile = { "host-collectors/diskUsage/root.json": { total_bytes: 100 * 2 ** 30, used_bytes: 80 * 2 ** 30 } };
const osFile = (
  platform: string,
  platformVersion: string,
  platformFamily = platform,
  kernelVersion = "5.15.0-91-generic",
) => ({
  "host-collectors/system/hostos_info.json": { name: "h", platform, platformVersion, platformFamily, kernelVersion },
});
const ubuntu = osFile("ubuntu", "22.04", "debian");

type Files = Record<string, unknown>;
const conditions: [analyzer: Analyzer, when: string, files: Files, holds: boolean][] = [
  [cpu, ">= 8", cpuFile(V2), true],
  [cpu, "count > 8", cpuFile(V2), false],
  [cpu, "COUNT === 8", cpuFile(V2), true],
  [cpu, "count = 16", cpuFile(V2, { physicalCount: 16 }), true],
  [cpu, "logical != 8", cpuFile(V2), false],
  [cpu, "logical !== 7", cpuFile(V2), true],
  [cpu, "physical <= 4", cpuFile(V2), true],
  [cpu, "physical < 4", cpuFile(V2), false],
  [cpu, "machineArch == x86_64", cpuFile(V2), true],
  [cpu, "machinearch != x86_64", cpuFile(V2), false],
  [cpu, "supports x86-64", cpuFile(V2), true],
  [cpu, "cpu supports x86-64-v2", cpuFile(V2), true],
  [cpu, "supports x86-64-v3", cpuFile(V2), false],
  [cpu, "supports x86-64-v3", cpuFile(V3), true],
  [cpu, "supports x86-64-v4", cpuFile(V3), false],
  [cpu, "supports x86-64-v4", cpuFile(V3 + " avx512f avx512bw avx512cd avx512dq avx512vl"), true],
  [cpu, "supports x86-64", cpuFile(null), false],
  [cpu, "hasFlags sse2,popcnt", cpuFile(V2), true],
  [cpu, "cpu hasFlags sse2,avx", cpuFile(V2), false],
  [memory, ">= 8Gi", memoryFile, true],
  [memory, "> 8Gi", memoryFile, false],
  [memory, "= 8589934592", memoryFile, true],
  [memory, "< 8.5Gi", memoryFile, true],
  [memory, "<= 8G", memoryFile, false],
  [diskUsage, "total >= 100Gi", diskFile, true],
  [diskUsage, "used > 80Gi", diskFile, false],
  [diskUsage, "Available = 20Gi", diskFile, true],
  [diskUsage, "available < 20.5Gi", diskFile, true],
  [diskUsage, "used/total >= 80%", diskFile, true],
  [diskUsage, "used/total > .8", diskFile, false],
  [diskUsage, "Available/Total < 25%", diskFile, true],
  [hostOS, "ubuntu >= 20.04", ubuntu, true],
  [hostOS, "ubuntu = 22.04", ubuntu, true],
  [hostOS, "ubuntu == 22.4", ubuntu, true],
  [hostOS, "ubuntu < 22.04", ubuntu, false],
  [hostOS, "ubuntu != 22.04", ubuntu, false],
  [hostOS, "debian >= 22", ubuntu, true],
  [hostOS, "centos >= 7", ubuntu, false],
  [hostOS, "ubuntu = 18.04 || = 22.04", ubuntu, true],
  [hostOS, "ubuntu > 18.04 && < 22.04", ubuntu, false],
  [hostOS, "ubuntu = 18.04 || > 20.04 && < 23.0", ubuntu, true],
  [hostOS, "kernelVersion >= 5.4", ubuntu, true],
  [hostOS, "kernelVersion = 5.15.0-50-generic", ubuntu, true],
  [hostOS, "ubuntu-22.04-kernel >= 5.16", ubuntu, false],
  [hostOS, "ubuntu-22.04-kernel >= 5.15", ubuntu, true],
  [hostOS, "ubuntu-20.04-kernel >= 5.15", ubuntu, false],
  [hostOS, "rhel >= 8", osFile("rhel", "8.10"), true],
  [hostOS, "rhel > 8.9", osFile("rhel", "8.10"), true],
  [hostOS, "amazon = 2", osFile("amazon", "2"), true],
];

for (const [analyzer, when, files, holds] of conditions) {
  const config = { collectorName: analyzer === diskUsage ? "root" : undefined, outcomes: [pass(when), fail()] };
  Deno.test(`${analyzer.kind} "${when}" ${holds ? "holds" : "does not hold"} for ${JSON.stringify(files).slice(-60)}`, async () =>
    deepStrictEqual(await verdictsOf(analyzer, config, files), [holds ? "pass: P" : "fail: F"]));
}

const mistakes: [analyzer: Analyzer, when: string, problem: string][] = [
  [cpu, "8", "it is not a condition for CPUs"],
  [cpu, ">= many", '"many" is not an integer'],
  [cpu, "=> 8", '"=>" is not an operator here'],
  [cpu, "cores >= 8", '"cores" of a CPU cannot be compared'],
  [cpu, "machineArch > x86_64", '">" is not an operator here'],
  [cpu, "supports x86-64-v5", '"x86-64-v5" is not a level'],
  [memory, ">= 8GB", '"8GB" is not a whole number of bytes'],
  [memory, ">= -1", '"-1" is not a whole number of bytes'],
  [memory, ">= 0.5", '"0.5" is not a whole number of bytes'],
  [memory, "!= 8Gi", '"!=" is not an operator here'],
  [memory, ">=8Gi", "it is not an operator and a quantity"],
  [diskUsage, "> 8Gi", "it is not an amount, an operator and a value"],
  [diskUsage, "free > 8Gi", '"free" of a disk cannot be compared'],
  [diskUsage, "total > 80%", '"80%" is not a quantity'],
  [diskUsage, "used/total > 8Gi", '"8Gi" is not a share'],
  [diskUsage, "total != 8Gi", '"!=" is not an operator here'],
  [hostOS, "ubuntu 22.04", "it is not made of a name, operators and versions"],
  [hostOS, "ubuntu === 22.04", '"===" is not an operator for versions'],
  [hostOS, "ubuntu >= jammy", '"jammy" is not a version'],
  [hostOS, "ubuntu = 22.x", '"22.x" is not a version'],
  [hostOS, "ubuntu = 22.04 or = 20.04", '"or" stands where || or && should'],
];

for (const [analyzer, when, problem] of mistakes) {
  Deno.test(`${analyzer.kind} refuses "${when}"`, async () => {
    const [message] = await verdictsOf(analyzer, { outcomes: [pass(), fail(when)] }, {});
    deepStrictEqual([message?.startsWith("throws: Cannot read the condition "), message?.endsWith(problem)], [
      true,
      true,
    ], message);
  });
}

const nodes = { "host-collectors/system/node_list.json": { nodes: ["n1", "n2", "../../x", "..", 7] } };
const GB = { total: 1e9 };

const behaviour: [
  name: string,
  analyzer: Analyzer,
  config: Record<string, unknown>,
  files: Files,
  expected: string[],
][] = [
  ["says so when no outcome matches", memory, { outcomes: [fail("< 4Gi")] }, memoryFile, [
    "skipped/no-outcome-matched: No outcome of the spec matched 8589934592 bytes",
  ]],
  ["says which file is missing", memory, { outcomes: [fail()] }, {}, [
    "skipped/file-missing: The bundle does not have host-collectors/system/memory.json, or it is empty",
  ]],
  ["judges each node, and those that are missing", memory, { outcomes: [pass("= 1G"), fail()] }, {
    ...nodes,
    "host-collectors/system/n1/memory.json": GB,
  }, [
    "pass: P",
    "skipped/file-missing: The bundle does not have host-collectors/system/n2/memory.json, or it is empty",
  ]],
  ["reads nodes where their collectors write", memory, { outcomes: [pass("= 1G"), fail()] }, {
    ...nodes,
    "host-collectors/n1/system/memory.json": GB,
    "host-collectors/n2/system/memory.json": { total: 1 },
  }, ["pass: P", "fail: F"]],
  ["prefers this machine's data", memory, { outcomes: [pass("= 8Gi"), fail()] }, { ...nodes, ...memoryFile }, [
    "pass: P",
  ]],
  ["fails on data without the number", memory, { outcomes: [pass()] }, { "host-collectors/system/memory.json": {} }, [
    'throws: host-collectors/system/memory.json of the bundle has no number "total"',
  ]],
  ["fails on data that is no object", memory, { outcomes: [pass()] }, { "host-collectors/system/memory.json": "[]" }, [
    "throws: host-collectors/system/memory.json of the bundle does not hold a JSON object",
  ]],
  ["reads the default file", diskUsage, { outcomes: [pass("total = 1")] }, {
    "host-collectors/diskUsage/diskUsage.json": { total_bytes: 1, used_bytes: 0 },
  }, ["pass: P"]],
  ["does not divide by an empty disk", diskUsage, { outcomes: [fail("used/total > 80%")] }, {
    "host-collectors/diskUsage/diskUsage.json": { total_bytes: 0, used_bytes: 0 },
  }, ["throws: the disk has a size of 0 bytes, so no share of it can be had"]],
  ["does not leave the bundle", diskUsage, { collectorName: "../../x" }, {}, [
    'throws: The path "diskUsage/../../x.json" would lie outside the bundle',
  ]],
  [
    "is not hindered by an architecture that is hidden",
    cpu,
    { outcomes: [pass(">= 8")] },
    cpuFile(V2, {
      machineArch: "***HIDDEN***",
    }),
    ["pass: P"],
  ],
  [
    "fails where the architecture that counts is hidden",
    cpu,
    { outcomes: [pass("machineArch != arm64")] },
    cpuFile(V2, {
      machineArch: "***HIDDEN***",
    }),
    ['throws: host-collectors/system/cpu.json of the bundle has no "machineArch": redaction has hidden it'],
  ],
  ["fails on a number that is hidden", memory, { outcomes: [pass()] }, {
    "host-collectors/system/memory.json": { total: "***HIDDEN***" },
  }, ['throws: host-collectors/system/memory.json of the bundle has no number "total": redaction has hidden it']],
  [
    "fails where the version that counts is hidden",
    hostOS,
    { outcomes: [pass("ubuntu != 1")] },
    osFile("ubuntu", "***HIDDEN***"),
    [
      'throws: host-collectors/system/hostos_info.json of the bundle has no "platformVersion": redaction has hidden it',
    ],
  ],
  ["shows the system when no outcome matches", hostOS, { outcomes: [fail("rhel > 1")] }, osFile("ubuntu", "22.04"), [
    "skipped/no-outcome-matched: No outcome of the spec matched " +
    '{"platform":"ubuntu","platformVersion":"22.04","kernelVersion":"5.15.0-91-generic"}',
  ]],
  ["does not compare what is no version", hostOS, { outcomes: [fail("arch >= 1")] }, osFile("arch", "rolling"), [
    'throws: the version "rolling" of arch cannot be compared',
  ]],
];

for (const [name, analyzer, config, files, expected] of behaviour) {
  Deno.test(`${analyzer.kind} ${name}`, async () =>
    deepStrictEqual(await verdictsOf(analyzer, config, files), expected));
}

Deno.test("memory names the node in the title", async () =>
  deepStrictEqual(
    (await resultsOf(memory, { outcomes: [pass()] }, { ...nodes, "host-collectors/system/n1/memory.json": GB }))
      .map(({ title, evidence }) => [title, evidence]),
    [
      ["Amount of Memory - Node n1", [{ path: "host-collectors/system/n1/memory.json" }]],
      ["Amount of Memory - Node n2", undefined],
    ],
  ));
