import { withTimeLimit } from "../../../../core/time_limit.ts";
import type { KubeClient, KubeObject } from "../../../../kube/kube_client.ts";

const LAST_LOOK_MS = 10_000;

/** The pod as it is now, for a report after the time for waiting is over; as it was found last, where it is gone or cannot
 * be asked for. */
export async function latestPod(kube: KubeClient, pod: KubeObject, signal: AbortSignal): Promise<KubeObject> {
  const { namespace = "default", name, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  try {
    const latest = await withTimeLimit(LAST_LOOK_MS, signal, (signal) => kube.get(path, { signal }));
    return latest.metadata.uid === uid ? latest : pod;
  } catch {
    signal.throwIfAborted();
    return pod;
  }
}
