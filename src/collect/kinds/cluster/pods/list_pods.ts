import type { KubeClient, KubeObject } from "../../../../kube/kube_client.ts";

/** The pods of a namespace that carry all these labels. */
export async function listPods(
  kube: KubeClient,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const labelSelector = Object.entries(labels).map((pair) => pair.join("=")).join(",");
  const pods: KubeObject[] = [];
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  for await (const page of kube.list(path, { labelSelector, signal })) pods.push(...page.items);
  return pods;
}
