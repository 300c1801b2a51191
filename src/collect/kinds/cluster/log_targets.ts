import type { KubeObject } from "../../../kube/kube_client.ts";

/** A container whose log is wanted, with what its pod's status says about it. */
export interface LogTarget {
  namespace: string;
  pod: string;
  container: string;
  /** Name of the pod's node; empty while it has none. */
  node: string;
  /** It has run before: there may be a log of the previous run. */
  restarted: boolean;
  /** Why there can be no log: it has not run yet, or the pod has no such container. */
  absent?: { reason: "not-started" | "failed"; message: string };
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string } };
  lastState?: { terminated?: unknown };
}

/** The containers of a pod in the order of the bundle: regular ones, then init containers; ephemeral ones only by name.
 * @param names the `containerNames` of the spec; empty: all */
export function logTargets(pod: KubeObject, names: readonly string[]): LogTarget[] {
  const { spec = {}, status = {} } = pod;
  const list = (from: Record<string, { name: string }[] | undefined>, key: string) => from[key] ?? [];
  const usual = [...list(spec, "containers"), ...list(spec, "initContainers")].map(({ name }) => name);
  const known = new Set([...usual, ...list(spec, "ephemeralContainers").map(({ name }) => name)]);
  const statuses = new Map<string, ContainerStatus>();
  for (const key of ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]) {
    for (const item of list(status, key) as ContainerStatus[]) statuses.set(item.name, item);
  }
  const where = { namespace: pod.metadata.namespace ?? "", pod: pod.metadata.name, node: spec.nodeName ?? "" };
  return (names.length > 0 ? names : usual).map((container) => {
    const state = statuses.get(container);
    const restarted = (state?.restartCount ?? 0) > 0 || state?.lastState?.terminated !== undefined;
    return { ...where, container, restarted, ...absence(container, known, spec, state, restarted) };
  });
}

function absence(
  container: string,
  known: ReadonlySet<string>,
  spec: { nodeName?: string },
  state: ContainerStatus | undefined,
  restarted: boolean,
): Pick<LogTarget, "absent"> {
  if (!known.has(container)) {
    return { absent: { reason: "failed", message: `The pod has no container "${container}"` } };
  }
  if (!spec.nodeName) {
    return { absent: { reason: "not-started", message: "The pod is not scheduled to a node" } };
  }
  if (state?.state?.waiting && !restarted) {
    const why = state.state.waiting.reason ?? "no reason given";
    return { absent: { reason: "not-started", message: `The container is waiting to start: ${why}` } };
  }
  return {};
}

/** Those of pods that are not well come first, so that healthy ones wait when time is short. Pods of one name stay
 * together, in the order they have: the first of them gets the link of that name.
 * @param unhealthy names of pods that are not well */
export function unhealthyFirst(targets: readonly LogTarget[], unhealthy: ReadonlySet<string>): LogTarget[] {
  const first = targets.filter(({ pod }) => unhealthy.has(pod));
  return [...first, ...targets.filter(({ pod }) => !unhealthy.has(pod))];
}
