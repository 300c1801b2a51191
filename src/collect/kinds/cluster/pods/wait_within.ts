import type { KubeObject } from "../../../../kube/kube_client.ts";
import type { CollectContext } from "../../../collector.ts";
import { startDeadline } from "../../../deadline.ts";
import { explainPod } from "./pod_events.ts";
import { PodTimeoutError } from "./pod_timeout.ts";
import { waitForPod, type WaitForPodOptions } from "./wait_for_pod.ts";

/** Waits for a pod that has a time of its own, in milliseconds, within the collector's.
 * @throws {PodTimeoutError} when that is over, with the state the pod was seen in last
 * @throws as {@linkcode waitForPod} */
export async function waitWithin(
  limitMs: number,
  until: WaitForPodOptions["until"],
  pod: KubeObject,
  { kube, clock, signal }: Pick<CollectContext, "kube" | "clock" | "signal">,
): Promise<KubeObject> {
  using deadline = startDeadline(clock, limitMs, signal);
  let last = pod;
  try {
    return await waitForPod(kube, pod, {
      until,
      clock,
      signal: deadline.signal,
      onPoll: (polled) => void (last = polled),
    });
  } catch (error) {
    if (!deadline.expired) throw error;
    const why = await explainPod(kube, last, signal);
    const what = until === "started" ? "start" : "end";
    throw new PodTimeoutError(`the pod "${pod.metadata.name}" did not ${what}`, limitMs, why);
  }
}
