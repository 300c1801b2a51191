import type { Clock } from "../../../core/clock.ts";
import type { KubeClient, KubeListPage, KubeObject } from "../../../kube/kube_client.ts";
import { listPods } from "./pods/list_pods.ts";
import { podState } from "./pods/pod_state.ts";
import { PollFailures } from "./pods/poll_failures.ts";

const POLL_MS = 1000;

/** The pods of a DaemonSet by the names of their nodes, when all of them were ready or failed, or the time was over. */
export interface DaemonPods {
  ready: KubeObject[];
  /** They will not start, and `why` in words. */
  failed: { pod: KubeObject; why: string }[];
  pending: KubeObject[];
  /** How many there shall be; undefined while the controller has not counted. */
  wanted?: number;
}

/** Waits until each node has its pod, and each pod is ready or will never be.
 * @param labels of the pods, of this run alone
 * @param signal ends the wait with what there is */
export async function waitForDaemonPods(
  kube: KubeClient,
  set: KubeObject,
  labels: Readonly<Record<string, string>>,
  { clock, signal, limitMs, progress }: {
    clock: Clock;
    signal: AbortSignal;
    limitMs: number;
    progress(message: string): void;
  },
): Promise<DaemonPods> {
  const endMs = clock.now().getTime() + limitMs;
  const polls = new PollFailures();
  let found: DaemonPods = { ready: [], failed: [], pending: [] };
  while (true) {
    // Asked before the look: what is reported when the time is over was seen when it was.
    const over = clock.now().getTime() >= endMs;
    try {
      found = await look(kube, set, labels, signal);
      polls.succeeded();
    } catch (error) {
      if (signal.aborted) return found;
      polls.failed(error);
    }
    const { ready, failed, wanted } = found;
    if (wanted !== undefined && ready.length + failed.length >= wanted) return found;
    if (over || signal.aborted) return found;
    progress(`${ready.length} of ${wanted ?? "?"} pods are ready`);
    await clock.sleep(POLL_MS, signal);
  }
}

async function look(
  kube: KubeClient,
  set: KubeObject,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<DaemonPods> {
  const { namespace = "default", name } = set.metadata;
  const { status, metadata } = await kube.get(
    `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets/${encodeURIComponent(name)}`,
    { signal },
  );
  const counted = (status?.observedGeneration ?? 0) >= Number(metadata.generation ?? 1);
  const found: DaemonPods = {
    ready: [],
    failed: [],
    pending: [],
    wanted: counted ? status?.desiredNumberScheduled : undefined,
  };
  const pods = (await listPods(kube, namespace, labels, signal))
    .sort((a, b) => String(a.spec?.nodeName).localeCompare(String(b.spec?.nodeName)));
  const mounts = pods.some((pod) => !isReady(pod)) ? await impossibleMounts(kube, namespace, signal) : new Map();
  for (const pod of pods) {
    const state = podState(pod);
    const mount = mounts.get(pod.metadata.uid);
    if (isReady(pod)) found.ready.push(pod);
    else if (state.state === "stuck") found.failed.push({ pod, why: state.why });
    else if (mount !== undefined) found.failed.push({ pod, why: mount });
    else found.pending.push(pod);
  }
  return found;
}

/** Name of a pod's node, for paths. */
export function nodeOf({ metadata, spec }: KubeObject): string {
  return spec?.nodeName || `unknown-node-${metadata.name}`;
}

function isReady({ status }: KubeObject): boolean {
  const conditions: { type: string; status: string }[] = status?.conditions ?? [];
  return status?.phase === "Running" && conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

/** Folders that pods of the namespace want of their node, and that it does not have, by the pods' uid. */
async function impossibleMounts(
  kube: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<Map<unknown, string>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  const query = { fieldSelector: "reason=FailedMount", limit: 500 };
  try {
    const { items } = await kube.get<KubeListPage>(path, { query, signal });
    return new Map(
      (items ?? []).filter(({ message }) => /hostPath type check failed/i.test(message ?? ""))
        .map(({ involvedObject, message }) => [involvedObject?.uid, String(message).slice(0, 500)]),
    );
  } catch {
    return new Map(); // without them it takes longer to know
  }
}
