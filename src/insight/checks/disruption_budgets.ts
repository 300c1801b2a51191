import { affectedBy } from "../affected.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, number, text } from "../loose.ts";
import { selects } from "../selector.ts";

export const disruptionBudgets: Insight = {
  id: "disruption-budget",
  title: "Disruption budgets that allow none",
  reads: ["pod-disruption-budgets", "pods"],
  when:
    "A PodDisruptionBudget has pods, all that it wants are healthy, and it still allows no disruption. Budgets without pods and younger ones than a minute are left alone; where pods " +
    "are not healthy, it adds to the finding about them",
  says: "The numbers that make it a dead end: node drains and cluster upgrades wait for ever",
  nextStep: "What to change in the budget, or the number of replicas",
  async *inspect(cluster) {
    for await (const budget of cluster.objects("pod-disruption-budgets", "PodDisruptionBudget")) {
      const { value, namespace, name } = budget;
      const status = (key: string) => number(below(value, "status", key));
      const [allowed, expected, healthy, desired] = [
        status("disruptionsAllowed"),
        status("expectedPods") ?? 0,
        status("currentHealthy") ?? 0,
        status("desiredHealthy") ?? 0,
      ];
      if (allowed !== 0 || expected === 0 || await cluster.isYoung(value)) continue;
      const object = { kind: "PodDisruptionBudget", namespace, name };
      const common = {
        involvedObject: { ...object, apiVersion: "policy/v1" },
        ...affectedBy([object]),
        evidence: await cluster.evidence({ ...budget, keys: ["status"] }),
      };
      if (healthy < desired || desired < expected) {
        const sick = (await cluster.pods()).in(namespace).find(({ trouble, labels }) =>
          trouble !== undefined && selects(below(value, "spec", "selector"), labels)
        );
        if (sick === undefined) continue;
        yield {
          ...common,
          title: `Disruption budget ${namespace}/${name} allows no disruption`,
          outcome: {
            status: "warn",
            message:
              `PodDisruptionBudget ${namespace}/${name} allows no disruption: ${healthy} of ${desired} pods are healthy`,
          },
          cause: sick.trouble!.cause,
          explanation: "Nodes with these pods cannot be drained until enough of them are healthy.",
          nextStep: command`kubectl describe poddisruptionbudget -n ${namespace} ${name}`,
        };
        continue;
      }
      const rule = ["minAvailable", "maxUnavailable"].map((key) => [key, below(value, "spec", key)] as const)
        .find(([, given]) => given !== undefined);
      const written = rule === undefined ? "" : ` (${rule[0]}: ${text(rule[1]) || String(number(rule[1]) ?? "")})`;
      yield {
        ...common,
        title: `Disruption budget ${namespace}/${name} can never allow a disruption`,
        outcome: {
          status: "warn",
          message: `PodDisruptionBudget ${namespace}/${name} wants all ${expected} of its pods healthy${written}, ` +
            "so none may ever be evicted",
        },
        cause: `disruption-budget/${namespace}/${name}`,
        explanation:
          "All pods are healthy, and still none may leave: draining a node with one of them waits for ever, and so do upgrades of nodes.",
        nextStep:
          command`kubectl edit poddisruptionbudget -n ${namespace} ${name}: allow one (maxUnavailable: 1), or run one replica more`,
      };
    }
  },
};
