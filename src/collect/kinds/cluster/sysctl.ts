import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, missing } from "../../../bundle/entry.ts";
import { tryParseDuration } from "../../../core/duration.ts";
import { describeError } from "../../../core/errors.ts";
import { KubeForbiddenError } from "../../../kube/errors.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { type CreatedObjects, withCreatedObjects } from "../../created_objects.ts";
import { timeoutMs } from "../../deadline.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { imagePullSecretField, pullSecrets } from "./pods/image_pull_secret.ts";
import { launchPod } from "./pods/launch_pod.ts";
import { listPods } from "./pods/list_pods.ts";
import { explainPod, podWarnings } from "./pods/pod_events.ts";
import { podLogEntry, podLogText } from "./pods/pod_log.ts";
import { podState } from "./pods/pod_state.ts";
import { PodTimeoutError } from "./pods/pod_timeout.ts";
import { PollFailures } from "./pods/poll_failures.ts";
import { SYSCTL_SCRIPT } from "./sysctl_script.ts";

/** For the pod of one node, where the spec says nothing; and where it says 0. */
const DEFAULT_TIMEOUT_MS = 120_000;
const ZERO_TIMEOUT_MS = 60_000;
const POLL_MS = 1000;
/** Nodes whose pods run at the same time. */
const AT_A_TIME = 32;
const LOG_LIMITS = { limitBytes: 10_000_000 };
const MAX_COMPLAINT = 300;
const RUN_LABEL = "troubleshoot.sh/sysctl-run-id";
const CONTAINER = "sysctl";
const UNUSABLE = ["not-ready", "unreachable", "unschedulable"].map((word) => `node.kubernetes.io/${word}`);

export const sysctl = defineCollector({
  kind: "sysctl",
  where: "cluster",
  summary: "Kernel settings of the network and the virtual memory, from a pod on each node",
  title: ({ name }) => name ? `sysctl/${name}` : "sysctl",
  fields: () => ({
    name: textField().default("").describe("Display name"),
    namespace: textField().default("").describe(
      "Namespace of the pods; empty: that of the command line, else of the kubeconfig's context",
    ),
    image: textField().describe("Image with sh, find and cat"),
    imagePullPolicy: textField().optional().describe("Always, IfNotPresent or Never"),
    imagePullSecret: imagePullSecretField(),
    timeout: textField().optional().describe("Longest time for the pod of one node (2m)"),
  }),
  needs: ({ namespace, imagePullSecret }, context) => {
    const named = namespace || context.namespace;
    const where = named ? { namespace: named } : {};
    const secrets = ["create", "delete"].map((verb) => ({ verb, resource: "secrets", ...where }));
    return [
      { verb: "list", resource: "nodes" },
      ...["create", "list", "delete"].map((verb) => ({ verb, resource: "pods", ...where })),
      { verb: "get", resource: "pods", subresource: "log", ...where },
      ...(Object.keys(imagePullSecret?.data ?? {}).length > 0 ? secrets : []),
    ];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const { kube, clock, signal } = context;
    const title = config.name ? `sysctl/${config.name}` : "sysctl";
    const namespace = config.namespace || context.namespace || await kube.contextNamespace();
    const ready: string[] = [];
    for await (const page of kube.list("/api/v1/nodes", { signal })) {
      for (const node of page.items) {
        const taint = unusable(node);
        if (taint === undefined) ready.push(node.metadata.name);
        else yield missing(pathOf(node.metadata.name), "not-started", `No pod is started here: the node is ${taint}`);
      }
    }
    if (ready.length === 0) return yield missing(title, "empty", "No node can run a pod");
    const options = { clock, signal, title, lifetimeMs: lifetimeMs(undefined, context) };
    yield* withCreatedObjects(kube, options, async function* (objects) {
      const secrets = await pullSecrets(objects, namespace, config.imagePullSecret);
      const plan = { ...config, namespace, secrets, timeoutMs: nodeTimeoutMs(config.timeout) };
      yield* new SysctlRun(plan, objects, context).files(ready);
    });
  },
});

function nodeTimeoutMs(text: string | undefined): number {
  if (text !== undefined && tryParseDuration(text.trim()) === 0) return ZERO_TIMEOUT_MS;
  return timeoutMs(text) ?? DEFAULT_TIMEOUT_MS;
}

/** Why no pod can be expected to run on a node, in a word; undefined when it can. */
function unusable(node: KubeObject): string | undefined {
  const taints: { key: string }[] = node.spec?.taints ?? [];
  return taints.find(({ key }) => UNUSABLE.includes(key))?.key.split("/")[1];
}

function pathOf(node: string): string {
  return bundlePath("sysctl", node);
}

interface SysctlPlan {
  namespace: string;
  image: string;
  imagePullPolicy?: string;
  secrets: { name: string }[];
  timeoutMs: number;
}

/** One pod for each node, some at a time. */
class SysctlRun {
  readonly #running = new Map<string, { pod: KubeObject; endsAt: number }>();

  constructor(readonly plan: SysctlPlan, readonly objects: CreatedObjects, readonly context: CollectContext) {}

  async *files(nodes: readonly string[]): AsyncGenerator<Entry> {
    const { clock, signal, progress } = this.context;
    const waiting = [...nodes];
    const polls = new PollFailures();
    while (waiting.length + this.#running.size > 0 && !this.objects.signal.aborted) {
      while (this.#running.size < AT_A_TIME && waiting.length > 0 && !this.objects.signal.aborted) {
        yield* this.#start(waiting.shift()!);
      }
      try {
        const pods = await listPods(
          this.context.kube,
          this.plan.namespace,
          { [RUN_LABEL]: this.objects.runId },
          this.objects.signal,
        );
        polls.succeeded();
        yield* this.#finished(new Map(pods.map((pod) => [pod.metadata.name, pod])));
      } catch (error) {
        if (this.objects.signal.aborted) break;
        polls.failed(error);
      }
      progress(`${nodes.length - waiting.length - this.#running.size} of ${nodes.length} nodes`);
      if (this.#running.size > 0) await clock.sleep(POLL_MS, this.objects.signal);
    }
    signal.throwIfAborted();
    for (const node of [...this.#running.keys(), ...waiting]) {
      yield missing(
        pathOf(node),
        "timed-out",
        "The time of the collector was over before the pod of this node had ended",
      );
    }
  }

  async *#start(node: string): AsyncGenerator<Entry> {
    const { clock, signal } = this.context;
    try {
      const pod = await launchPod(this.objects, {
        namespace: this.plan.namespace,
        generateName: "run-pod-",
        labels: { "troubleshoot-role": "sysctl-collector", [RUN_LABEL]: this.objects.runId },
        spec: this.#spec(node),
      }, clock);
      this.#running.set(node, { pod, endsAt: clock.now().getTime() + this.plan.timeoutMs });
    } catch (error) {
      rethrowFatal(error, signal);
      // What one pod is refused, all are.
      if (error instanceof KubeForbiddenError || this.objects.signal.aborted) throw error;
      yield missing(pathOf(node), missingReason(error), describeError(error));
    }
  }

  async *#finished(pods: Map<string, KubeObject>): AsyncGenerator<Entry> {
    const { clock, kube, signal } = this.context;
    for (const [node, { pod: { metadata }, endsAt }] of this.#running) {
      const pod = pods.get(metadata.name);
      const end = pod && podState(pod);
      if (end?.state === "ended") yield* this.#settings(node, pod!);
      else if (end?.state === "stuck") {
        const warnings = await podWarnings(kube, pod!, signal);
        const why = `The pod will not start: ${end.why}${warnings && ` (${warnings})`}`;
        yield missing(pathOf(node), "failed", why);
      } else if (pod === undefined) {
        yield missing(pathOf(node), "failed", "The pod is gone: somebody deleted it while it was waited for");
      } else if (clock.now().getTime() >= endsAt) {
        const why = await explainPod(kube, pod, signal);
        const { message } = new PodTimeoutError("the pod did not end", this.plan.timeoutMs, why);
        yield missing(pathOf(node), "timed-out", message);
      } else continue;
      this.#running.delete(node);
      if (pod !== undefined) await this.objects.remove(pod);
    }
  }

  async *#settings(node: string, pod: KubeObject): AsyncGenerator<Entry> {
    const { kube, signal } = this.context;
    const target = {
      namespace: this.plan.namespace,
      pod: pod.metadata.name,
      container: CONTAINER,
      limits: LOG_LIMITS,
    };
    try {
      if (pod.status?.phase === "Succeeded") return yield await podLogEntry(kube, target, pathOf(node), signal);
      const said = await podLogText(kube, { ...target, limits: { limitBytes: MAX_COMPLAINT } }, signal).catch(() => "");
      const why = [await explainPod(kube, pod, signal), said.trim()].filter(Boolean).join("; ");
      yield missing(pathOf(node), "failed", `The pod could not read the settings: ${why}`);
    } catch (error) {
      rethrowFatal(error, signal);
      yield missing(pathOf(node), missingReason(error), describeError(error));
    }
  }

  #spec(node: string): Record<string, unknown> {
    const { image, imagePullPolicy, secrets } = this.plan;
    return {
      hostNetwork: true,
      automountServiceAccountToken: false,
      // By the node's name and not by its hostname label, which may be another.
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }],
          },
        },
      },
      tolerations: [{ operator: "Exists" }],
      ...(secrets.length > 0 ? { imagePullSecrets: secrets } : {}),
      containers: [{
        name: CONTAINER,
        image,
        ...(imagePullPolicy ? { imagePullPolicy } : {}),
        command: ["sh", "-c", SYSCTL_SCRIPT],
      }],
    };
  }
}
