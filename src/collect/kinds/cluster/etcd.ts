import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import type { ExecTarget, KubeObject } from "../../../kube/kube_client.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { withCreatedObjects } from "../../created_objects.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { etcdFacts, type EtcdPlace, etcdPlace } from "./etcd_place.ts";
import { describeTarget, findPod, outcomeReason, outputEntry, runInPod } from "./pod_command.ts";
import { launchPod } from "./pods/launch_pod.ts";
import { waitWithin } from "./pods/wait_within.ts";

const DEFAULT_IMAGE = "quay.io/coreos/etcd:latest";
const ENDPOINT = "https://127.0.0.1:2379";
const NAMESPACE = "default";
const COMMANDS: Record<string, string[]> = {
  "endpoint-health": ["endpoint", "health"],
  "endpoint-status": ["endpoint", "status"],
  "member-list": ["member", "list"],
  "alarm-list": ["alarm", "list"],
  "version": ["version"],
};
const COMMAND_MS = 30_000;
const START_MS = 60_000;
/** Start, commands, and some. */
const LIFETIME_MS = START_MS + Object.keys(COMMANDS).length * COMMAND_MS + 30_000;

export const etcd = defineCollector({
  kind: "etcd",
  where: "cluster",
  summary: "Health, members and alarms of etcd, in clusters of kURL, k0s and embedded clusters",
  title: "etcd",
  fields: () => ({
    image: textField().default(DEFAULT_IMAGE).describe(
      "Image with sleep and etcdctl for the pod that is started where etcd runs outside of pods",
    ),
  }),
  permissions: () => [
    { verb: "list", resource: "nodes" },
    { verb: "list", resource: "pods" },
    { verb: "create", resource: "pods", subresource: "exec" },
    ...["create", "get", "list", "delete"].map((verb) => ({ verb, resource: "pods", namespace: NAMESPACE })),
  ],
  async *collect(config, context): AsyncGenerator<Entry> {
    const { kube, clock, signal } = context;
    const nodes: KubeObject[] = [];
    for await (const { items } of kube.list("/api/v1/nodes", { signal })) nodes.push(...items.map(etcdFacts));
    const place = etcdPlace(nodes);
    if (place.distribution === "kurl") {
      const pod = await findPod(kube, "", "component=etcd", signal);
      if (pod === undefined) {
        throw new SupportBundleError("Cannot ask etcd: no pod has the label component=etcd", {
          code: "NOT_FOUND",
          hint: "Check that the cluster runs an etcd of its own",
        });
      }
      return yield* runCommands(place, containerOf(pod), context);
    }
    const options = { clock, signal, title: "etcd", lifetimeMs: lifetimeMs(LIFETIME_MS, context) };
    yield* withCreatedObjects(kube, options, async function* (objects) {
      const plan = { namespace: NAMESPACE, generateName: "etcd-collector-", spec: podSpec(place, config.image) };
      const pod = await launchPod(objects, plan, clock);
      const started = await waitWithin(START_MS, "started", pod, { ...context, signal: objects.signal });
      yield* runCommands(place, containerOf(started), { ...context, signal: objects.signal });
    });
  },
});

function containerOf({ metadata, spec }: KubeObject): Omit<ExecTarget, "command"> {
  return { namespace: metadata.namespace!, pod: metadata.name, container: spec.containers[0].name };
}

function podSpec({ folder, node }: Extract<EtcdPlace, { folder: string }>, image: string) {
  return {
    automountServiceAccountToken: false,
    hostNetwork: true,
    terminationGracePeriodSeconds: 0, // sleep would wait for its end as the first process of a container
    // The certificates are on this node; through the scheduler, so that the image's architecture and the node's room count.
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }],
        },
      },
    },
    tolerations: [{ operator: "Exists" }],
    containers: [{
      name: "etcd-client",
      image,
      imagePullPolicy: "IfNotPresent",
      command: ["sleep", "5m"],
      volumeMounts: [{ name: "certificates", mountPath: folder, readOnly: true }],
    }],
    volumes: [{ name: "certificates", hostPath: { path: folder, type: "Directory" } }],
  };
}

async function* runCommands(
  { certificates: { cacert, cert, key } }: EtcdPlace,
  target: Omit<ExecTarget, "command">,
  context: CollectContext,
): AsyncGenerator<Entry> {
  const access = ["--cacert", cacert, "--cert", cert, "--key", key, "--write-out", "json", "--endpoints", ENDPOINT];
  for (const [name, words] of Object.entries(COMMANDS)) {
    const source = `exec ${describeTarget(target)} etcdctl ${words.join(" ")}`;
    const path = bundlePath("etcd", `${name}.json`);
    const command = ["etcdctl", ...words, ...access];
    const outcome = await runInPod(context, { ...target, command }, { timeoutMs: COMMAND_MS });
    if ("error" in outcome) {
      yield missing(path, outcomeReason(outcome.error), describeError(outcome.error));
      continue;
    }
    const { stdout, stderr, failure, truncated } = outcome.result;
    const complaint = new TextDecoder().decode(stderr);
    // A command that fails can tell most: what is wrong with an endpoint is in its output.
    if (stdout.length > 0) yield outputEntry(path, stdout, truncated, source);
    else if (failure) yield missing(path, "failed", complaint.trim().slice(0, 500) || failure.message);
    if (complaint !== "") {
      yield jsonEntry(bundlePath("etcd", `${name}-stderr.json`), { stderr: complaint }, { indent: 0, source });
    }
  }
}
