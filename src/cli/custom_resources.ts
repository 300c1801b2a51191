import type { PermissionContext } from "../collect/collector.ts";
import type { KubeClient } from "../kube/kube_client.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The custom resources that the cluster knows.
 * @throws see {@linkcode KubeClient} */
export async function listCustomResources(
  kube: KubeClient,
  signal: AbortSignal,
): Promise<PermissionContext["customResources"]> {
  const found: { group: string; resource: string; namespaced: boolean }[] = [];
  for await (const { items } of kube.list(CRDS, { signal })) {
    for (const { spec } of items) {
      found.push({ group: spec.group, resource: spec.names.plural, namespaced: spec.scope === "Namespaced" });
    }
  }
  return found;
}
