import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { clip } from "../loose.ts";
import { schedulingReasons } from "../pod_trouble.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const pendingPods: Insight = {
  id: "pending",
  title: "Pods that no node takes",
  reads: ["pods"],
  when:
    "The scheduler said that it cannot place a pod, and the pod is older than a minute. Pods with scheduling gates are left alone",
  says: "The scheduler's reason; pods that wait for the same reason are one finding",
  nextStep: "What would let a node take them",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "pending")) {
      const { trouble, first } = group;
      const reasons = schedulingReasons(trouble.message);
      const [, explanation, nextStep] = REASONS.find(([pattern]) => pattern.test(trouble.message))!;
      yield troubleFinding(cluster, group, {
        title: `No node takes ${reasons === "" || reasons.length > 120 ? whereOf(group) : `pods: ${reasons}`}`,
        status: "fail",
        message: `${podsOf(group)} cannot be scheduled: ${clip(trouble.message) || "the scheduler gives no reason"}`,
        explanation,
        nextStep: nextStep.replace("POD", () => command`-n ${first.namespace} ${first.name}`),
      });
    }
  },
};

/** What the scheduler says; the last one fits always. */
const REASONS: readonly [pattern: RegExp, explanation: string, nextStep: string][] = [
  [
    /persistentvolumeclaim/i,
    "The pod mounts a volume that there is not yet, or that is elsewhere.",
    "kubectl get pvc -A: look at what is Pending, and at the StorageClass it names",
  ],
  [
    /Insufficient /,
    "The nodes have less left than the pod requests. What counts are requests, not what is really used.",
    'kubectl describe nodes: compare "Allocated resources" with the pod\'s requests; lower requests, or add nodes',
  ],
  [
    /Too many pods/i,
    "The nodes run as many pods as they may.",
    "Add nodes, or raise the limit of pods per node",
  ],
  [
    /untolerated taint|didn't tolerate/i,
    "The nodes keep pods away that do not tolerate their taints; nodes that are not ready or are cordoned have such taints, too.",
    "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints: remove the taint, or add a toleration",
  ],
  [
    /were unschedulable/i,
    "The nodes are cordoned.",
    "kubectl uncordon the nodes that shall work again",
  ],
  [
    /affinity|selector|topology spread/i,
    "No node has the labels that the pod asks for, or its rules of affinity or spreading leave none.",
    "kubectl get pod POD -o jsonpath='{.spec.nodeSelector} {.spec.affinity}', and compare with kubectl get nodes --show-labels",
  ],
  [/^/, "The scheduler finds no node for the pod.", "kubectl describe pod POD: the events have the scheduler's reason"],
];
