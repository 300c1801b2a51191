import type { ClusterFiles, Stored } from "./cluster_files.ts";
import { below, list, text, texts } from "./loose.ts";
import type { PodFacts } from "./pod_index.ts";
import { hasLabels } from "./selector.ts";

/** What stands behind a Service. */
export type Backing =
  /** It has no selector, or leads elsewhere, or the bundle does not have the pods of its namespace. */
  | { state: "unknown" }
  | { state: "ready" }
  /** No pod has its labels, and no workload makes such pods. */
  | { state: "no-pods"; selector: Record<string, string> }
  /** A workload makes such pods, and shall have none now. */
  | { state: "scaled-down" }
  /** There are pods, and none is ready. */
  | { state: "unready"; pods: PodFacts[]; cause?: string };

const WORKLOADS = ["deployments", "statefulsets", "daemonsets", "jobs", "cronjobs", "replicasets"];

export async function backingOf(cluster: ClusterFiles, service: Stored): Promise<Backing> {
  const selector = texts(below(service.value, "spec", "selector"));
  if (Object.keys(selector).length === 0 || below(service.value, "spec", "type") === "ExternalName") {
    return { state: "unknown" };
  }
  const { namespace } = service;
  if (!(await cluster.paths("pods")).includes(`cluster-resources/pods/${namespace}.json`)) return { state: "unknown" };
  const pods = (await cluster.pods()).in(namespace).filter(({ phase, labels }) =>
    phase !== "Succeeded" && phase !== "Failed" && hasLabels(selector, labels)
  );
  if (pods.some(({ ready, trouble }) => ready && trouble?.kind !== "node")) return { state: "ready" };
  if (pods.length > 0) return { state: "unready", pods, cause: pods.find(({ trouble }) => trouble)?.trouble?.cause };
  return await isMade(cluster, namespace, selector) ? { state: "scaled-down" } : { state: "no-pods", selector };
}

/** True when a workload of the namespace makes pods with these labels. That it has none is told of the workload, if it
 * should have some. */
async function isMade(cluster: ClusterFiles, namespace: string, selector: Record<string, string>): Promise<boolean> {
  for (const folder of WORKLOADS) {
    for await (const { namespace: own, value } of cluster.objectsIn(folder, namespace)) {
      const template = folder === "cronjobs"
        ? below(value, "spec", "jobTemplate", "spec", "template")
        : below(value, "spec", "template");
      if (own === namespace && hasLabels(selector, texts(below(template, "metadata", "labels")))) return true;
    }
  }
  return false;
}

/** True when the endpoints of a Service have an address that is ready, whoever wrote them; undefined when the bundle has none. */
export async function hasReadyEndpoint(cluster: ClusterFiles, service: Stored): Promise<boolean | undefined> {
  let known = false;
  for await (const { value } of cluster.objectsIn("endpointslices", service.namespace)) {
    if (text(below(value, "metadata", "labels", "kubernetes.io/service-name")) !== service.name) continue;
    known = true;
    if (list(value.endpoints).some((each) => below(each, "conditions", "ready") !== false)) return true;
  }
  for await (const { name, value } of cluster.objectsIn("endpoints", service.namespace)) {
    if (name !== service.name) continue;
    known = true;
    if (list(value.subsets).some(({ addresses }) => list(addresses).length > 0)) return true;
  }
  return known ? false : undefined;
}
