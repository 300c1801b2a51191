import { affectedBy } from "../affected.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { clip, condition, counted, text } from "../loose.ts";

/** Conditions that should be False. */
const PRESSURES: Readonly<Record<string, [says: string, explanation: string, nextStep: string]>> = {
  MemoryPressure: [
    "is short of memory",
    "The kubelet evicts pods to free memory, and takes no new ones of the lowest class.",
    "kubectl top pods -A --sort-by=memory: find what uses it, and give it a limit",
  ],
  DiskPressure: [
    "is short of disk",
    "The kubelet deletes images and evicts pods to free its disk, and takes no new pods.",
    "Free the disk of the node: old images, logs, emptyDir volumes",
  ],
  PIDPressure: [
    "has too many processes",
    "The kubelet evicts pods because process ids run out.",
    "Find the pod that starts so many processes, and set podPidsLimit",
  ],
  NetworkUnavailable: [
    "has no network for pods",
    "The network plugin has not set the node up.",
    "Look at the pods of the network plugin on this node",
  ],
};

export const nodes: Insight = {
  id: "node",
  title: "Nodes that are not ready or under pressure",
  reads: ["nodes"],
  when:
    "The Ready condition of a node is not True, or one of MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable is. Nodes younger than a " +
    "minute are left alone; cordoned ones are no trouble",
  says: "The kubelet's own words, and the pods that are on such a node",
  nextStep: "Where to look on the node",
  async *inspect(cluster) {
    const pods = (await cluster.pods()).all;
    for await (const node of cluster.objects("nodes", "Node")) {
      if (await cluster.isYoung(node.value)) continue;
      const object = { kind: "Node", name: node.name, apiVersion: "v1" };
      const ready = condition(node.value, "Ready");
      if (ready !== undefined && ready.value.status !== "True") {
        const silent = ready.value.status !== "False";
        const on = pods.filter((pod) => pod.node === node.name && pod.trouble?.kind === "node");
        yield {
          title: `Node ${node.name} is not ready`,
          outcome: {
            status: "fail",
            message: `Node ${node.name} ${silent ? "does not report" : "is not ready"}: ` +
              `${clip(text(ready.value.message)) || text(ready.value.reason) || "no reason given"}` +
              (on.length === 0 ? "" : ` (${counted(on.length, "pod")} on it)`),
          },
          involvedObject: object,
          cause: `node-not-ready/${node.name}`,
          explanation: silent
            ? "The kubelet of the node has stopped to report: the machine is down, cut off, or the kubelet does not run. Its pods are replaced elsewhere after five minutes."
            : "The kubelet of the node reports that it cannot run pods.",
          nextStep:
            command`kubectl describe node ${node.name}; on the node: journalctl -u kubelet -u containerd --since -1h`,
          ...affectedBy([object, ...on.map(({ namespace, name }) => ({ kind: "Pod", namespace, name }))]),
          evidence: await cluster.evidence({ ...node, keys: ["status", "conditions", ready.index] }),
        };
        // What a kubelet that is silent said last about pressure is old.
        if (silent) continue;
      }
      for (const [type, [says, explanation, nextStep]] of Object.entries(PRESSURES)) {
        const pressure = condition(node.value, type);
        if (pressure?.value.status !== "True") continue;
        yield {
          title: `Node ${node.name} ${says}`,
          outcome: {
            status: type === "NetworkUnavailable" ? "fail" : "warn",
            message: `Node ${node.name} ${says} (${type}): ${clip(text(pressure.value.message))}`,
          },
          involvedObject: object,
          cause: `node-pressure/${node.name}/${type}`,
          explanation,
          nextStep,
          ...affectedBy([object]),
          evidence: await cluster.evidence({ ...node, keys: ["status", "conditions", pressure.index] }),
        };
      }
    }
  },
};
