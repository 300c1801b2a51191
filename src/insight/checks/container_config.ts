import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { clip } from "../loose.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const containerConfig: Insight = {
  id: "container-config",
  title: "Containers that cannot be created",
  reads: ["pods"],
  when: "A container waits in CreateContainerConfigError, CreateContainerError, RunContainerError or the like",
  says:
    "What the node says: most often the Secret, ConfigMap or key that is not there, or the command that cannot be run",
  nextStep: "What to create, or where to look",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "container-config")) {
      const { trouble, first } = group;
      const [, kind, name] = /\b(secret|configmap) "([^"]+)" not found/i.exec(trouble.message) ?? [];
      yield troubleFinding(cluster, group, {
        title: `Cannot be created: ${whereOf(group)}`,
        status: "fail",
        message: `${podsOf(group)}: container ${trouble.container} cannot be created (${trouble.reason}). ` +
          clip(trouble.message),
        explanation: kind === undefined
          ? "The image is there, but the node cannot make a container of it with this configuration."
          : `The container takes settings from the ${kind} "${name}", which is not in its namespace.`,
        nextStep: kind === undefined
          ? command`kubectl describe pod -n ${first.namespace} ${first.name}`
          : command`kubectl get ${kind.toLowerCase()} -n ${first.namespace}: create "${name}", or correct the name in the template`,
      });
    }
  },
};
