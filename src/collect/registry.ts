import type { Collector } from "./collector.ts";
import { ceph } from "./kinds/cluster/ceph.ts";
import { certificates } from "./kinds/cluster/certificates.ts";
import { clusterInfo } from "./kinds/cluster/cluster_info.ts";
import { clusterResources } from "./kinds/cluster/cluster_resources/cluster_resources.ts";
import { collectd } from "./kinds/cluster/collectd.ts";
import { configMap } from "./kinds/cluster/config_map.ts";
import { copy as copyFromPods } from "./kinds/cluster/copy.ts";
import { copyFromHost } from "./kinds/cluster/copy_from_host.ts";
import { customMetrics } from "./kinds/cluster/custom_metrics.ts";
import { data } from "./kinds/cluster/data.ts";
import { dns } from "./kinds/cluster/dns.ts";
import { etcd } from "./kinds/cluster/etcd.ts";
import { exec } from "./kinds/cluster/exec.ts";
import { goldpinger } from "./kinds/cluster/goldpinger.ts";
import { helm } from "./kinds/cluster/helm.ts";
import { http } from "./kinds/cluster/http.ts";
import { logs } from "./kinds/cluster/logs.ts";
import { longhorn } from "./kinds/cluster/longhorn.ts";
import { nodeMetrics } from "./kinds/cluster/node_metrics.ts";
import { run as runInCluster } from "./kinds/cluster/run.ts";
import { runDaemonSet } from "./kinds/cluster/run_daemon_set.ts";
import { runPod } from "./kinds/cluster/run_pod.ts";
import { registryImages } from "./kinds/cluster/registry_images.ts";
import { s3Status } from "./kinds/cluster/s3_status.ts";
import { secret } from "./kinds/cluster/secret.ts";
import { sonobuoy } from "./kinds/cluster/sonobuoy.ts";
import { supportBundleMetadata } from "./kinds/cluster/support_bundle_metadata.ts";
import { sysctl } from "./kinds/cluster/sysctl.ts";
import { postgres } from "./kinds/cluster/postgres.ts";
import { mssql } from "./kinds/cluster/mssql.ts";
import { mysql } from "./kinds/cluster/mysql.ts";
import { redis } from "./kinds/cluster/redis.ts";
import { clickhouse } from "./kinds/cluster/clickhouse.ts";
import { copy } from "./kinds/host/copy.ts";
import { cpu } from "./kinds/host/cpu.ts";
import { diskUsage } from "./kinds/host/disk_usage.ts";
import { hostOS } from "./kinds/host/host_os.ts";
import { ipv4Interfaces } from "./kinds/host/ipv4_interfaces.ts";
import { memory } from "./kinds/host/memory.ts";
import { run } from "./kinds/host/run.ts";
import { time } from "./kinds/host/time.ts";
import { dns as dnsFromHost } from "./kinds/host/dns.ts";
import { filesystemPerformance } from "./kinds/host/filesystem_performance.ts";
import { networkNamespaceConnectivity } from "./kinds/host/network_namespace_connectivity.ts";
import { blockDevices } from "./kinds/host/block_devices.ts";
import { certificate } from "./kinds/host/certificate.ts";
import { certificatesCollection } from "./kinds/host/certificates_collection.ts";
import { cgroups } from "./kinds/host/cgroups.ts";
import { hostServices } from "./kinds/host/host_services.ts";
import { httpLoadBalancer } from "./kinds/host/http_load_balancer.ts";
import { journald } from "./kinds/host/journald.ts";
import { kernelConfigs } from "./kinds/host/kernel_configs.ts";
import { kernelModules } from "./kinds/host/kernel_modules.ts";
import { kubernetes } from "./kinds/host/kubernetes.ts";
import { subnetAvailable } from "./kinds/host/subnet_available.ts";
import { systemPackages } from "./kinds/host/system_packages.ts";
import { tcpConnect } from "./kinds/host/tcp_connect.ts";
import { tcpLoadBalancer } from "./kinds/host/tcp_load_balancer.ts";
import { tcpPortStatus } from "./kinds/host/tcp_port_status.ts";
import { udpPortStatus } from "./kinds/host/udp_port_status.ts";
import { http as httpFromHost } from "./kinds/host/http.ts";
import { registryImages as registryImagesFromHost } from "./kinds/host/registry_images.ts";
import { sysctl as sysctlOfHost } from "./kinds/host/sysctl.ts";

/** Every kind that specs may name in `collectors`, in the order in which keys of one entry count, whether this version
 * knows it or not. */
export const KNOWN_CLUSTER_KINDS: string[] = [
  "clusterInfo",
  "clusterResources",
  "customMetrics",
  "secret",
  "configMap",
  "logs",
  "run",
  "runPod",
  "runDaemonSet",
  "exec",
  "data",
  "copy",
  "copyFromHost",
  "http",
  "postgres",
  "mssql",
  "mysql",
  "redis",
  "clickhouse",
  "collectd",
  "ceph",
  "longhorn",
  "registryImages",
  "sysctl",
  "certificates",
  "helm",
  "goldpinger",
  "sonobuoy",
  "nodeMetrics",
  "dns",
  "etcd",
  "supportBundleMetadata",
  "s3Status",
];

/** Every kind that specs may name in `hostCollectors`, whether this version knows it or not. */
export const KNOWN_HOST_KINDS: string[] = [
  "cpu",
  "memory",
  "diskUsage",
  "tcpLoadBalancer",
  "httpLoadBalancer",
  "tcpPortStatus",
  "udpPortStatus",
  "tcpConnect",
  "http",
  "time",
  "blockDevices",
  "systemPackages",
  "kernelModules",
  "kernelConfigs",
  "ipv4Interfaces",
  "subnetAvailable",
  "filesystemPerformance",
  "certificate",
  "certificatesCollection",
  "hostServices",
  "hostOS",
  "run",
  "copy",
  "journald",
  "cgroups",
  "dns",
  "networkNamespaceConnectivity",
  "sysctl",
  "registryImages",
  "kubernetes",
];

/** Kinds that ask the cluster. Of several keys in one entry of a spec, the first in this order counts. */
export const clusterCollectors: Collector[] = ordered([
  clusterInfo,
  clusterResources,
  secret,
  configMap,
  logs,
  exec,
  data,
  copyFromPods,
  copyFromHost,
  collectd,
  http,
  ceph,
  longhorn,
  sonobuoy,
  etcd,
  goldpinger,
  customMetrics,
  certificates,
  helm,
  nodeMetrics,
  supportBundleMetadata,
  s3Status,
  registryImages,
  dns,
  runInCluster,
  runPod,
  runDaemonSet,
  sysctl,
  postgres,
  mssql,
  mysql,
  redis,
  clickhouse,
], KNOWN_CLUSTER_KINDS);

/** Kinds that ask this machine. */
export const hostCollectors: Collector[] = ordered([
  cpu,
  memory,
  diskUsage,
  time,
  ipv4Interfaces,
  hostOS,
  run,
  copy,
  blockDevices,
  certificate,
  certificatesCollection,
  cgroups,
  hostServices,
  httpLoadBalancer,
  journald,
  kernelConfigs,
  kernelModules,
  kubernetes,
  subnetAvailable,
  systemPackages,
  tcpConnect,
  tcpLoadBalancer,
  tcpPortStatus,
  udpPortStatus,
  httpFromHost,
  registryImagesFromHost,
  sysctlOfHost,
  dnsFromHost,
  filesystemPerformance,
  networkNamespaceConnectivity,
], KNOWN_HOST_KINDS);

/** In the order of `known`. Forgets the configs' types: whoever walks the registry passes a kind only what its own
 * schema gave. */
// deno-lint-ignore no-explicit-any -- the one place where kinds of different configs meet
function ordered(kinds: any[], known: string[]): Collector[] {
  return kinds.sort((a, b) => known.indexOf(a.kind) - known.indexOf(b.kind));
}
