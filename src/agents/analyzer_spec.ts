import type { Problem } from "./problem.ts";

/** How the protocol of agents files the kinds of analyzers. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  cluster: ["clusterVersion", "containerRuntime", "distribution", "nodeResources", "nodeMetrics"],
  workload: [
    "deploymentStatus",
    "statefulsetStatus",
    "jobStatus",
    "replicasetStatus",
    "clusterPodStatuses",
    "clusterContainerStatuses",
  ],
  configuration: [
    "secret",
    "configMap",
    "imagePullSecret",
    "storageClass",
    "customResourceDefinition",
    "clusterResource",
  ],
  network: ["ingress", "ingressClass", "http"],
  data: ["textAnalyze", "yamlCompare", "jsonCompare"],
  database: ["postgres", "mysql", "mssql", "redis", "clickhouse"],
  storage: ["cephStatus", "longhorn", "velero", "s3Status"],
};

const NAMES: ReadonlyMap<string, string> = new Map([["customResourceDefinition", "crd"], ["configMap", "configmap"]]);

/** An analyzer in the form of the protocol, that says which finding is meant. What has no type of its own, analyzers of hosts
 * among it, is `infrastructure`. */
export function analyzerSpecOf({ index, kind, where }: Problem, filePath: string): unknown {
  const type = where === "cluster" && Object.keys(KINDS).find((type) => KINDS[type]!.includes(kind));
  const name = NAMES.get(kind) ?? kind.replaceAll(/[A-Z]+/g, (letters) => `-${letters.toLowerCase()}`);
  return { name, type: type || "infrastructure", config: { filePath, finding: index } };
}
