import { anySignal } from "../../../../core/any_signal.ts";
import { bundlePath } from "../../../../bundle/bundle_path.ts";
import { type Entry, missing, textEntry } from "../../../../bundle/entry.ts";
import type { Clock } from "../../../../core/clock.ts";
import { describeError } from "../../../../core/errors.ts";
import { KubeApiError } from "../../../../kube/errors.ts";
import type { KubeClient, KubeObject } from "../../../../kube/kube_client.ts";
import { startDeadline } from "../../../deadline.ts";
import { missingReason } from "../kube_failure.ts";
import { logEntry } from "../log_body.ts";
import { type LogTarget, logTargets } from "../log_targets.ts";
import { mapAhead } from "../map_ahead.ts";
import { ROOT } from "./resource_run.ts";

const QUERY = { tailLines: 500, limitBytes: 5_000_000 };
const CONCURRENCY = 8;
/** For all logs together: kubelets that do not answer take half a minute each. */
const DEADLINE_MS = 60_000;
/** A kubelet that could not be reached this often is not asked again. */
const MAX_NODE_FAILURES = 2;

/** A container of an unhealthy pod. */
export interface UnhealthyContainer extends LogTarget {
  node?: string;
}

/** The containers of a pod whose logs are wanted: init containers, then regular ones. */
export function unhealthyContainers(pod: KubeObject): UnhealthyContainer[] {
  const { initContainers = [], containers = [], nodeName } = pod.spec ?? {};
  const names = [...initContainers ?? [], ...containers ?? []].map(({ name }: { name: string }) => name);
  if (names.length === 0) return [];
  return logTargets(pod, names).map((target) => ({ ...target, node: nodeName }));
}

/** Reads the end of each container's log, and of its previous run's where there is one. */
export async function* unhealthyLogs(
  { kube, clock, signal }: { kube: KubeClient; clock: Clock; signal: AbortSignal },
  targets: readonly UnhealthyContainer[],
): AsyncGenerator<Entry> {
  using deadline = startDeadline(clock, DEADLINE_MS, signal);
  const failuresOfNode = new Map<string, number>();
  const open = (target: UnhealthyContainer, unwanted: AbortSignal) =>
    openLogs(kube, target, failuresOfNode, anySignal(deadline.signal, unwanted), signal);
  for await (const entries of mapAhead(targets, CONCURRENCY, open, discard)) {
    signal.throwIfAborted();
    yield* entries;
  }
}

async function openLogs(
  kube: KubeClient,
  target: UnhealthyContainer,
  failuresOfNode: Map<string, number>,
  deadline: AbortSignal,
  signal: AbortSignal,
): Promise<Entry[]> {
  const { namespace, pod, container, node = "", restarted, absent } = target;
  if (absent) return failed(target, absent.message, absent.reason);
  if ((failuresOfNode.get(node) ?? 0) >= MAX_NODE_FAILURES) {
    return failed(
      target,
      `The kubelet of node "${node}" does not answer: its logs are not asked for any more`,
      "failed",
    );
  }
  const url = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const read = async (previous: boolean) => {
    const query = { container, ...(previous ? { previous } : {}), ...QUERY };
    const body = await kube.stream(url, { query, signal: deadline });
    const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    const path = bundlePath(ROOT, "pods/logs", namespace, pod, `${container}${previous ? "-previous" : ""}.log`);
    return logEntry(
      { path, body, source: `GET ${url}?${words}` },
      QUERY,
      () => signal.aborted ? "interrupted" : deadline.aborted ? "deadline" : "connection lost",
    );
  };
  // The log of a previous run may be gone although the container restarted: nothing to report.
  const previous = restarted ? read(true).catch(() => undefined) : undefined;
  let entries: Entry[];
  try {
    entries = [await read(false)];
  } catch (error) {
    signal.throwIfAborted();
    if (isNodeFailure(error)) failuresOfNode.set(node, (failuresOfNode.get(node) ?? 0) + 1);
    const waiting = error instanceof KubeApiError && /waiting to start|ContainerCreating/.test(error.detail ?? "");
    entries = failed(target, error, waiting ? "not-started" : missingReason(error));
  }
  const before = await previous;
  return before === undefined ? entries : [...entries, before];
}

/** The API server answers 500 or 502 where the kubelet did not answer it. */
function isNodeFailure(error: unknown): boolean {
  return error instanceof KubeApiError && error.status >= 500 &&
    /dial tcp|i\/o timeout|deadline exceeded|no route to host|handshake timeout|proxy error/i.test(error.detail ?? "");
}

function failed(
  { namespace, pod, container }: LogTarget,
  error: unknown,
  reason: Parameters<typeof missing>[1],
): Entry[] {
  const base = bundlePath(ROOT, "pods/logs", namespace, pod, container);
  const message = describeError(error);
  return [textEntry(`${base}-logs-errors.log`, message), missing(`${base}.log`, reason, message)];
}

async function discard(entries: Entry[]): Promise<void> {
  const open = entries.filter((entry) => entry.type === "file" && !entry.body.locked);
  await Promise.allSettled(open.map((entry) => entry.type === "file" ? entry.body.cancel() : undefined));
}
