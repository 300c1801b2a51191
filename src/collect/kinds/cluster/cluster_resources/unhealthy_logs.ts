import { anySignal } from "../../../../core/any_signal.ts";
import { bundlePath } from "../../../../bundle/bundle_path.ts";
import { type Entry, missing, textEntry } from "../../../../bundle/entry.ts";
import type { Clock } from "../../../../core/clock.ts";
import { describeError, isAbort } from "../../../../core/errors.ts";
import { KubeApiError } from "../../../../kube/errors.ts";
import { isPodUnhealthy } from "../../../../kube/pod_health.ts";
import type { KubeClient, KubeObject } from "../../../../kube/kube_client.ts";
import { startDeadline } from "../../../deadline.ts";
import { FailingNodes } from "../failing_nodes.ts";
import { missingReason } from "../kube_failure.ts";
import { logEntry } from "../log_body.ts";
import { type LogTarget, logTargets } from "../log_targets.ts";
import { mapAhead } from "../map_ahead.ts";
import { ROOT } from "./resource_run.ts";

const QUERY = { tailLines: 500, limitBytes: 5_000_000 };
const CONCURRENCY = 12;
/** For all logs together. */
const DEADLINE_MS = 60_000;

/** The containers of a pod whose logs are wanted: init containers, then regular ones. */
export function unhealthyContainers(pod: KubeObject): LogTarget[] {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const names = [...initContainers ?? [], ...containers ?? []].map(({ name }: { name: string }) => name);
  return names.length === 0 ? [] : logTargets(pod, names);
}

/** The unhealthy pods of a list, handed on while it is read. */
export class UnhealthyPods {
  /** By namespace and name: a list that is read twice tells of each pod once. */
  readonly #known = new Set<string>();
  readonly #waiting: LogTarget[] = [];
  #ended = false;
  #wake?: () => void;

  add(pod: KubeObject): void {
    if (!isPodUnhealthy(pod)) return;
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#waiting.push(...unhealthyContainers(pod));
    this.#wake?.();
  }

  /** No more pods will come. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What has been added and will be, for one reader. */
  async *containers(namespaces: ReadonlySet<string>): AsyncGenerator<LogTarget> {
    while (true) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        if (namespaces.has(next.namespace)) yield next;
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/** Reads the end of each container's log, and of its previous run's where there is one, as the containers come. */
export async function* unhealthyLogs(
  { kube, clock, signal }: { kube: KubeClient; clock: Clock; signal: AbortSignal },
  targets: AsyncIterable<LogTarget>,
): AsyncGenerator<Entry> {
  using deadline = startDeadline(clock, DEADLINE_MS, signal);
  const nodes = new FailingNodes(clock);
  const open = (target: LogTarget, unwanted: AbortSignal) =>
    openLogs(kube, target, nodes, anySignal(deadline.signal, unwanted), signal);
  for await (const entries of mapAhead(targets, CONCURRENCY, open, discard)) {
    signal.throwIfAborted();
    yield* entries;
  }
}

async function openLogs(
  kube: KubeClient,
  target: LogTarget,
  nodes: FailingNodes,
  deadline: AbortSignal,
  signal: AbortSignal,
): Promise<Entry[]> {
  const { namespace, pod, container, node, restarted, absent } = target;
  if (absent) return failed(target, absent.message, absent.reason);
  const url = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const read = async (previous: boolean) => {
    const query = { container, ...(previous ? { previous } : {}), ...QUERY };
    const body = await nodes.read(node, deadline, (signal) => kube.stream(url, { query, signal }));
    const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    const path = bundlePath(ROOT, "pods/logs", namespace, pod, `${container}${previous ? "-previous" : ""}.log`);
    return await logEntry(
      { path, body, source: `GET ${url}?${words}` },
      QUERY,
      (error) =>
        signal.aborted
          ? "interrupted"
          : deadline.aborted
          ? "deadline"
          : isAbort(error)
          ? "no answer"
          : "connection lost",
    );
  };
  // The log of a previous run may be gone although the container restarted: nothing to report.
  const previous = restarted ? read(true).catch(() => undefined) : undefined;
  let entries: Entry[];
  try {
    entries = [await read(false)];
  } catch (error) {
    signal.throwIfAborted();
    const waiting = error instanceof KubeApiError && /waiting to start|ContainerCreating/.test(error.detail ?? "");
    entries = failed(target, error, waiting ? "not-started" : missingReason(error));
  }
  const before = await previous;
  return before === undefined ? entries : [...entries, before];
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
