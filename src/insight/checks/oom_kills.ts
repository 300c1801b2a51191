import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { logTail, tailText } from "../log_tail.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const oomKills: Insight = {
  id: "oom",
  title: "Containers killed for memory",
  reads: ["pods"],
  when:
    "A container ended with OOMKilled within a day. It is a failure while the container does not serve, else a warning",
  says: "How often it restarted, and the last lines of its log",
  nextStep: "The command that shows its limit, and what to weigh",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "oom")) {
      const { trouble, first } = group;
      const tail = await logTail(cluster, first, trouble.container ?? "");
      yield troubleFinding(cluster, group, {
        title: `Killed for memory: ${whereOf(group)}`,
        status: group.acute ? "fail" : "warn",
        message:
          `${podsOf(group)}: container ${trouble.container} was killed because it used more memory than it may ` +
          `(OOMKilled, ${trouble.restarts} restarts).${tailText(tail)}`,
        explanation: "The container reached its memory limit, or its node ran out of memory, and the kernel killed it.",
        nextStep:
          command`kubectl get pod -n ${first.namespace} ${first.name} -o jsonpath='{.spec.containers[*].resources}': ` +
          "raise the limit if the program needs that much, else look for what grows in it",
        evidence: tail && [{ path: tail.path, line: tail.firstLine }],
      });
    }
  },
};
