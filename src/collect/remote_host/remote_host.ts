import * as z from "zod";
import { jsonEntry, missing } from "../../bundle/entry.ts";
import type { KubeObject } from "../../kube/kube_client.ts";
import { defineCollector } from "../collector.ts";
import { withCreatedObjects } from "../created_objects.ts";
import { absentPods } from "../kinds/cluster/absent_pods.ts";
import { nodeOf, waitForDaemonPods } from "../kinds/cluster/daemon_pods.ts";
import { hostFilesNeeds } from "../kinds/cluster/host_files.ts";
import { lifetimeMs } from "../lifetime.ts";
import { textField } from "../text_field.ts";
import { hostDaemonSet } from "./host_daemon_set.ts";
import { collectOnNode, type RemoteCollector } from "./node_collection.ts";
import { NodeErrors } from "./node_errors.ts";
import { sideBySide } from "./side_by_side.ts";

const TITLE = "host-collectors-on-nodes";
const DEFAULT_IMAGE = "replicated/troubleshoot:latest";
const START_MS = 30_000;
/** Nodes that collect at a time. */
const NODES = 8;

/** All host collectors of a run, on each node (`spec.runHostCollectorsInPod`). No spec names this kind: see
 * `with_remote_host.ts`. */
export const remoteHost = defineCollector({
  kind: "hostCollectorsOnNodes",
  where: "cluster",
  summary: "Host collectors on every node, through a privileged pod on each",
  title: TITLE,
  fields: () => ({
    collectors: z.array(z.custom<RemoteCollector>()).describe("What is run, in order"),
    image: textField().default(DEFAULT_IMAGE).describe("Image with tail and /troubleshoot/collect"),
    startMs: z.number().positive().default(START_MS).describe("How long pods may take to start, in milliseconds"),
  }),
  needs: (_, { namespace }) => hostFilesNeeds({ namespace: namespace || "default" }, {}),
  async *collect({ collectors, image, startMs }, context) {
    const { kube, clock, signal } = context;
    const namespace = context.namespace || "default";
    const ownMs = lifetimeMs(undefined, context);
    const endsAt = new Date(clock.now().getTime() + ownMs);
    yield* withCreatedObjects(kube, { clock, signal, title: TITLE, lifetimeMs: ownMs }, async function* (objects) {
      const manifest = hostDaemonSet({ namespace, image, runId: objects.runId });
      const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets`;
      const set = await objects.create(path, manifest);
      const labels = manifest.spec.selector.matchLabels;
      const waiting = { clock, signal: objects.signal, limitMs: startMs, progress: context.progress };
      const pods = await waitForDaemonPods(kube, set, labels, waiting);
      signal.throwIfAborted();
      const nodes = nodesOf(pods);
      if (nodes.length > 0) yield jsonEntry("host-collectors/system/node_list.json", { nodes });
      const total = pods.ready.length * collectors.length;
      let count = 0;
      const done = (node: string, title: string) => context.progress(`${++count} of ${total}: ${title} on ${node}`);
      const options = { context, lifetime: objects.signal, endsAt, done };
      const sources = pods.ready.map((pod) => (unwanted: AbortSignal) =>
        collectOnNode(pod, collectors, options, unwanted)
      );
      yield* sideBySide(sources, NODES);
      for await (const { pod, reason, why } of absentPods(set, pods, startMs, context)) {
        if (pod === undefined) yield missing(TITLE, reason, why);
        else yield* new NodeErrors(nodeOf(pod), () => clock.now()).of("pod", reason, why);
      }
    });
  },
});

/** Names of all nodes that had a pod, ready or not: analyzers say of each what they miss. */
function nodesOf({ ready, failed, pending }: Awaited<ReturnType<typeof waitForDaemonPods>>): string[] {
  const pods: KubeObject[] = [...ready, ...failed.map(({ pod }) => pod), ...pending];
  return [...new Set(pods.filter(({ spec }) => spec?.nodeName).map(nodeOf))].sort();
}
