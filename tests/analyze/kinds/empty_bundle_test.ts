import { deepStrictEqual, ok } from "node:assert/strict";
import { clusterAnalyzers, hostAnalyzers } from "../../../src/analyze/registry.ts";
import { runAnalyzers } from "../../../src/analyze/run_analyzers.ts";
import { MemoryBundle } from "../memory_bundle.ts";
import { fail, pass } from "../judge_kind.ts";

const outcomes = [fail(""), pass("")];
const equality = [fail("false"), pass("true")];
const named = { namespace: "a", name: "x" };

/** What the smallest useful config of each kind says of a bundle in which there is nothing. */
const behaviour: [where: "cluster" | "host", kind: string, config: Record<string, unknown>, status?: "warn"][] = [
  ["cluster", "clusterVersion", { outcomes }],
  ["cluster", "storageClass", { outcomes }],
  ["cluster", "ingressClass", { outcomes }],
  ["cluster", "customResourceDefinition", { customResourceDefinitionName: "x", outcomes }],
  ["cluster", "ingress", { ingressName: "x", namespace: "a", outcomes }],
  ["cluster", "secret", { secretName: "x", namespace: "a", outcomes }],
  ["cluster", "configMap", { configMapName: "x", namespace: "a", outcomes }],
  ["cluster", "imagePullSecret", { registryName: "quay.io", outcomes }],
  ["cluster", "deploymentStatus", {}],
  ["cluster", "deploymentStatus", { ...named, outcomes }],
  ["cluster", "statefulsetStatus", {}],
  ["cluster", "statefulsetStatus", named],
  ["cluster", "jobStatus", {}],
  ["cluster", "jobStatus", { ...named, outcomes }],
  ["cluster", "replicasetStatus", {}],
  ["cluster", "replicasetStatus", { ...named, outcomes }],
  ["cluster", "clusterPodStatuses", { outcomes }],
  ["cluster", "clusterContainerStatuses", { outcomes }],
  ["cluster", "containerRuntime", { outcomes }],
  ["cluster", "distribution", { outcomes }],
  ["cluster", "nodeResources", { outcomes }, "warn"],
  ["cluster", "textAnalyze", { fileName: "x", regex: "x", outcomes: equality }, "warn"],
  ["cluster", "yamlCompare", { fileName: "x", value: "1", outcomes: equality }],
  ["cluster", "jsonCompare", { fileName: "x", value: "1", outcomes: equality }],
  ["cluster", "clusterResource", { kind: "pod", name: "x", outcomes }],
  ["cluster", "event", { reason: "x", outcomes: equality }],
  ["cluster", "postgres", { outcomes }],
  ["cluster", "mysql", { outcomes }],
  ["cluster", "mssql", { outcomes }],
  ["cluster", "redis", { outcomes }],
  ["cluster", "clickhouse", { outcomes }],
  ["cluster", "s3Status", { outcomes }],
  ["cluster", "cephStatus", {}],
  ["cluster", "velero", {}],
  ["cluster", "longhorn", {}],
  ["cluster", "registryImages", { outcomes }],
  ["cluster", "weaveReport", { reportFileGlob: "x/*" }],
  ["cluster", "sysctl", { outcomes }],
  ["cluster", "certificates", { outcomes }],
  ["cluster", "goldpinger", {}],
  ["cluster", "nodeMetrics", { outcomes }],
  ["cluster", "http", { outcomes }],
  ["host", "jsonCompare", { fileName: "x", value: "1", outcomes: equality }],
];

for (const [where, kind, config, status = "skipped"] of behaviour) {
  Deno.test(`${where} analyzer ${kind} ${JSON.stringify(config)} is not silent about an empty bundle`, async () => {
    const analyzer = (where === "cluster" ? clusterAnalyzers : hostAnalyzers).find((each) => each.kind === kind)!;
    const entry = { analyzer, config: analyzer.schema.parse({ checkName: "Check", strict: "true", ...config }) };
    analyzer.validate?.(entry.config);
    const { signal } = new AbortController();
    const findings = await Array.fromAsync(runAnalyzers([entry], new MemoryBundle({}), { signal }));
    deepStrictEqual(
      findings.map(({ title, kind, strict, outcome }) => ({ title, kind, strict, status: outcome.status })),
      [{ title: "Check", kind, strict: true, status }],
    );
    const { outcome } = findings[0]!;
    ok(outcome.status !== "skipped" || outcome.reason === "file-missing");
  });
}
