import type { EntryField } from "../spec/spec_entries.ts";

/** What is known of a kind of analyzer beside its schema. */
export interface AnalyzerFacts {
  /** The kind of collector that gathers what it reads; absent: it reads nothing, or files that the spec names. */
  reads?: string;
  /** The collector's name decides which file is read. */
  byName?: true;
  /** The first outcome whose `when` holds counts, so that nothing behind one without `when` is reached. */
  firstMatch?: true;
  /** An object that it names can be looked up in a namespace only. */
  needsNamespace?: true;
  /** It judges without outcomes, too. */
  judgesAlone?: true;
  /** Its outcomes have messages of their own. */
  saysAlone?: true;
}

const objects: AnalyzerFacts = { reads: "clusterResources" };
const workload: AnalyzerFacts = { ...objects, firstMatch: true, needsNamespace: true, judgesAlone: true };
const pods: AnalyzerFacts = { ...objects, firstMatch: true, saysAlone: true };
const named = (reads: string): AnalyzerFacts => ({ reads, byName: true, firstMatch: true });
const fixed = (reads: string): AnalyzerFacts => ({ reads, firstMatch: true });

const CLUSTER: Readonly<Record<string, AnalyzerFacts>> = {
  clusterVersion: fixed("clusterInfo"),
  storageClass: objects,
  ingressClass: objects,
  customResourceDefinition: objects,
  ingress: objects,
  secret: { reads: "secret" },
  configMap: { reads: "configMap" },
  imagePullSecret: objects,
  deploymentStatus: workload,
  statefulsetStatus: workload,
  jobStatus: workload,
  replicasetStatus: workload,
  clusterPodStatuses: pods,
  clusterContainerStatuses: pods,
  containerRuntime: fixed("clusterResources"),
  distribution: fixed("clusterResources"),
  nodeResources: fixed("clusterResources"),
  textAnalyze: {},
  yamlCompare: {},
  jsonCompare: {},
  postgres: named("postgres"),
  mysql: named("mysql"),
  mssql: named("mssql"),
  redis: named("redis"),
  clickhouse: named("clickhouse"),
  cephStatus: { reads: "ceph", judgesAlone: true, saysAlone: true },
  velero: { ...objects, judgesAlone: true },
  longhorn: { reads: "longhorn", judgesAlone: true },
  registryImages: named("registryImages"),
  weaveReport: { judgesAlone: true },
  sysctl: { reads: "sysctl" },
  clusterResource: objects,
  certificates: { reads: "certificates" },
  goldpinger: { reads: "goldpinger", judgesAlone: true },
  event: objects,
  nodeMetrics: fixed("nodeMetrics"),
  http: named("http"),
  s3Status: named("s3Status"),
};

const HOST: Readonly<Record<string, AnalyzerFacts>> = {
  cpu: fixed("cpu"),
  memory: fixed("memory"),
  tcpLoadBalancer: named("tcpLoadBalancer"),
  httpLoadBalancer: named("httpLoadBalancer"),
  diskUsage: named("diskUsage"),
  tcpPortStatus: named("tcpPortStatus"),
  udpPortStatus: named("udpPortStatus"),
  http: named("http"),
  time: fixed("time"),
  blockDevices: fixed("blockDevices"),
  systemPackages: named("systemPackages"),
  kernelModules: { reads: "kernelModules" },
  tcpConnect: named("tcpConnect"),
  ipv4Interfaces: fixed("ipv4Interfaces"),
  subnetAvailable: named("subnetAvailable"),
  subnetContainsIP: { firstMatch: true },
  filesystemPerformance: named("filesystemPerformance"),
  certificate: named("certificate"),
  certificatesCollection: { reads: "certificatesCollection", byName: true },
  hostServices: fixed("hostServices"),
  hostOS: fixed("hostOS"),
  textAnalyze: {},
  kernelConfigs: { reads: "kernelConfigs" },
  jsonCompare: {},
  networkNamespaceConnectivity: { reads: "networkNamespaceConnectivity", byName: true },
  sysctl: { reads: "sysctl" },
  registryImages: named("registryImages"),
};

/** The facts of a kind of a list; nothing is known of kinds of collectors. */
export function analyzerFacts(list: EntryField, kind: string): AnalyzerFacts | undefined {
  const table = list === "analyzers" ? CLUSTER : list === "hostAnalyzers" ? HOST : {};
  return Object.hasOwn(table, kind) ? table[kind] : undefined;
}

/** Every kind that facts are kept of, by list: a test compares them with the registry. */
export const FACT_KINDS: Record<"analyzers" | "hostAnalyzers", string[]> = {
  analyzers: Object.keys(CLUSTER),
  hostAnalyzers: Object.keys(HOST),
};
