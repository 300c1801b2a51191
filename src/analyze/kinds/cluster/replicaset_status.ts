import * as z from "zod";
import { type AnalyzerResult, defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { parseLabelSelector } from "../../label_selector.ts";
import { judge, type ReadOutcome, readOutcomes, toResult } from "../../outcome_engine.ts";
import { countIn, isRecord } from "../../stored_objects.ts";
import { namedIntCondition } from "../../when.ts";
import { judgeAll, judgeOne, validateWorkload, type Workload, workloadFields } from "../../workloads.ts";

const KIND = { noun: "replicaset", folder: "cluster-resources/replicasets" };
const condition = namedIntCondition(["ready", "available"], "ready");

export const replicasetStatus = defineAnalyzer({
  kind: "replicasetStatus",
  where: "cluster",
  summary: "Compares the ready and available replicas of ReplicaSets with numbers, or finds those that lack replicas",
  icon: icon("kubernetes_deployment_status", "deployment-status.svg?w=17&h=17"),
  fields: () => ({
    ...workloadFields(KIND),
    selector: z.array(z.string()).nullish().describe("Without a name: only those with these labels, as kubectl -l"),
    outcomes: outcomesField().describe("when: ready >= 1, available < 3 …"),
  }),
  title: ({ checkName, name }) => checkName || (name ? `${name} Status` : "ReplicaSet Status"),
  validate(config) {
    validateWorkload(KIND, config);
    parseLabelSelector((config.selector ?? []).join(","));
    readOutcomes(config.outcomes, condition);
  },
  analyze(config, bundle) {
    const { name, namespace, checkName } = config;
    const outcomes = readOutcomes(config.outcomes, condition);
    const titleOf = (full: string) => checkName || `${full} ReplicaSet Status`;
    if (name) {
      return judgeOne(KIND, { name, namespace }, bundle, (replicaset, evidence) => {
        if (replicaset === undefined) {
          const message = `The replicaset "${name}" was not found`;
          return toResult({ status: "fail", message }, { title: titleOf(name), evidence });
        }
        if (outcomes.length > 0) return judgeCounts(outcomes, replicaset);
        const { healthy, message } = health(replicaset);
        const title = titleOf(`${replicaset.namespace}/${name}`);
        return toResult({ status: healthy ? "pass" : "fail", message }, { title, evidence });
      });
    }
    const selected = parseLabelSelector((config.selector ?? []).join(","));
    return judgeAll(KIND, config, bundle, (replicaset) => {
      if (!selected(replicaset.object.metadata?.labels)) return undefined;
      if (outcomes.length > 0) {
        return { title: checkName || `${replicaset.name} Status`, ...judgeCounts(outcomes, replicaset) };
      }
      const { healthy, message } = health(replicaset);
      if (healthy) return undefined;
      const title = titleOf(`${replicaset.namespace}/${replicaset.name}`);
      return toResult({ status: "fail", message }, { title, evidence: replicaset.evidence });
    });
  },
});

type Counts = Record<"ready" | "available", number>;

function judgeCounts(outcomes: ReadOutcome<Counts>[], { object, name, evidence }: Workload): AnalyzerResult {
  const counts = {
    ready: countIn(object, "status", "readyReplicas"),
    available: countIn(object, "status", "availableReplicas"),
  };
  const what = `${counts.ready} ready and ${counts.available} available replicas of the replicaset "${name}"`;
  return judge(outcomes, counts, what, { evidence });
}

function health({ object, namespace, name }: Workload): { healthy: boolean; message: string } {
  const isSaid = isRecord(object.spec) && (object.spec.replicas ?? undefined) !== undefined;
  const wanted = isSaid ? countIn(object, "spec", "replicas") : 1;
  return countIn(object, "status", "availableReplicas") === wanted
    ? { healthy: true, message: `The replicaset ${namespace}/${name} is ready` }
    : { healthy: false, message: `The replicaset ${namespace}/${name} is not ready` };
}
