import { anySignal } from "../../../core/any_signal.ts";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, type FileEntry, jsonEntry, missing, type MissingReason } from "../../../bundle/entry.ts";
import { describeError, isAbort } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import { KubeApiError } from "../../../kube/errors.ts";
import { isPodUnhealthy } from "../../../kube/pod_health.ts";
import { type CollectContext, defineCollector, titled } from "../../collector.ts";
import { type Deadline, startDeadline } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { FailingNodes } from "./failing_nodes.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { joinSelector, selectorField } from "./label_selector.ts";
import { logEntry } from "./log_body.ts";
import { type LogQuery, logQuery } from "./log_limits.ts";
import { type LogTarget, logTargets, unhealthyFirst } from "./log_targets.ts";
import { mapAhead } from "./map_ahead.ts";

const DEADLINE_MS = 60_000;
const CONCURRENCY = 8;

const titleOf = titled("logs");
const count = () => z.coerce.number().int().nonnegative().optional();

export const logs = defineCollector({
  kind: "logs",
  where: "cluster",
  summary: "Container logs of the pods that a selector finds",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder of the links to the logs"),
    selector: selectorField().describe("Label selectors, ANDed, as kubectl -l takes them; empty: all pods"),
    namespace: textField().default("").describe("Namespace of the pods; empty: all namespaces"),
    containerNames: z.array(textField()).default([]).describe("Only these containers; empty: all"),
    timestamps: flagField().describe("Begins each line with the time at which the node received it"),
    limits: z.object({
      maxLines: count().describe("Last lines of each log (10000)"),
      maxBytes: count().describe("Bytes of each log (5000000)"),
      maxAge: textField().optional().describe("Only what is younger, such as 24h; lines and bytes then do not count"),
      sinceTime: textField().optional().describe("Only what is later (RFC 3339); the other limits then do not count"),
    }).optional().describe("How much of each log; without it the last 10000 lines"),
  }),
  needs: ({ namespace }) => {
    const where = namespace ? { namespace } : {};
    return [{ verb: "list", resource: "pods", ...where }, {
      verb: "get",
      resource: "pods",
      subresource: "log",
      ...where,
    }];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const { signal, clock, progress } = context;
    using deadline = startDeadline(clock, DEADLINE_MS, signal);
    let targets: LogTarget[];
    try {
      targets = await findTargets(config, context, deadline.signal);
    } catch (error) {
      rethrowFatal(error, signal);
      yield missing(titleOf(config), missingReason(error), describeError(error));
      return yield jsonEntry(bundlePath(config.name || config.collectorName || "", "errors.json"), [
        describeError(error),
      ]);
    }
    if (targets.length === 0) {
      return yield missing(titleOf(config), "empty", `No pod matches the selector "${joinSelector(config.selector)}"`);
    }

    const query = logQuery(config.limits, context.since, clock.now());
    const run = new LogRun(config.name, config.timestamps, query, new FailingNodes(clock));
    let done = 0;
    const open = (target: LogTarget, unwanted: AbortSignal) => openLogs(target, run, context, deadline, unwanted);
    for await (const opened of mapAhead(targets, CONCURRENCY, open, closeLogs)) {
      yield* run.entries(opened);
      signal.throwIfAborted();
      if (++done % 50 === 0) progress(`${done} of ${targets.length} containers`);
    }
    yield* run.broken();
  },
});

async function findTargets(
  { selector, namespace, containerNames }: { selector?: string[]; namespace: string; containerNames: string[] },
  { kube }: CollectContext,
  signal: AbortSignal,
): Promise<LogTarget[]> {
  const path = namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods` : "/api/v1/pods";
  const targets: LogTarget[] = [];
  const unhealthy = new Set<string>();
  for await (const page of kube.list(path, { labelSelector: joinSelector(selector) || undefined, signal })) {
    for (const pod of page.items) {
      targets.push(...logTargets(pod, containerNames));
      if (isPodUnhealthy(pod)) unhealthy.add(pod.metadata.name);
    }
  }
  return unhealthyFirst(targets, unhealthy);
}

/** The logs of one container: bodies that wait to be read, or why there is none. */
interface OpenedLogs {
  target: LogTarget;
  current: { log: FileEntry } | { error: unknown };
  previous?: FileEntry;
}

async function openLogs(
  target: LogTarget,
  run: LogRun,
  { kube, signal }: CollectContext,
  deadline: Deadline,
  unwanted: AbortSignal,
): Promise<OpenedLogs> {
  if (target.absent) return { target, current: { error: target.absent.message } };
  const { namespace, pod, container, node } = target;
  const url = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const open = async (previous: boolean) => {
    const query = {
      container,
      ...(previous ? { previous } : {}),
      ...(run.timestamps ? { timestamps: true } : {}),
      ...run.query,
    };
    const either = anySignal(deadline.signal, unwanted);
    const body = await run.nodes.read(node, either, (signal) => kube.stream(url, { query, signal }));
    const path = run.realPath(target, previous);
    const words = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
    const source = `GET ${url}?${new URLSearchParams(words)}`;
    return await logEntry({ path, body, source }, run.query, (error) => {
      run.onBreak(target, error);
      if (deadline.expired) return "deadline";
      return signal.aborted ? "interrupted" : isAbort(error) ? "no answer" : "connection lost";
    });
  };
  // The previous run's log is often gone although the container restarted: that is nothing to report.
  const previous = target.restarted ? open(true).catch(() => undefined) : undefined;
  try {
    return { target, current: { log: await open(false) }, previous: await previous };
  } catch (error) {
    signal.throwIfAborted();
    return { target, current: { error }, previous: await previous };
  }
}

/** The server says so itself where the status was read before the container stopped. */
function logReason(error: unknown): MissingReason {
  const waiting = error instanceof KubeApiError && /waiting to start|host assigned/.test(error.detail ?? "");
  return waiting ? "not-started" : missingReason(error);
}

async function closeLogs({ current, previous }: OpenedLogs): Promise<void> {
  const bodies = ["log" in current ? current.log : undefined, previous].map((entry) => entry?.body);
  await Promise.allSettled(bodies.map((body) => body?.locked ? undefined : body?.cancel()));
}

/** What the containers of one collector share: the limits, the nodes, the links that are taken, the streams that broke. */
class LogRun {
  #links = new Set<string>();
  #broken: { target: LogTarget; error: unknown }[] = [];

  constructor(
    readonly name: string,
    readonly timestamps: boolean,
    readonly query: LogQuery,
    readonly nodes: FailingNodes,
  ) {}

  realPath({ namespace, pod, container }: LogTarget, previous: boolean): string {
    return bundlePath("cluster-resources/pods/logs", namespace, pod, `${container}${previous ? "-previous" : ""}.log`);
  }

  /** Told by a body while it is read, which is after its entry was yielded. */
  onBreak(target: LogTarget, error: unknown): void {
    this.#broken.push({ target, error });
  }

  *entries({ target, current, previous }: OpenedLogs): Generator<Entry> {
    if ("log" in current) yield* this.#linked(target, current.log, false);
    else {
      const reason = target.absent?.reason ?? logReason(current.error);
      yield missing(this.realPath(target, false), reason, describeError(current.error));
      yield* this.#errorFile(target, current.error);
    }
    if (previous) yield* this.#linked(target, previous, true);
    yield* this.broken();
  }

  /** An errors file for each stream that broke since the last call. */
  *broken(): Generator<Entry> {
    for (const { target, error } of this.#broken.splice(0)) yield* this.#errorFile(target, error);
  }

  *#linked(target: LogTarget, log: FileEntry, previous: boolean): Generator<Entry> {
    yield log;
    const path = bundlePath(this.name, target.pod, `${target.container}${previous ? "-previous" : ""}.log`);
    if (this.#take(path)) yield { type: "link", path, target: log.path };
  }

  *#errorFile(target: LogTarget, error: unknown): Generator<Entry> {
    const path = bundlePath(this.name, target.pod, `${target.container}-errors.json`);
    if (this.#take(path)) yield jsonEntry(path, [describeError(error)]);
  }

  /** False when another namespace's pod of the same name has the path: the first wins. */
  #take(path: string): boolean {
    if (this.#links.has(path)) return false;
    this.#links.add(path);
    return true;
  }
}
