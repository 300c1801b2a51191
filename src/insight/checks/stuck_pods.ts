import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { clip } from "../loose.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const stuckPods: Insight = {
  id: "stuck",
  title: "Pods that a node has but cannot start",
  reads: ["pods"],
  when:
    "A pod on a node is Pending, and a warning says why (FailedMount, FailedAttachVolume, FailedCreatePodSandBox …), or it has been for ten minutes",
  says:
    "What the node says: a volume that cannot be attached, a Secret or ConfigMap to mount that is not there, a network that is not ready",
  nextStep: "Where to look",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "stuck")) {
      const { trouble, first } = group;
      const [, explanation] = REASONS.find(([pattern]) => pattern.test(`${trouble.reason} ${trouble.message}`))!;
      yield troubleFinding(cluster, group, {
        title: `Does not start: ${whereOf(group)} (${trouble.reason})`,
        status: "fail",
        message: `${podsOf(group)} cannot start on ${first.node || "the node"}: ` +
          (clip(trouble.message) || "it is being created for more than ten minutes, and nothing says why"),
        explanation,
        nextStep: command`kubectl describe pod -n ${first.namespace} ${first.name}`,
      });
    }
  },
};

const REASONS: readonly [pattern: RegExp, explanation: string][] = [
  [/(?:secret|configmap) "[^"]+" not found/i, "The pod mounts a Secret or ConfigMap that is not in its namespace."],
  [/Multi-Attach/i, "The volume is still attached to another node, and can be used on one at a time."],
  [/Failed(?:Mount|AttachVolume|MapVolume)/, "A volume of the pod cannot be attached or mounted."],
  [
    /Sandbox|network|cni/i,
    "The node cannot give the pod a network: the network plugin is missing, broken, or out of addresses.",
  ],
  [/^/, "The node has accepted the pod, and its containers are not created."],
];
