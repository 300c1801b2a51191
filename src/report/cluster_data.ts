import { ONE, tryParseQuantity } from "../analyze/quantity.ts";
import { type ClusterFiles, type FoundObject } from "./cluster_files.ts";
import { countAt, cutName, objectsAt, textAt } from "./fields.ts";
import { type PodFacts, PodsData } from "./pods_data.ts";
import { Bounded, Tally } from "./tally.ts";

/** The cluster at a glance. What the bundle has no file of is undefined: it is not the same as none. */
export interface ClusterData {
  version?: string;
  nodes?: NodesData;
  namespaces?: { total: number; terminating: Bounded<string> };
  pods?: PodFacts;
  workloads?: { total: number; unready: Bounded<UnreadyWorkload> };
  storage?: StorageData;
  unread: Bounded<{ path: string; why: string }>;
}

export interface NodesData {
  total: number;
  ready: number;
  /** Those that are not ready, under pressure, or closed for pods. */
  troubled: Bounded<{ name: string; problems: string[] }>;
  kubelets: { name: string; count: number }[];
}

export interface UnreadyWorkload {
  kind: string;
  namespace: string;
  name: string;
  state: string;
  path: string;
}

export interface StorageData {
  /** By phase. */
  claims?: { name: string; count: number }[];
  unbound: Bounded<{ namespace: string; name: string; phase: string; path: string }>;
  volumes?: { name: string; count: number }[];
  /** Of the volumes. */
  bytes: number;
  classes?: Bounded<{ name: string; isDefault: boolean }>;
}

const MAX_NODES = 20;
const MAX_WORKLOADS = 25;
const MAX_NAMES = 20;
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

/** @param visitPod told each pod, so that the files are read once
 * @returns undefined for a bundle that has nothing of a cluster */
export async function readCluster(
  files: ClusterFiles,
  versionText: string | undefined,
  visitPod: (found: FoundObject) => void,
): Promise<ClusterData | undefined> {
  const pods = new PodsData();
  const hasPods = await files.each("pods", (found) => {
    pods.add(found);
    visitPod(found);
  });
  const data: ClusterData = {
    version: readVersion(versionText),
    nodes: await readNodes(files),
    namespaces: await readNamespaces(files),
    pods: hasPods ? pods.facts() : undefined,
    workloads: await readWorkloads(files),
    storage: await readStorage(files),
    unread: files.unread,
  };
  const { unread, ...parts } = data;
  return unread.total > 0 || Object.values(parts).some((part) => part !== undefined) ? data : undefined;
}

function readVersion(text: string | undefined): string | undefined {
  try {
    const file: unknown = JSON.parse(text ?? "null");
    const version = textAt(file, "info", "gitVersion") ?? textAt(file, "string");
    return version === undefined ? undefined : cutName(version);
  } catch {
    return undefined;
  }
}

async function readNodes(files: ClusterFiles): Promise<NodesData | undefined> {
  const nodes: NodesData = { total: 0, ready: 0, troubled: new Bounded(MAX_NODES), kubelets: [] };
  const kubelets = new Tally(1_000);
  const there = await files.each("nodes", ({ name, object }) => {
    nodes.total++;
    const problems = problemsOfNode(object);
    if (!problems.some((problem) => problem.startsWith("not ready"))) nodes.ready++;
    if (problems.length > 0) nodes.troubled.add({ name: cutName(name), problems });
    const kubelet = textAt(object, "status", "nodeInfo", "kubeletVersion");
    if (kubelet !== undefined) kubelets.add(cutName(kubelet));
  });
  return there ? { ...nodes, kubelets: kubelets.top(5) } : undefined;
}

function problemsOfNode(node: unknown): string[] {
  const conditions = objectsAt(node, "status", "conditions");
  const ready = conditions.find(({ type }) => type === "Ready");
  const reason = textAt(ready, "reason");
  return [
    ...textAt(ready, "status") === "True"
      ? []
      : [reason === undefined ? "not ready" : `not ready (${cutName(reason)})`],
    ...conditions.filter(({ type, status }) => type !== "Ready" && status === "True")
      .flatMap(({ type }) => typeof type === "string" ? [cutName(type)] : []).slice(0, 8),
    ...(node as { spec?: { unschedulable?: unknown } }).spec?.unschedulable === true ? ["closed for new pods"] : [],
  ];
}

async function readNamespaces(files: ClusterFiles): Promise<ClusterData["namespaces"]> {
  const terminating = new Bounded<string>(MAX_NAMES);
  let total = 0;
  const there = await files.each("namespaces", ({ name, object }) => {
    total++;
    if (textAt(object, "status", "phase") === "Terminating") terminating.add(cutName(name));
  });
  return there ? { total, terminating } : undefined;
}

/** How many replicas a workload has and wants, by kind. */
const WORKLOADS = [
  ["deployments", "Deployment", ["spec", "replicas"], ["status", "readyReplicas"]],
  ["statefulsets", "StatefulSet", ["spec", "replicas"], ["status", "readyReplicas"]],
  ["daemonsets", "DaemonSet", ["status", "desiredNumberScheduled"], ["status", "numberReady"]],
] as const;

async function readWorkloads(files: ClusterFiles): Promise<ClusterData["workloads"]> {
  const unready = new Bounded<UnreadyWorkload>(MAX_WORKLOADS);
  let total = 0;
  let there = false;
  const add = (kind: string, { namespace, name, path }: FoundObject, state: string | undefined) => {
    total++;
    if (state === undefined) return;
    unready.add({ kind, namespace: cutName(namespace), name: cutName(name), path, state });
  };
  for (const [folder, kind, wanted, ready] of WORKLOADS) {
    there = await files.each(folder, (found) => {
      const wants = countAt(found.object, ...wanted);
      const has = countAt(found.object, ...ready);
      add(kind, found, has < wants ? `${has} of ${wants} ready` : undefined);
    }) || there;
  }
  there = await files.each("jobs", (found) => {
    const failed = objectsAt(found.object, "status", "conditions").find(({ type, status }) =>
      type === "Failed" && status === "True"
    );
    const reason = textAt(failed, "reason");
    add("Job", found, failed && (reason === undefined ? "failed" : `failed: ${cutName(reason)}`));
  }) || there;
  return there ? { total, unready } : undefined;
}

async function readStorage(files: ClusterFiles): Promise<StorageData | undefined> {
  const claims = new Tally(20);
  const volumes = new Tally(20);
  const classes = new Bounded<{ name: string; isDefault: boolean }>(MAX_NAMES);
  const unbound: StorageData["unbound"] = new Bounded(MAX_NAMES);
  let bytes = 0;
  const hasClaims = await files.each("pvcs", ({ namespace, name, path, object }) => {
    const phase = cutName(textAt(object, "status", "phase") ?? "Unknown");
    claims.add(phase);
    if (phase !== "Bound") unbound.add({ namespace: cutName(namespace), name: cutName(name), phase, path });
  });
  const hasVolumes = await files.each("pvs", ({ object }) => {
    volumes.add(cutName(textAt(object, "status", "phase") ?? "Unknown"));
    bytes += Number((tryParseQuantity(textAt(object, "spec", "capacity", "storage") ?? "") ?? 0n) / ONE);
  });
  const hasClasses = await files.each("storage-classes", ({ name, object }) => {
    classes.add({
      name: cutName(name),
      isDefault: textAt(object, "metadata", "annotations", DEFAULT_CLASS) === "true",
    });
  });
  if (!hasClaims && !hasVolumes && !hasClasses) return undefined;
  return {
    claims: hasClaims ? claims.top(8) : undefined,
    unbound,
    volumes: hasVolumes ? volumes.top(8) : undefined,
    bytes,
    classes: hasClasses ? classes : undefined,
  };
}
