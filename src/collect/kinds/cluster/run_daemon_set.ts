import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, missing, type MissingReason, textEntry } from "../../../bundle/entry.ts";
import { tryParseDuration } from "../../../core/duration.ts";
import { describeError } from "../../../core/errors.ts";
import { withTimeLimit } from "../../../core/time_limit.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import { type CollectContext, defineCollector, titled } from "../../collector.ts";
import { type CreatedObjects, withCreatedObjects } from "../../created_objects.ts";
import { timeoutMs } from "../../deadline.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { imagePullSecretField, pullSecrets } from "./pods/image_pull_secret.ts";
import { podName } from "./pods/launch_pod.ts";
import { listPods } from "./pods/list_pods.ts";
import { explainPod, podWarnings } from "./pods/pod_events.ts";
import { podLogEntry } from "./pods/pod_log.ts";
import { containerNames, podNamespaceField, podSpecField } from "./pods/pod_spec_field.ts";
import { hasStarted, podState, restartedSince } from "./pods/pod_state.ts";
import { PodTimeoutError } from "./pods/pod_timeout.ts";
import { PollFailures } from "./pods/poll_failures.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
const POLL_MS = 1000;
/** For what is asked when the time is over. */
const LAST_LOOK_MS = 10_000;
const LOG_LIMITS = { limitBytes: 20_000_000 };

const titleOf = titled("run-daemonset");

export const runDaemonSet = defineCollector({
  kind: "runDaemonSet",
  where: "cluster",
  summary: "Logs of pods that are run for the bundle, one on each node",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle, and how the DaemonSet's name begins"),
    namespace: podNamespaceField(),
    podSpec: podSpecField(),
    timeout: textField().optional().describe("Longest time until the pods of all nodes have ended once (60s)"),
    imagePullSecret: imagePullSecretField(),
  }),
  needs: (config, context) => {
    const namespace = config.namespace || context.namespace || "default";
    const sets = ["create", "get", "delete"].map((verb) => ({
      verb,
      resource: "daemonsets",
      group: "apps",
      namespace,
    }));
    const secrets = ["create", "delete"].map((verb) => ({ verb, resource: "secrets", namespace }));
    return [
      ...sets,
      { verb: "list", resource: "pods", namespace },
      { verb: "get", resource: "pods", subresource: "log", namespace },
      ...(Object.keys(config.imagePullSecret?.data ?? {}).length > 0 ? secrets : []),
    ];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const { kube, clock, signal } = context;
    bundlePath(config.name, "node.log"); // a name that cannot be one is found before anything is created
    const limitMs = lifetimeMs(ownTimeoutMs(config.timeout), context);
    const options = { clock, signal, title: titleOf(config), lifetimeMs: limitMs };
    yield* withCreatedObjects(kube, options, async function* (objects) {
      const namespace = config.namespace || context.namespace || "default";
      const labels = {
        "troubleshoot-role": "run-daemonset-collector",
        // Pods of an earlier run may still be ending.
        "troubleshoot.sh/run-daemonset-id": objects.runId,
      };
      const secrets = await pullSecrets(objects, namespace, config.imagePullSecret);
      const set = await objects.create(
        `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets`,
        daemonSet(config.name, namespace, labels, config.podSpec, secrets),
      );
      const run = new NodeRun(config.name, containerNames(config.podSpec)[0]!, options.title, limitMs, context);
      yield* run.files(objects, set, labels);
    });
  },
});

function ownTimeoutMs(text: string | undefined): number {
  const ms = text === undefined ? undefined : tryParseDuration(text.trim());
  if (ms !== undefined && ms <= 0) return DEFAULT_TIMEOUT_MS;
  return timeoutMs(text) ?? DEFAULT_TIMEOUT_MS;
}

function daemonSet(
  name: string,
  namespace: string,
  labels: Record<string, string>,
  podSpec: Record<string, unknown>,
  secrets: { name: string }[],
) {
  const inSpec = Array.isArray(podSpec.imagePullSecrets) ? podSpec.imagePullSecrets : [];
  const stem = podName(name.replaceAll(".", "-"));
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { namespace, generateName: `run-daemonset-${stem}${stem === "" ? "" : "-"}`, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...podSpec,
          restartPolicy: "Always", // there is no other for a DaemonSet
          ...(secrets.length > 0 ? { imagePullSecrets: [...inSpec, ...secrets] } : {}),
        },
      },
    },
  };
}

/** The pods of one DaemonSet on their way: a node is done when its pod's first container has ended once. */
class NodeRun {
  /** Nodes, or pods without one, whose files are written. */
  readonly #done = new Set<string>();
  #pods: KubeObject[] = [];
  /** How many pods there shall be; undefined until the controller has counted. */
  #wanted?: number;

  constructor(
    readonly name: string,
    readonly container: string,
    readonly title: string,
    readonly limitMs: number,
    readonly context: CollectContext,
  ) {}

  async *files(objects: CreatedObjects, set: KubeObject, labels: Record<string, string>): AsyncGenerator<Entry> {
    const { clock, signal, progress } = this.context;
    const polls = new PollFailures();
    while (!objects.signal.aborted) {
      try {
        await this.#look(set, labels, objects.signal);
        polls.succeeded();
      } catch (error) {
        if (objects.signal.aborted) break;
        polls.failed(error);
      }
      for (const pod of this.#pods) {
        if (objects.signal.aborted) break;
        if (!this.#done.has(placeOf(pod))) yield* this.#fileOf(pod);
      }
      if (this.#wanted === 0) return yield missing(this.title, "empty", "No node is one for these pods");
      if (this.#wanted !== undefined && this.#done.size >= this.#wanted) return;
      progress(`${this.#done.size} of ${this.#wanted ?? "?"} nodes`);
      await clock.sleep(POLL_MS, objects.signal);
    }
    signal.throwIfAborted();
    yield* this.#rest(set, labels);
  }

  async #look(set: KubeObject, labels: Record<string, string>, signal: AbortSignal): Promise<void> {
    const { namespace = "default", name } = set.metadata;
    const { kube } = this.context;
    const { status, metadata } = await kube.get(
      `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets/${encodeURIComponent(name)}`,
      { signal },
    );
    const counted = (status?.observedGeneration ?? 0) >= Number(metadata.generation ?? 1);
    const { desiredNumberScheduled: wanted, currentNumberScheduled: current } = status ?? {};
    this.#wanted = counted && wanted === current ? wanted : undefined;
    this.#pods = await listPods(kube, namespace, labels, signal);
  }

  /** The files of a pod that is done, or that never will be; nothing for any other. */
  async *#fileOf(pod: KubeObject): AsyncGenerator<Entry> {
    const { kube, signal } = this.context;
    const state = podState(pod, { containers: [this.container] });
    if (state.state === "stuck") {
      this.#done.add(placeOf(pod));
      const warnings = await podWarnings(kube, pod, signal);
      yield* this.#failure(pod, "failed", `The pod will not start: ${state.why}${warnings && ` (${warnings})`}`);
    } else if (state.state === "ended") {
      this.#done.add(placeOf(pod));
      yield* this.#logs(pod, false);
    }
  }

  /** What there is of the nodes that are not done when the time is over. */
  async *#rest(set: KubeObject, labels: Record<string, string>): AsyncGenerator<Entry> {
    const { kube, signal } = this.context;
    // What the last poll saw may be old by now.
    await withTimeLimit(LAST_LOOK_MS, signal, (signal) => this.#look(set, labels, signal)).catch(() => {});
    signal.throwIfAborted();
    const open = this.#pods.filter((pod) => !this.#done.has(placeOf(pod)));
    const before = this.#done.size;
    for (const pod of open) {
      yield* this.#fileOf(pod);
      if (this.#done.has(placeOf(pod))) continue;
      const why = new PodTimeoutError("the pod did not end", this.limitMs, await explainPod(kube, pod, signal)).message;
      if (hasStarted(pod, this.container)) {
        yield* this.#logs(pod, true);
        yield missing(this.#path(pod), "timed-out", `The log is not complete: ${why}`);
      } else {
        yield* this.#failure(pod, "timed-out", why);
      }
    }
    const size = before + open.length;
    if (this.#wanted === undefined && size === 0) {
      throw new PodTimeoutError("no pod was created", this.limitMs, "the DaemonSet was not acted upon");
    }
    const absent = (this.#wanted ?? 0) - size;
    if (absent > 0) yield missing(this.title, "timed-out", `${absent} nodes had no pod when the time was over`);
  }

  async *#logs(pod: KubeObject, cut: boolean): AsyncGenerator<Entry> {
    const { kube, signal } = this.context;
    const { namespace = "default", name } = pod.metadata;
    const containers: { name: string }[] = pod.spec?.containers ?? [];
    for (const container of containers.map(({ name }) => name)) {
      const first = container === this.container;
      if (!first && !hasStarted(pod, container)) continue;
      const path = this.#path(pod, first ? undefined : container);
      // A DaemonSet's containers start again when they have ended: the run before this one is whole.
      const previous = !cut && restartedSince(pod, container);
      const open = (previous: boolean) =>
        podLogEntry(kube, { namespace, pod: name, container, previous, limits: LOG_LIMITS }, path, signal);
      try {
        const log = await (previous ? open(true).catch(() => open(false)) : open(false));
        if (cut) log.truncated ??= { limit: "deadline" };
        yield log;
      } catch (error) {
        rethrowFatal(error, signal);
        const why = `The log of container "${container}" cannot be read: ${describeError(error)}`;
        if (first) yield* this.#failure(pod, missingReason(error), why);
        else yield missing(path, missingReason(error), why);
      }
    }
  }

  /** Readers of the bundle find why there is no log where they look for it. */
  async *#failure(pod: KubeObject, reason: MissingReason, why: string): AsyncGenerator<Entry> {
    yield missing(this.#path(pod), reason, why);
    yield textEntry(this.#path(pod), `${why}\n`);
  }

  #path(pod: KubeObject, container?: string): string {
    const node = pod.spec?.nodeName || `unknown-node-${pod.metadata.name}`;
    return bundlePath(this.name, `${node}${container === undefined ? "" : `-${container}`}.log`);
  }
}

/** A pod that is evicted gets a successor on its node: that is no other result. */
function placeOf({ spec, metadata }: KubeObject): string {
  return spec?.nodeName || metadata.uid as string;
}
