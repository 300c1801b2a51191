import type { Clock } from "../../../../core/clock.ts";
import { SupportBundleError } from "../../../../core/errors.ts";
import { KubeNotFoundError } from "../../../../kube/errors.ts";
import type { KubeClient, KubeObject } from "../../../../kube/kube_client.ts";
import { podEvents, podWarnings } from "./pod_events.ts";
import { isCreating, podState, type PodStateOptions } from "./pod_state.ts";
import { PollFailures } from "./poll_failures.ts";

const POLL_MS = 1000;

/** A pod that will not start, or that was deleted by somebody else. */
export class PodFailedError extends SupportBundleError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "POD_FAILED", hint: "Look at the pod's image, node and events" });
  }
}

export interface WaitForPodOptions extends Omit<PodStateOptions, "events"> {
  /** `started`: the phase is Running, Succeeded or Failed; `ended`: see {@linkcode podState}. */
  until: "started" | "ended";
  clock: Clock;
  signal: AbortSignal;
  /** Told the pod as each poll finds it. */
  onPoll?(pod: KubeObject): void;
}

/** Asks for a pod once a second until it has started or ended.
 * @returns the pod as it was then
 * @throws {PodFailedError} when it cannot get there
 * @throws the signal's reason */
export async function waitForPod(
  kube: KubeClient,
  { metadata: { namespace = "default", name, uid } }: KubeObject,
  { until, clock, signal, onPoll, ...options }: WaitForPodOptions,
): Promise<KubeObject> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const polls = new PollFailures();
  while (true) {
    signal.throwIfAborted();
    try {
      const pod = await kube.get(path, { signal });
      polls.succeeded();
      if (pod.metadata.uid !== uid) throw deleted(name);
      onPoll?.(pod);
      const creating = pod.status?.phase === "Pending" && isCreating(pod.status);
      const events = creating ? (await podEvents(kube, pod, signal).catch(() => undefined))?.items : undefined;
      const state = podState(pod, { ...options, events });
      if (state.state === "stuck") {
        const warnings = await podWarnings(kube, pod, signal);
        throw new PodFailedError(`The pod "${name}" will not start: ${state.why}${warnings && ` (${warnings})`}`);
      }
      if (state.state === "ended" || (state.state === "running" && until === "started")) return pod;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof KubeNotFoundError) throw deleted(name, error);
      polls.failed(error);
    }
    await clock.sleep(POLL_MS, signal);
  }
}

function deleted(name: string, cause?: unknown): PodFailedError {
  return new PodFailedError(`The pod "${name}" is gone: somebody deleted it while it was waited for`, { cause });
}
