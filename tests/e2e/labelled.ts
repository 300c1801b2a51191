import { connectKube } from "../../src/kube/connect.ts";

/** What runs have created in the cluster and not removed: collection, namespace and name.
 * @param collections API paths */
export async function labelled(kubeconfig: string | undefined, collections: readonly string[]): Promise<string[]> {
  const kube = connectKube({ kubeconfig }, {});
  const found: string[] = [];
  try {
    for (const path of collections) {
      for await (const page of kube.list(path, { labelSelector: "app.kubernetes.io/managed-by=troubleshoot.sh" })) {
        found.push(...page.items.map(({ metadata }) => `${path} ${metadata.namespace}/${metadata.name}`));
      }
    }
  } finally {
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  }
  return found;
}
