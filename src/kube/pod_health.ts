import type { KubeObject } from "./kube_client.ts";

/** The word that `kubectl get pods` shows in its STATUS column: `Running`, `CrashLoopBackOff`, `Init:1/2` … */
export function podStatusReason(pod: KubeObject): string {
  const status: PodStatus = pod.status ?? {};
  const spec: PodSpec = pod.spec ?? {};
  const phase = status.reason || status.phase || "Unknown";
  const reason = initReason(spec, status) ?? containerReason(status, phase);
  if (pod.metadata.deletionTimestamp === undefined || status.phase === "Succeeded" || status.phase === "Failed") {
    return reason;
  }
  return status.reason === "NodeLost" ? "Unknown" : "Terminating";
}

/** True for a pod that somebody should look at: not running, not completed, or running with a container that is not
 * ready. A pod whose main containers have not started counts. */
export function isPodUnhealthy(pod: KubeObject): boolean {
  const status: PodStatus = pod.status ?? {};
  if (status.phase === "Failed" || status.phase === "Pending" || status.phase === "Unknown") return true;
  const reason = podStatusReason(pod);
  if (reason === "Completed" || reason === "Succeeded") return false;
  if (reason !== "Running") return true;
  return (status.containerStatuses ?? []).some((container) => container.ready !== true);
}

interface PodSpec {
  initContainers?: { name: string; restartPolicy?: string }[];
}

interface PodStatus {
  phase?: string;
  reason?: string;
  conditions?: { type: string; status: string }[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  started?: boolean;
  state?: {
    running?: unknown;
    waiting?: { reason?: string };
    terminated?: { reason?: string; exitCode?: number; signal?: number };
  };
}

/** What the first init container that is not done says; undefined when all are. */
function initReason(spec: PodSpec, status: PodStatus): string | undefined {
  const declared = spec.initContainers ?? [];
  const sidecars = new Set(declared.filter((c) => c.restartPolicy === "Always").map((c) => c.name));
  const statuses = status.initContainerStatuses ?? [];
  for (const [i, { name, state, started, ready }] of statuses.entries()) {
    const ended = state?.terminated;
    if (ended?.exitCode === 0) continue;
    // A native sidecar runs as long as the pod does: started is all that is waited for.
    if (sidecars.has(name) && started === true && (ready === true || state?.running !== undefined)) continue;
    if (ended !== undefined) {
      if (ended.reason) return `Init:${ended.reason}`;
      return ended.signal ? `Init:Signal:${ended.signal}` : `Init:ExitCode:${ended.exitCode ?? 0}`;
    }
    const waiting = state?.waiting?.reason;
    if (waiting && waiting !== "PodInitializing") return `Init:${waiting}`;
    return `Init:${i}/${declared.length || statuses.length}`;
  }
  return undefined;
}

function containerReason(status: PodStatus, phase: string): string {
  let reason = phase;
  let running = false;
  for (const { state, ready } of (status.containerStatuses ?? []).toReversed()) {
    const ended = state?.terminated;
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (ended !== undefined) {
      reason = ended.reason || (ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode ?? 0}`);
    } else if (ready === true && state?.running !== undefined) running = true;
  }
  if (reason !== "Completed" || !running) return reason;
  const ready = (status.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
  return ready ? "Running" : "NotReady";
}
