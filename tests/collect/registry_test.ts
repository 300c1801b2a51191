import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as z from "zod";
import {
  clusterCollectors,
  hostCollectors,
  KNOWN_CLUSTER_KINDS,
  KNOWN_HOST_KINDS,
} from "../../src/collect/registry.ts";

const lists = [
  ["cluster", clusterCollectors, KNOWN_CLUSTER_KINDS, 33],
  ["host", hostCollectors, KNOWN_HOST_KINDS, 30],
] as const;
for (const [where, collectors, known, count] of lists) {
  const kinds = collectors.map(({ kind }) => kind);

  Deno.test(`the registry's ${where} kinds are known, each once, in the order in which keys count`, () => {
    strictEqual(known.length, count);
    strictEqual(new Set(known).size, count);
    deepStrictEqual(kinds, known.filter((kind) => kinds.includes(kind)));
  });

  for (const { kind, where: place, summary, schema } of collectors) {
    Deno.test(`${where} kind ${kind} says where it looks, what it gathers, and what each field means`, () => {
      strictEqual(place, where);
      ok(summary.length > 10 && !summary.endsWith("."));
      const { properties } = z.toJSONSchema(schema, { io: "input" }) as { properties: Record<string, Field> };
      ok("exclude" in properties && "collectorName" in properties);
      deepStrictEqual(undescribed(properties), []);
    });
  }
}

interface Field {
  description?: string;
  properties?: Record<string, Field>;
}

/** Paths of fields without a description, however deep. */
function undescribed(fields: Record<string, Field>, above = ""): string[] {
  return Object.entries(fields).flatMap(([name, { description, properties }]) => [
    ...(description ? [] : [above + name]),
    ...undescribed(properties ?? {}, `${above}${name}.`),
  ]);
}

const titles = [
  ["secret", { selector: ["a=b", "c=d"] }, "secret/a=b,c=d"],
  ["configMap", { collectorName: "cfg", selector: ["a=b"] }, "configmap/cfg"],
  ["logs", {}, "logs"],
  ["exec", { collectorName: "x" }, "exec/x"],
  ["data", { collectorName: "x" }, "data/x"],
  ["http", { get: { url: "http://x" } }, "http"],
  ["customMetrics", { collectorName: "x" }, "custom-metrics/x"],
  ["certificates", { collectorName: "x" }, "certificates"],
  ["helm", { collectorName: "x" }, "helm"],
  ["nodeMetrics", { collectorName: "x", selector: ["a"] }, "node-metrics"],
  ["supportBundleMetadata", { collectorName: "x" }, "support-bundle-metadata/x"],
  ["s3Status", { bucketName: "b", collectorName: "x" }, "s3Status/x"],
  ["copy", { containerPath: "/x", selector: ["a=b"] }, "copy/a=b"],
  ["copyFromHost", { hostPath: "/x", image: "i", name: "n" }, "copy-from-host"],
  ["collectd", { hostPath: "/x", image: "i", collectorName: "x" }, "collectd/x"],
  ["ceph", { collectorName: "x" }, "ceph/x"],
  ["longhorn", { collectorName: "x" }, "longhorn/x"],
  ["goldpinger", { collectorName: "x" }, "goldpinger"],
  ["sonobuoy", { collectorName: "x" }, "sonobuoy"],
  ["etcd", { collectorName: "x" }, "etcd"],
] as const;
for (const [kind, config, title] of titles) {
  Deno.test(`the title of ${kind} is ${title}`, () => {
    const collector = clusterCollectors.find((each) => each.kind === kind)!;
    strictEqual(collector.title(collector.schema.parse(config)), title);
  });
}

const hostTitles = [
  ["cpu", {}, "CPU Info"],
  ["memory", {}, "Amount of Memory"],
  ["diskUsage", { path: "/", collectorName: "root" }, "Disk Usage root"],
  ["ipv4Interfaces", {}, "IPv4 Interfaces"],
  ["hostOS", {}, "Host OS Info"],
  ["run", { command: "x" }, "Run Host"],
  ["copy", { path: "x", collectorName: "c" }, "c"],
  ["time", {}, "System Time"],
  ["tcpPortStatus", { port: 1 }, "TCP Port Status"],
  ["hostServices", {}, "Host Services"],
  ["blockDevices", {}, "Block Devices"],
  ["tcpConnect", { address: "a:1", collectorName: "db" }, "db"],
  ["kernelConfigs", {}, "kernel-configs"],
] as const;
Deno.test("host kinds have titles of their own, so that each has its own error file", () => {
  const configs: Record<string, unknown> = {
    run: { command: "x" },
    journald: { collectorName: "journald" },
    ...Object.fromEntries(["copy", "diskUsage"].map((kind) => [kind, { path: "/" }])),
    ...Object.fromEntries(["tcpPortStatus", "udpPortStatus"].map((kind) => [kind, { port: 1 }])),
    ...Object.fromEntries(["tcpLoadBalancer", "httpLoadBalancer"].map((kind) => [kind, { port: 1, address: "a:1" }])),
    tcpConnect: { address: "a:1" },
    subnetAvailable: { CIDRRangeAlloc: "10.0.0.0/8", desiredCIDR: 9 },
    filesystemPerformance: { directory: "/x" },
    certificate: { certificatePath: "a", keyPath: "b" },
    certificatesCollection: { paths: [] },
    dns: { hostnames: ["a"] },
    networkNamespaceConnectivity: { fromCIDR: "10.0.0.0/24", toCIDR: "10.1.0.0/24" },
    registryImages: { images: [] },
  };
  const titles = hostCollectors.map(({ kind, schema, title }) => title(schema.parse(configs[kind] ?? {})));
  deepStrictEqual(titles.length, KNOWN_HOST_KINDS.length);
  deepStrictEqual([...new Set(titles)], titles);
});

for (const [kind, config, title] of hostTitles) {
  Deno.test(`the title of host ${kind} is ${title}`, () => {
    const collector = hostCollectors.find((each) => each.kind === kind)!;
    strictEqual(collector.title(collector.schema.parse(config)), title);
  });
}

const needs: [string, unknown, { namespace?: string }, unknown][] = [
  ["logs", { namespace: "a" }, {}, [
    { verb: "list", resource: "pods", namespace: "a" },
    { verb: "get", resource: "pods", subresource: "log", namespace: "a" },
  ]],
  ["logs", {}, {}, [{ verb: "list", resource: "pods" }, { verb: "get", resource: "pods", subresource: "log" }]],
  ["exec", { namespace: "a" }, {}, [
    { verb: "list", resource: "pods", namespace: "a" },
    { verb: "create", resource: "pods", subresource: "exec", namespace: "a" },
  ]],
  ["copy", { containerPath: "/x" }, {}, [
    { verb: "list", resource: "pods" },
    { verb: "create", resource: "pods", subresource: "exec" },
  ]],
  ["secret", { name: "s" }, { namespace: "cli" }, [{ verb: "get", resource: "secrets", name: "s", namespace: "cli" }]],
  ["secret", { name: "s" }, {}, [{ verb: "get", resource: "secrets", name: "s", namespace: "default" }]],
  ["secret", { selector: ["a"] }, {}, [{ verb: "list", resource: "secrets" }]],
  ["configMap", { name: "c", namespace: "a" }, { namespace: "cli" }, [
    { verb: "get", resource: "configmaps", name: "c", namespace: "a" },
  ]],
];
for (const [kind, config, context, expect] of needs) {
  Deno.test(`${kind} needs what it asks for: ${JSON.stringify(config)}`, () => {
    const collector = clusterCollectors.find((each) => each.kind === kind)!;
    deepStrictEqual(collector.needs!(collector.schema.parse(config), context), expect);
  });
}
