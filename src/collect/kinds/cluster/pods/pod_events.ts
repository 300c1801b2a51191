import { withTimeLimit } from "../../../../core/time_limit.ts";
import type { KubeClient, KubeListPage, KubeObject } from "../../../../kube/kube_client.ts";
import { describePodState, describeWarnings } from "./pod_state.ts";

const WARNINGS_MS = 5_000;

/** The events about this very pod, and not about an earlier one of its name. The first 500. */
export async function podEvents(kube: KubeClient, pod: KubeObject, signal: AbortSignal): Promise<KubeListPage> {
  const { name, namespace, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace ?? "default")}/events`;
  const fieldSelector = `involvedObject.name=${name},involvedObject.uid=${uid}`;
  return await kube.get<KubeListPage>(path, { query: { fieldSelector, limit: 500 }, signal });
}

/** Why a pod does not do what it should, from its status and its events. Without the right to read events, from the status
 * alone. */
export async function explainPod(kube: KubeClient, pod: KubeObject, signal: AbortSignal): Promise<string> {
  return [describePodState(pod), await podWarnings(kube, pod, signal)].filter(Boolean).join("; ");
}

/** The pod's last warnings in words; empty when there are none, or they may not be read. */
export async function podWarnings(kube: KubeClient, pod: KubeObject, signal: AbortSignal): Promise<string> {
  try {
    const { items } = await withTimeLimit(WARNINGS_MS, signal, (signal) => podEvents(kube, pod, signal));
    return describeWarnings(items ?? []);
  } catch {
    return ""; // they explain a failure, and are none themselves
  }
}
