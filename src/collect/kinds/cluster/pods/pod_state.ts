import type { KubeObject } from "../../../../kube/kube_client.ts";

/** How far a pod is on its way. */
export type PodState =
  | { state: "pending" }
  | { state: "running" }
  /** It has run: its phase is Succeeded or Failed, or each container that counts has ended at least once. */
  | { state: "ended" }
  /** It will not start by itself; `why` in words. */
  | { state: "stuck"; why: string };

export interface PodStateOptions {
  /** The containers that must have ended; without them the pod's phase alone decides. Sidecars that a cluster injects run
   * for ever. */
  containers?: readonly string[];
  /** The pod's events, for the failures that only events tell. */
  events?: readonly KubeObject[];
  /** An image that cannot be pulled may still come. */
  allowImagePullRetries?: boolean;
}

/** What a kubelet retries for ever: only a new pod could help. */
const HOPELESS = new Set(["InvalidImageName", "ErrImageNeverPull"]);

/** Reads a pod's state from its status and its events. */
export function podState(pod: KubeObject, options: PodStateOptions = {}): PodState {
  const status: PodStatus = pod.status ?? {};
  const { phase = "Pending" } = status;
  if (phase === "Succeeded" || phase === "Failed") return { state: "ended" };
  if (options.containers !== undefined && options.containers.every((name) => hasEnded(status, name))) {
    return { state: "ended" };
  }
  const why = stuck(status, options);
  if (why !== undefined) return { state: "stuck", why };
  return { state: phase === "Running" ? "running" : "pending" };
}

/** True when the container has ended at least once, restarted or not. */
export function hasEnded(status: PodStatus, name: string): boolean {
  const container = status.containerStatuses?.find((container) => container.name === name);
  if (container === undefined) return false;
  return container.state?.terminated !== undefined || container.lastState?.terminated !== undefined ||
    (container.restartCount ?? 0) > 0;
}

/** True when there may be a log of the container: it runs, or has run. */
export function hasStarted(pod: KubeObject, name: string): boolean {
  const status: PodStatus = pod.status ?? {};
  const container = status.containerStatuses?.find((container) => container.name === name);
  return container?.state?.running !== undefined || hasEnded(status, name);
}

/** True when the container has ended and been started again: its current log is not that of a whole run. */
export function restartedSince(pod: KubeObject, name: string): boolean {
  const status: PodStatus = pod.status ?? {};
  const container = status.containerStatuses?.find((container) => container.name === name);
  return (container?.restartCount ?? 0) > 0 && container?.state?.terminated === undefined;
}

/** The pod in words: its phase and what its containers wait for. `Pending; container "main" waits: ErrImagePull` */
export function describePodState(pod: KubeObject): string {
  const status: PodStatus = pod.status ?? {};
  const parts = [[status.phase ?? "Unknown", status.reason].filter(Boolean).join(", ")];
  if (status.message) parts.push(status.message);
  for (const { type, status: holds, reason, message } of status.conditions ?? []) {
    if (type === "PodScheduled" && holds === "False") parts.push([reason, message].filter(Boolean).join(": "));
  }
  for (const { name, state } of containersOf(status)) {
    const { waiting, terminated } = state ?? {};
    if (waiting) parts.push(`container "${name}" waits${tail(waiting.reason, waiting.message)}`);
    else if (terminated && terminated.exitCode !== 0) {
      parts.push(`container "${name}" ended with ${terminated.exitCode}${tail(terminated.reason, terminated.message)}`);
    }
  }
  return parts.join("; ");
}

/** The warnings among events in words, the last three: `FailedMount: secret "x" not found (5 times)`. */
export function describeWarnings(events: readonly KubeObject[]): string {
  return events.filter(({ type }) => type === "Warning")
    .sort((a, b) => eventTime(a) - eventTime(b))
    .slice(-3)
    .map(({ reason, message, count, series }) => {
      const times = series?.count ?? count ?? 1;
      return `${reason}: ${String(message ?? "").slice(0, 500)}${times > 1 ? ` (${times} times)` : ""}`;
    })
    .join("; ");
}

function stuck(status: PodStatus, { events = [], allowImagePullRetries = false }: PodStateOptions): string | undefined {
  for (const { name, image, state } of containersOf(status)) {
    const { reason = "", message } = state?.waiting ?? {};
    if (HOPELESS.has(reason) || (reason === "ImagePullBackOff" && !allowImagePullRetries)) {
      return `the image "${image ?? ""}" of container "${name}" cannot be had${tail(reason, message)}`;
    }
  }
  if (!isCreating(status)) return undefined;
  const sandbox = events.find(({ reason }) => reason === "FailedCreatePodSandBox");
  return sandbox && `its sandbox cannot be created${tail(sandbox.reason, sandbox.message)}`;
}

/** True while a container is being created: then events may tell why that takes long. */
export function isCreating(status: PodStatus | undefined): boolean {
  return containersOf(status ?? {}).some(({ state }) => state?.waiting?.reason === "ContainerCreating");
}

function containersOf(status: PodStatus): ContainerStatus[] {
  return [...status.initContainerStatuses ?? [], ...status.containerStatuses ?? []];
}

function tail(reason: string | undefined, message: string | undefined): string {
  const parts = [reason, message?.slice(0, 500)].filter(Boolean);
  return parts.length === 0 ? "" : `: ${parts.join(": ")}`;
}

function eventTime({ lastTimestamp, series, eventTime, metadata }: KubeObject): number {
  const text = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return text ? new Date(text).getTime() : 0;
}

export interface PodStatus {
  phase?: string;
  reason?: string;
  message?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

interface ContainerStatus {
  name: string;
  image?: string;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: unknown;
  terminated?: { exitCode: number; reason?: string; message?: string };
}
