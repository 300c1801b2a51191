import type { Analyzer } from "./analyzer.ts";
import { cephStatus } from "./kinds/cluster/ceph_status.ts";
import { certificates } from "./kinds/cluster/certificates.ts";
import { clickhouse } from "./kinds/cluster/clickhouse.ts";
import { clusterContainerStatuses } from "./kinds/cluster/cluster_container_statuses.ts";
import { clusterPodStatuses } from "./kinds/cluster/cluster_pod_statuses.ts";
import { clusterResource } from "./kinds/cluster/cluster_resource.ts";
import { clusterVersion } from "./kinds/cluster/cluster_version.ts";
import { configMap } from "./kinds/cluster/config_map.ts";
import { containerRuntime } from "./kinds/cluster/container_runtime.ts";
import { customResourceDefinition } from "./kinds/cluster/custom_resource_definition.ts";
import { deploymentStatus } from "./kinds/cluster/deployment_status.ts";
import { distribution } from "./kinds/cluster/distribution.ts";
import { event } from "./kinds/cluster/event.ts";
import { goldpinger } from "./kinds/cluster/goldpinger.ts";
import { http } from "./kinds/cluster/http.ts";
import { imagePullSecret } from "./kinds/cluster/image_pull_secret.ts";
import { ingress } from "./kinds/cluster/ingress.ts";
import { ingressClass } from "./kinds/cluster/ingress_class.ts";
import { jobStatus } from "./kinds/cluster/job_status.ts";
import { jsonCompare } from "./kinds/cluster/json_compare.ts";
import { longhorn } from "./kinds/cluster/longhorn.ts";
import { mssql } from "./kinds/cluster/mssql.ts";
import { mysql } from "./kinds/cluster/mysql.ts";
import { nodeMetrics } from "./kinds/cluster/node_metrics.ts";
import { nodeResources } from "./kinds/cluster/node_resources.ts";
import { postgres } from "./kinds/cluster/postgres.ts";
import { redis } from "./kinds/cluster/redis.ts";
import { registryImages } from "./kinds/cluster/registry_images.ts";
import { replicasetStatus } from "./kinds/cluster/replicaset_status.ts";
import { s3Status } from "./kinds/cluster/s3_status.ts";
import { secret } from "./kinds/cluster/secret.ts";
import { statefulsetStatus } from "./kinds/cluster/statefulset_status.ts";
import { storageClass } from "./kinds/cluster/storage_class.ts";
import { sysctl } from "./kinds/cluster/sysctl.ts";
import { textAnalyze } from "./kinds/cluster/text_analyze.ts";
import { velero } from "./kinds/cluster/velero.ts";
import { weaveReport } from "./kinds/cluster/weave_report.ts";
import { yamlCompare } from "./kinds/cluster/yaml_compare.ts";
import { blockDevices } from "./kinds/host/block_devices.ts";
import { certificate } from "./kinds/host/certificate.ts";
import { certificatesCollection } from "./kinds/host/certificates_collection.ts";
import { cpu } from "./kinds/host/cpu.ts";
import { diskUsage } from "./kinds/host/disk_usage.ts";
import { filesystemPerformance } from "./kinds/host/filesystem_performance.ts";
import { hostOS } from "./kinds/host/host_os.ts";
import { hostServices } from "./kinds/host/host_services.ts";
import { hostHttp } from "./kinds/host/http.ts";
import { httpLoadBalancer } from "./kinds/host/http_load_balancer.ts";
import { ipv4Interfaces } from "./kinds/host/ipv4_interfaces.ts";
import { hostJsonCompare } from "./kinds/host/json_compare.ts";
import { kernelConfigs } from "./kinds/host/kernel_configs.ts";
import { kernelModules } from "./kinds/host/kernel_modules.ts";
import { memory } from "./kinds/host/memory.ts";
import { networkNamespaceConnectivity } from "./kinds/host/network_namespace_connectivity.ts";
import { hostRegistryImages } from "./kinds/host/registry_images.ts";
import { subnetAvailable } from "./kinds/host/subnet_available.ts";
import { subnetContainsIP } from "./kinds/host/subnet_contains_ip.ts";
import { hostSysctl } from "./kinds/host/sysctl.ts";
import { systemPackages } from "./kinds/host/system_packages.ts";
import { tcpConnect } from "./kinds/host/tcp_connect.ts";
import { tcpLoadBalancer } from "./kinds/host/tcp_load_balancer.ts";
import { tcpPortStatus } from "./kinds/host/tcp_port_status.ts";
import { hostTextAnalyze } from "./kinds/host/text_analyze.ts";
import { time } from "./kinds/host/time.ts";
import { udpPortStatus } from "./kinds/host/udp_port_status.ts";

/** Analyzers of `spec.analyzers`, in the order that decides when an entry names two kinds. */
export const clusterAnalyzers: readonly Analyzer[] = [
  clusterVersion,
  storageClass,
  ingressClass,
  customResourceDefinition,
  ingress,
  secret,
  configMap,
  imagePullSecret,
  deploymentStatus,
  statefulsetStatus,
  jobStatus,
  replicasetStatus,
  clusterPodStatuses,
  clusterContainerStatuses,
  containerRuntime,
  distribution,
  nodeResources,
  textAnalyze,
  yamlCompare,
  jsonCompare,
  postgres,
  mysql,
  mssql,
  redis,
  clickhouse,
  cephStatus,
  velero,
  longhorn,
  registryImages,
  weaveReport,
  sysctl,
  clusterResource,
  certificates,
  goldpinger,
  event,
  nodeMetrics,
  http,
  s3Status,
];

/** Analyzers of `spec.hostAnalyzers`, in the same way. */
export const hostAnalyzers: readonly Analyzer[] = [
  cpu,
  memory,
  tcpLoadBalancer,
  httpLoadBalancer,
  diskUsage,
  tcpPortStatus,
  udpPortStatus,
  hostHttp,
  time,
  blockDevices,
  systemPackages,
  kernelModules,
  tcpConnect,
  ipv4Interfaces,
  subnetAvailable,
  subnetContainsIP,
  filesystemPerformance,
  certificate,
  certificatesCollection,
  hostServices,
  hostOS,
  hostTextAnalyze,
  kernelConfigs,
  hostJsonCompare,
  networkNamespaceConnectivity,
  hostSysctl,
  hostRegistryImages,
];

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
