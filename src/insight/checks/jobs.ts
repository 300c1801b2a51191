import type { AnalyzerResult } from "../../analyze/analyzer.ts";
import { affectedBy } from "../affected.ts";
import type { ClusterFiles, Stored } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { logTail, tailText } from "../log_tail.ts";
import { below, clip, condition, list, number, text, time } from "../loose.ts";

export const jobs: Insight = {
  id: "job",
  title: "Jobs that failed",
  reads: ["jobs", "cronjobs", "pods"],
  when:
    "A Job has the condition Failed. Suspended Jobs, and runs of a CronJob after which another one succeeded, are left alone",
  says: "Why Kubernetes gave up, and the last lines of its last pod; failed runs of one CronJob are one finding",
  nextStep: "The command that shows its log",
  async *inspect(cluster) {
    const succeeded = await lastSuccesses(cluster);
    const groups = new Map<string, Stored[]>();
    for await (const job of cluster.objects("jobs", "Job")) {
      const failed = condition(job.value, "Failed");
      if (failed?.value.status !== "True" || below(job.value, "spec", "suspend") === true) continue;
      const owner = ownerOf(job);
      const success = succeeded.get(`${job.namespace}/${owner}`);
      const at = time(failed.value.lastTransitionTime) ?? time(below(job.value, "metadata", "creationTimestamp")) ?? 0;
      if (success !== undefined && success > at) continue;
      const cause = `job/${job.namespace}/${owner ?? job.name}`;
      groups.set(cause, [...groups.get(cause) ?? [], job]);
    }
    for (const [cause, failed] of groups) yield await finding(cluster, cause, failed);
  },
};

/** When the Jobs of each CronJob succeeded last: by what it says, and by what its Jobs say. */
async function lastSuccesses(cluster: ClusterFiles): Promise<Map<string, number>> {
  const latest = new Map<string, number>();
  const note = (key: string, at: number | undefined) => {
    if (at !== undefined) latest.set(key, Math.max(latest.get(key) ?? at, at));
  };
  for await (const { namespace, name, value } of cluster.objects("cronjobs")) {
    note(`${namespace}/${name}`, time(below(value, "status", "lastSuccessfulTime")));
  }
  for await (const job of cluster.objects("jobs")) {
    const owner = ownerOf(job);
    if (owner === undefined || condition(job.value, "Complete")?.value.status !== "True") continue;
    note(`${job.namespace}/${owner}`, time(below(job.value, "status", "completionTime")));
  }
  return latest;
}

/** Name of the CronJob that made it. */
function ownerOf({ value }: Stored): string | undefined {
  return text(list(below(value, "metadata", "ownerReferences")).find(({ kind }) => kind === "CronJob")?.name) ||
    undefined;
}

async function finding(cluster: ClusterFiles, cause: string, failed: Stored[]): Promise<AnalyzerResult> {
  const last = failed.reduce((a, b) => created(b) > created(a) ? b : a);
  const { namespace, name, value } = last;
  const says = condition(value, "Failed")!;
  const pods = (await cluster.pods()).of("Job", namespace, name);
  const pod = pods.find(({ phase }) => phase === "Failed") ?? pods[0];
  const tail = pod === undefined ? undefined : await logTail(cluster, pod, pod.container);
  const owner = ownerOf(last);
  const reason = text(says.value.reason);
  const tries = number(below(value, "status", "failed"));
  return {
    title: owner === undefined ? `Job ${namespace}/${name} failed` : `CronJob ${namespace}/${owner}: its runs fail`,
    outcome: {
      status: "fail",
      message: `Job ${namespace}/${name} failed${tries ? ` after ${tries} failed pods` : ""}: ` +
        `${[reason, clip(text(says.value.message))].filter(Boolean).join(": ")}${tailText(tail)}`,
    },
    involvedObject: { kind: "Job", namespace, name, apiVersion: "batch/v1" },
    cause,
    explanation: reason === "DeadlineExceeded"
      ? "The Job took longer than its activeDeadlineSeconds, and was ended."
      : reason === "BackoffLimitExceeded"
      ? "The pods of the Job failed as often as its backoffLimit allows; it is not tried again."
      : "Kubernetes gave the Job up; it is not tried again.",
    nextStep:
      command`kubectl logs -n ${namespace} job/${name} --all-containers --tail=50; kubectl describe job -n ${namespace} ${name}`,
    ...affectedBy(failed.map(({ namespace, name }) => ({ kind: "Job", namespace, name }))),
    evidence: [
      ...await cluster.evidence({ ...last, keys: ["status", "conditions", says.index] }),
      ...tail === undefined ? [] : [{ path: tail.path, line: tail.firstLine }],
    ],
  };
}

function created({ value }: Stored): number {
  return time(below(value, "metadata", "creationTimestamp")) ?? 0;
}
