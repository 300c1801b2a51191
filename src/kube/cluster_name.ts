import type { KubeOptions } from "./kube_client.ts";
import { isInCluster } from "./in_cluster.ts";
import { kubeconfigFiles, parseKubeconfig } from "./kubeconfig.ts";

/** What people call the cluster: the cluster or context that flags name, the current context of the kubeconfig, `in-cluster`
 * in a pod. Speaks to nobody.
 * @returns undefined when nothing names one */
export async function clusterName(
  options: KubeOptions,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const named = options.cluster || options.context;
  if (named) return named;
  for (const file of kubeconfigFiles(options, env)) {
    try {
      const { "current-context": context } = await parseKubeconfig(await Deno.readTextFile(file), file);
      if (context) return context;
    } catch {
      // Whoever wants to speak to the cluster says what is wrong with it.
    }
  }
  return isInCluster(env) ? "in-cluster" : undefined;
}
