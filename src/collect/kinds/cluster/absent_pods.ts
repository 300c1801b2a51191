import type { MissingReason } from "../../../bundle/entry.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import type { CollectContext } from "../../collector.ts";
import type { DaemonPods } from "./daemon_pods.ts";
import { explainPod, podWarnings } from "./pods/pod_events.ts";
import { PodTimeoutError } from "./pods/pod_timeout.ts";

/** Why there is nothing of a node; of several that had no pod at all, where `pod` is absent. */
export interface AbsentPod {
  pod?: KubeObject;
  reason: MissingReason;
  why: string;
}

/** What became of the nodes of a DaemonSet that had no ready pod.
 * @param startMs how long they were waited for
 * @throws {PodTimeoutError} when no pod was ever created */
export async function* absentPods(
  set: KubeObject,
  { ready, failed, pending, wanted }: DaemonPods,
  startMs: number,
  { kube, signal }: Pick<CollectContext, "kube" | "signal">,
): AsyncGenerator<AbsentPod> {
  for (const { pod, why } of failed) yield { pod, reason: "failed", why: `The pod will not start: ${why}` };
  for (const pod of pending) {
    const state = await explainPod(kube, pod, signal);
    yield { pod, reason: "timed-out", why: new PodTimeoutError("the pod was not ready", startMs, state).message };
  }
  const seen = ready.length + failed.length + pending.length;
  if (wanted === 0) yield { reason: "empty", why: "No node is one for these pods" };
  else if (seen === 0) {
    // Such as a policy of the namespace that lets no pod see folders of its node.
    const why = await podWarnings(kube, set, signal) || "the DaemonSet was not acted upon";
    throw new PodTimeoutError("no pod was created", startMs, why);
  } else if (wanted !== undefined && wanted > seen) {
    yield { reason: "timed-out", why: `${wanted - seen} nodes had no pod when the time was over` };
  }
}
