import type { Analyzer } from "./analyzer.ts";
import { clusterPodStatuses } from "./kinds/cluster/cluster_pod_statuses.ts";
import { clusterVersion } from "./kinds/cluster/cluster_version.ts";
import { configMap } from "./kinds/cluster/config_map.ts";
import { deploymentStatus } from "./kinds/cluster/deployment_status.ts";
import { nodeResources } from "./kinds/cluster/node_resources.ts";
import { secret } from "./kinds/cluster/secret.ts";
import { textAnalyze } from "./kinds/cluster/text_analyze.ts";
import { cpu } from "./kinds/host/cpu.ts";
import { diskUsage } from "./kinds/host/disk_usage.ts";
import { hostOS } from "./kinds/host/host_os.ts";
import { memory } from "./kinds/host/memory.ts";
import { hostTextAnalyze } from "./kinds/host/text_analyze.ts";

/** Analyzers of `spec.analyzers`, in the order that decides when an entry names two kinds. */
export const clusterAnalyzers: readonly Analyzer[] = [
  clusterVersion,
  secret,
  configMap,
  deploymentStatus,
  clusterPodStatuses,
  nodeResources,
  textAnalyze,
];

/** Analyzers of `spec.hostAnalyzers`, in the same way. */
export const hostAnalyzers: readonly Analyzer[] = [cpu, memory, diskUsage, hostOS, hostTextAnalyze];

/** Every kind that specs may name under `spec.analyzers`, in order of precedence, whether this version has it or not. */
export const KNOWN_CLUSTER_ANALYZERS: readonly string[] = [
  "clusterVersion",
  "storageClass",
  "ingressClass",
  "customResourceDefinition",
  "ingress",
  "secret",
  "configMap",
  "imagePullSecret",
  "deploymentStatus",
  "statefulsetStatus",
  "jobStatus",
  "replicasetStatus",
  "clusterPodStatuses",
  "clusterContainerStatuses",
  "containerRuntime",
  "distribution",
  "nodeResources",
  "textAnalyze",
  "yamlCompare",
  "jsonCompare",
  "postgres",
  "mysql",
  "mssql",
  "redis",
  "clickhouse",
  "cephStatus",
  "velero",
  "longhorn",
  "registryImages",
  "weaveReport",
  "sysctl",
  "clusterResource",
  "certificates",
  "goldpinger",
  "event",
  "nodeMetrics",
  "http",
  "s3Status",
];

/** The same for `spec.hostAnalyzers`. */
export const KNOWN_HOST_ANALYZERS: readonly string[] = [
  "cpu",
  "memory",
  "tcpLoadBalancer",
  "httpLoadBalancer",
  "diskUsage",
  "tcpPortStatus",
  "udpPortStatus",
  "http",
  "time",
  "blockDevices",
  "systemPackages",
  "kernelModules",
  "tcpConnect",
  "ipv4Interfaces",
  "subnetAvailable",
  "subnetContainsIP",
  "filesystemPerformance",
  "certificate",
  "certificatesCollection",
  "hostServices",
  "hostOS",
  "textAnalyze",
  "kernelConfigs",
  "jsonCompare",
  "networkNamespaceConnectivity",
  "sysctl",
  "registryImages",
];
