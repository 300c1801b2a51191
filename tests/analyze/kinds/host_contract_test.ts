import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { hostAnalyzers } from "../../../src/analyze/registry.ts";
import { pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

/** Below `host-collectors/`, for a collector without a name and for one called `c`. */
interface Place {
  path: string;
  named?: string;
  title: string;
  /** A good file. */
  data: unknown;
  /** Conditions that look at all that is in the file. */
  when?: string[];
  config?: Record<string, unknown>;
}

const status = { status: "connected", message: "" };
const kinds: Record<string, Place> = {
  cpu: {
    when: ["logical >= 1", "machineArch == x86_64", "supports x86-64"],
    path: "system/cpu.json",
    title: "Number of CPUs",
    data: { logicalCount: 1, physicalCount: 1, flags: null, machineArch: "x86_64" },
  },
  memory: { when: [">= 1"], path: "system/memory.json", title: "Amount of Memory", data: { total: 1 } },
  tcpLoadBalancer: {
    when: ["connected"],
    path: "tcpLoadBalancer/tcpLoadBalancer.json",
    named: "tcpLoadBalancer/c.json",
    title: "TCP Load Balancer",
    data: status,
  },
  httpLoadBalancer: {
    when: ["connected"],
    path: "httpLoadBalancer/httpLoadBalancer.json",
    named: "httpLoadBalancer/c.json",
    title: "HTTP Load Balancer",
    data: status,
  },
  diskUsage: {
    when: ["available/total > 10%"],
    path: "diskUsage/diskUsage.json",
    named: "diskUsage/c.json",
    title: "Disk Usage",
    data: { total_bytes: 2, used_bytes: 1 },
  },
  tcpPortStatus: {
    when: ["connected"],
    path: "tcpPortStatus/tcpPortStatus.json",
    named: "tcpPortStatus/c.json",
    title: "TCP Port Status",
    data: status,
  },
  udpPortStatus: {
    when: ["connected"],
    path: "udpPortStatus/udpPortStatus.json",
    named: "udpPortStatus/c.json",
    title: "UDP Port Status",
    data: status,
  },
  http: {
    when: ["error", "statusCode == 200"],
    path: "http/result.json",
    named: "http/c.json",
    title: "HTTP Request",
    data: { response: { status: 200 } },
  },
  time: {
    when: ["timezone == X", "ntp == synchronized+active"],
    path: "system/time.json",
    title: "Time",
    data: { timezone: "UTC", ntp_synchronized: true, ntp_active: true },
  },
  blockDevices: { when: ["sd >= 1"], path: "system/block_devices.json", title: "Block Devices", data: [] },
  systemPackages: {
    when: ["{{ not .IsInstalled }}", "{{ eq .OS .Name }}"],
    path: "system/packages-packages.json",
    named: "system/c-packages.json",
    title: "System Packages",
    data: { os: "ubuntu", osVersion: "22.04", packages: [{ name: "a", details: "", exitCode: "0" }] },
  },
  kernelModules: {
    when: ["status == loaded", "a != loaded"],
    path: "system/kernel_modules.json",
    title: "Kernel Modules",
    data: {},
  },
  tcpConnect: {
    when: ["connected"],
    path: "connect/connect.json",
    named: "connect/c.json",
    title: "TCP Connection Attempt",
    data: status,
  },
  ipv4Interfaces: {
    when: ["count > 3"],
    path: "system/ipv4Interfaces.json",
    title: "IPv4 Interfaces",
    data: [{ Name: "eth0" }],
  },
  subnetAvailable: {
    when: ["no-subnet-available"],
    path: "subnetAvailable/result.json",
    named: "subnetAvailable/c.json",
    title: "Subnet Available",
    data: { CIDRRangeAlloc: "10.0.0.0/8", desiredCIDR: 22, status: "a-subnet-is-available" },
  },
  filesystemPerformance: {
    when: ["p99 > 1s", "max > 1s"],
    path: "filesystemPerformance/filesystemPerformance.json",
    named: "filesystemPerformance/c.json",
    title: "Filesystem Performance",
    data: { jobs: [{ jobname: "fsperf", sync: { lat_ns: { max: 1 } } }] },
  },
  certificate: {
    when: ["key-pair-invalid"],
    path: "certificate/certificate.json",
    named: "certificate/c.json",
    title: "Certificate Key Pair",
    data: "key-pair-valid",
  },
  certificatesCollection: {
    when: ["notAfter < Today + 3 days"],
    path: "certificatesCollection/certificatesCollection.json",
    named: "certificatesCollection/c.json",
    title: "Host Certificates Collection",
    data: [{
      certificatePath: "/a.pem",
      message: "cert-valid",
      certificateChain: [{ isValid: true, notAfter: "2100-01-01T00:00:00Z" }],
    }],
  },
  hostServices: {
    when: ["docker == active,running,loaded"],
    path: "system/systemctl_services.json",
    title: "Host Services",
    data: [{ Unit: "a.service", Load: "loaded", Active: "active", Sub: "running" }],
  },
  hostOS: {
    when: ["kernelVersion < 1", "ubuntu < 1", "a-1-kernel > 1"],
    path: "system/hostos_info.json",
    title: "Host OS Info",
    data: { platform: "ubuntu", platformVersion: "22.04", platformFamily: "debian", kernelVersion: "5.15.0" },
  },
  kernelConfigs: {
    path: "system/kernel-configs.json",
    title: "Kernel Configs",
    data: { CONFIG_BPF: "y" },
    config: { selectedConfigs: ["CONFIG_BPF=y"] },
  },
  networkNamespaceConnectivity: {
    path: "system/networkNamespaceConnectivity.json",
    named: "system/c.json",
    title: "Network Namespace Connectivity",
    data: { success: true },
  },
  sysctl: {
    when: ["total > 3", "status = x"],
    path: "system/sysctl.json",
    title: "Sysctl",
    data: { "vm.swappiness": "60" },
  },
  registryImages: {
    when: ["missing > 0"],
    path: "registry-images/images.json",
    named: "registry-images/c.json",
    title: "Registry Images",
    data: { images: { a: { exists: true } } },
  },
};

const nodeList = (...nodes: unknown[]) => ({ "host-collectors/system/node_list.json": { nodes } });
const readsNoFileOfItsOwn = ["subnetContainsIP", "textAnalyze", "jsonCompare"];
/** What reaches a bundle when a collector or a disk goes wrong. */
const HOSTILE = [
  "null",
  "[]",
  "{}",
  "[null]",
  "[[]]",
  "[{}]",
  "7",
  '"x"',
  "true",
  "no JSON",
  '{"status":null,"total":"***HIDDEN***","packages":[null],"images":{"a":null},"jobs":[null],"success":"yes"}',
  '{"status":"***HIDDEN***","packages":{"length":1},"images":[1],"jobs":{},"response":null,"error":7}',
  '{"__proto__":{"status":"connected"},"constructor":1,"timezone":[],"flags":"x","os":{}}',
  '[{"certificateChain":[null],"Unit":3,"name":{},"type":7}]',
  `[${"[".repeat(500)}${"]".repeat(500)}]`,
];

for (const analyzer of hostAnalyzers) {
  const place = kinds[analyzer.kind];
  if (place === undefined) {
    Deno.test(`${analyzer.kind} reads no file of its own`, () => ok(readsNoFileOfItsOwn.includes(analyzer.kind)));
    continue;
  }
  const { kind } = analyzer;
  const { path, named, title, data } = place;
  const config = { ...place.config, outcomes: [pass(undefined, "P", "https://x")] };
  const judged = (files: Record<string, unknown>, more: object = {}) =>
    verdictsOf(analyzer, { ...config, ...more }, files);
  const passed = (verdicts: string[]) => {
    strictEqual(verdicts.length, 1);
    match(verdicts[0]!, /^pass: P/);
  };

  Deno.test(`${kind} reads the data of this machine before that of nodes, and says where it read and where to read on`, async () => {
    const files = { [`host-collectors/${path}`]: data, ...nodeList("n1") };
    const results = await resultsOf(analyzer, config, files);
    deepStrictEqual(results.map(({ title, uri, evidence }) => ({ title, uri, evidence })), [
      { title: undefined, uri: "https://x", evidence: [{ path: `host-collectors/${path}` }] },
    ]);
  });

  Deno.test(`${kind} judges each node, in both places where its data can be, and tells of one that has none`, async () => {
    const [folder, file] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
    const results = await resultsOf(analyzer, config, {
      ...nodeList("n1", "n2", "n3", "../../x", "..", null, 7),
      [`host-collectors/${folder}/n1/${file}`]: data,
      [`host-collectors/n2/${path}`]: data,
    });
    deepStrictEqual(
      results.map(({ title, outcome }) => [title, outcome.status === "skipped" ? outcome.reason : outcome.status]),
      [
        [`${title} - Node n1`, "pass"],
        [`${title} - Node n2`, "pass"],
        [`${title} - Node n3`, "file-missing"],
      ],
    );
  });

  Deno.test(`${kind} says so when there is neither data nor a list of nodes`, async () => {
    for (const files of [{}, nodeList(), { "host-collectors/system/node_list.json": "[3]" }]) {
      deepStrictEqual(await judged(files), [
        `skipped/file-missing: The bundle does not have host-collectors/${path}, or it is empty`,
      ]);
    }
  });

  Deno.test(`${kind} tells of a node whose data is unreadable, and judges the others`, async () => {
    const results = await resultsOf(analyzer, config, {
      ...nodeList("n1", "n2"),
      [`host-collectors/n1/${path}`]: kind === "certificate" ? "***HIDDEN***" : "{",
      [`host-collectors/n2/${path}`]: data,
    });
    deepStrictEqual(results.map(({ title, outcome }) => [title, outcome.status]), [
      [`${title} - Node n1`, "error"],
      [`${title} - Node n2`, "pass"],
    ]);
  });

  Deno.test(`${kind} has results or an error for hostile data`, async () => {
    const outcomes = [undefined, [], ...(place.when ?? []).map((when) => [warn(when)])];
    for (const text of HOSTILE) {
      for (const more of outcomes) {
        const verdicts = await judged({ [`host-collectors/${path}`]: text }, more && { outcomes: more });
        ok(verdicts.length > 0, text);
        for (const verdict of verdicts) {
          doesNotMatch(verdict, /Cannot read (?:propert|the cond)|is not (?:a function|iterable)|undefined|\[object/);
        }
      }
    }
  });

  Deno.test(`${kind} has its title, and that of the spec`, () => {
    strictEqual(analyzer.title(analyzer.schema.parse(config)), title);
    strictEqual(analyzer.title(analyzer.schema.parse({ ...config, checkName: "C" })), "C");
  });

  Deno.test(`${kind} reads the file that collectorName names`, async () => {
    passed(await judged({ [`host-collectors/${named ?? path}`]: data }, { collectorName: "c" }));
    if (named === undefined) return;
    const [verdict] = await judged({}, { collectorName: "../../../etc/c" });
    match(verdict!, /^throws: The path ".*" would lie outside the bundle$/);
  });

  Deno.test(`${kind} refuses an outcome that is none`, async () =>
    deepStrictEqual(
      await judged({}, { outcomes: [pass(), {}] }).then((verdicts) => verdicts.map((verdict) => verdict.slice(0, 46))),
      ["throws: Cannot read the outcome number 2: it has none of"].map((text) => text.slice(0, 46)),
    ));

  Deno.test(`${kind} says so when no outcome matches`, async () => {
    if (kind === "kernelModules") {
      return deepStrictEqual(await judged({ [`host-collectors/${path}`]: data }, { outcomes: [] }), [
        "warn: no results",
      ]);
    }
    const [verdict] = await judged({ [`host-collectors/${path}`]: data }, { outcomes: [] });
    match(verdict!, /^skipped\/no-outcome-matched: No outcome of the spec matched ./);
  });
}

Deno.test("every host kind that reads a file is in the table", () =>
  deepStrictEqual(
    [...Object.keys(kinds), ...readsNoFileOfItsOwn].sort(),
    hostAnalyzers.map(({ kind }) => kind).sort(),
  ));
