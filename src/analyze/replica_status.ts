import type { AnalyzerResult, Icon, Outcomes } from "./analyzer.ts";
import { defineAnalyzer, outcomesField } from "./analyzer.ts";
import { judge, readOutcomes, toResult } from "./outcome_engine.ts";
import { countIn } from "./stored_objects.ts";
import { type Condition, intCondition } from "./when.ts";
import { judgeAll, judgeOne, validateWorkload, type Workload, workloadFields, type WorkloadKind } from "./workloads.ts";

/** A kind of object that keeps a number of replicas. */
export interface ReplicaKind extends WorkloadKind {
  /** The key in the spec. */
  kind: string;
  icon: Icon;
  /** As titles call it: `Deployment`. */
  label: string;
  /** The field of the status that must reach `replicas`. */
  readiness: "availableReplicas" | "readyReplicas";
}

/** An analyzer that compares the ready replicas of one object with numbers, or finds all objects that lack some. */
export function replicaStatus(kind: ReplicaKind) {
  const { label, noun } = kind;
  return defineAnalyzer({
    kind: kind.kind,
    where: "cluster",
    summary: `Compares the ready replicas of a ${label} with numbers, or finds all ${label}s that lack replicas`,
    icon: kind.icon,
    fields: () => ({
      ...workloadFields(kind),
      outcomes: outcomesField().describe("With a name. when: a number of ready replicas such as >= 2, or absent"),
    }),
    title: ({ checkName, name }) => checkName || (name ? `${name} Status` : `${label} Status`),
    validate(config) {
      validateWorkload(kind, config);
      if (config.name) readOutcomes(config.outcomes, readyCondition);
    },
    analyze(config, bundle) {
      const { name, namespace, outcomes, checkName } = config;
      if (name) {
        return judgeOne(
          kind,
          { name, namespace },
          bundle,
          (workload, evidence) =>
            workload === undefined
              ? notFound(`The ${noun} "${name}" was not found`, outcomes, evidence)
              : judgeReady(kind, workload, outcomes),
        );
      }
      return judgeAll(kind, config, bundle, (workload) => {
        const { healthy, message } = health(kind, workload);
        if (healthy) return undefined;
        const title = checkName || `${workload.namespace}/${workload.name} ${label} Status`;
        return toResult({ status: "fail", message }, { title, evidence: workload.evidence });
      });
    },
  });
}

/** Ready replicas, or that there is no such object. */
type Ready = number | "absent";

function readyCondition(when: string): Condition<Ready> {
  if (when === "absent") return (ready) => ready === "absent";
  const holds = intCondition(when);
  return (ready) => ready !== "absent" && holds(ready);
}

function notFound(message: string, outcomes: Outcomes | undefined, evidence: { path: string }[]): AnalyzerResult {
  const read = readOutcomes(outcomes, readyCondition);
  const absent = read.find((outcome) => outcome.when === "absent");
  return toResult(absent ?? { status: "fail", message, uri: read[0]?.uri }, { evidence });
}

function judgeReady(kind: ReplicaKind, workload: Workload, outcomes: Outcomes | undefined): AnalyzerResult {
  const { object, name, evidence } = workload;
  const read = readOutcomes(outcomes, readyCondition);
  if (read.length === 0) {
    const { healthy, message } = health(kind, workload);
    return toResult({ status: healthy ? "pass" : "fail", message }, { evidence });
  }
  const ready = countIn(object, "status", "readyReplicas");
  return judge(read, ready, `${ready} ready replicas of the ${kind.noun} "${name}"`, { evidence });
}

function health(
  { noun, readiness }: ReplicaKind,
  { object, namespace, name }: Workload,
): { healthy: boolean; message: string } {
  const existing = countIn(object, "status", "replicas");
  // Pods that could not even be made (quota, admission) are in the spec alone.
  const replicas = Math.max(existing, countIn(object, "spec", "replicas"));
  return {
    healthy: existing === countIn(object, "status", readiness) && replicas === existing,
    message: `The ${noun} ${namespace}/${name} has ${countIn(object, "status", "readyReplicas")}/${replicas} replicas`,
  };
}
