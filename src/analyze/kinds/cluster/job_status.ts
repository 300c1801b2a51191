import { defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { judge, readOutcomes, toResult } from "../../outcome_engine.ts";
import { countIn, isRecord, recordsOf, type StoredObject } from "../../stored_objects.ts";
import { type Condition, namedIntCondition } from "../../when.ts";
import { judgeAll, judgeOne, validateWorkload, type Workload, workloadFields } from "../../workloads.ts";

const KIND = { noun: "job", folder: "cluster-resources/jobs" };
const counted = namedIntCondition(["succeeded", "failed"], "succeeded");

/** How often the pods of a job succeeded and failed, or that there is no such job. */
type Counts = Record<"succeeded" | "failed", number> | "absent";

function condition(when: string): Condition<Counts> {
  if (when === "absent") return (counts) => counts === "absent";
  const holds = counted(when);
  return (counts) => counts !== "absent" && holds(counts);
}

export const jobStatus = defineAnalyzer({
  kind: "jobStatus",
  where: "cluster",
  summary: "Compares how often the pods of a Job succeeded and failed with numbers, or finds all Jobs that failed",
  icon: icon("kubernetes_deployment_status", "deployment-status.svg?w=17&h=17"),
  fields: () => ({
    ...workloadFields(KIND),
    outcomes: outcomesField().describe("With a name. when: succeeded >= 1, failed > 0, absent …"),
  }),
  title: ({ checkName, name }) => checkName || (name ? `${name} Status` : "Job Status"),
  validate(config) {
    validateWorkload(KIND, config);
    if (config.name) readOutcomes(config.outcomes, condition);
  },
  analyze(config, bundle) {
    const { name, namespace, checkName } = config;
    const titleOf = (full: string) => checkName || `${full} Job Status`;
    if (!name) {
      return judgeAll(KIND, config, bundle, (job) => {
        const { healthy, message } = health(job);
        if (healthy) return undefined;
        return toResult({ status: "fail", message }, {
          title: titleOf(`${job.namespace}/${job.name}`),
          evidence: job.evidence,
        });
      });
    }
    const outcomes = readOutcomes(config.outcomes, condition);
    return judgeOne(KIND, { name, namespace }, bundle, (job, evidence) => {
      if (job === undefined) {
        const absent = outcomes.find(({ when }) => when === "absent");
        const message = `The job "${name}" was not found`;
        return toResult(absent ?? { status: "fail", message }, { title: titleOf(name), evidence });
      }
      if (outcomes.length === 0) {
        const { healthy, message } = health(job);
        const title = titleOf(`${job.namespace}/${name}`);
        return toResult({ status: healthy ? "pass" : "fail", message }, { title, evidence });
      }
      const counts = {
        succeeded: countIn(job.object, "status", "succeeded"),
        failed: countIn(job.object, "status", "failed"),
      };
      const what =
        `the job "${name}", whose pods succeeded ${counts.succeeded} times and failed ${counts.failed} times`;
      return judge(outcomes, counts, what, { evidence });
    });
  },
});

function health({ object, namespace, name }: Workload): { healthy: boolean; message: string } {
  const failed = hasCondition(object, "Failed") || (countIn(object, "status", "failed") > 0 && !isComplete(object));
  return failed
    ? { healthy: false, message: `The job ${namespace}/${name} is not complete` }
    : { healthy: true, message: `The job ${namespace}/${name} has not failed` };
}

/** A job that does not say how many of its pods must succeed is complete once one has. */
function isComplete(job: StoredObject): boolean {
  if (hasCondition(job, "Complete")) return true;
  const succeeded = countIn(job, "status", "succeeded");
  const completions = isRecord(job.spec) ? job.spec.completions ?? undefined : undefined;
  return completions === undefined ? succeeded > 0 : succeeded === completions;
}

function hasCondition({ status }: StoredObject, type: string): boolean {
  const conditions = isRecord(status) ? status.conditions : undefined;
  return recordsOf(conditions).some((condition) => condition.type === type && condition.status === "True");
}
