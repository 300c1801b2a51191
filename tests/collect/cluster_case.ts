import { connectKube } from "../../src/kube/connect.ts";
import type { KubeClient, KubeObject, KubeOptions } from "../../src/kube/kube_client.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG");

/** A test with a namespace of its own in the test cluster, which is deleted with all that is in it. */
export function clusterCase(
  name: string,
  test: (kube: KubeClient, namespace: string) => Promise<void>,
  options: KubeOptions = {},
) {
  Deno.test({
    name,
    ignore: !kubeconfig,
    async fn() {
      const admin = connectKube({ kubeconfig }, Deno.env.toObject());
      const kube = connectKube({ kubeconfig, ...options }, Deno.env.toObject());
      const namespace = `t-${crypto.randomUUID().slice(0, 8)}`;
      await admin.create("/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace },
      });
      try {
        await test(kube, namespace);
      } finally {
        await admin.delete(`/api/v1/namespaces/${namespace}`);
        kube.close();
        admin.close();
        await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
      }
    },
  });
}

/** Every object of a collection. */
export async function listAll(kube: KubeClient, collection: string): Promise<KubeObject[]> {
  const all: KubeObject[] = [];
  for await (const page of kube.list(collection)) all.push(...page.items);
  return all;
}

/** Waits until the pods of a namespace are as a test needs them, and returns them. */
export async function untilPods(
  kube: KubeClient,
  namespace: string,
  ready: (pods: KubeObject[]) => boolean,
): Promise<KubeObject[]> {
  while (true) {
    const pods = await listAll(kube, `/api/v1/namespaces/${namespace}/pods`);
    if (ready(pods)) return pods;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** True when there are so many pods, and all of them run. */
export function running(count: number): (pods: KubeObject[]) => boolean {
  return (pods) => pods.length === count && pods.every(({ status }) => status?.phase === "Running");
}

/** Names of the cluster's nodes, sorted. */
export async function nodeNames(kube: KubeClient): Promise<string[]> {
  return (await listAll(kube, "/api/v1/nodes")).map(({ metadata }) => metadata.name).sort();
}
