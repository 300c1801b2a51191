import type { AnalyzerResult } from "../../analyze/analyzer.ts";
import { affectedBy } from "../affected.ts";
import { creationCause } from "../creation_failure.ts";
import type { ClusterFiles, Stored } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, clip, condition, number, text, time } from "../loose.ts";
import type { PodFacts } from "../pod_index.ts";

const LISTS = [["deployments", "Deployment"], ["statefulsets", "StatefulSet"], ["daemonsets", "DaemonSet"]] as const;
/** A rollout that moved this recently is under way. */
const ROLLOUT_MS = 60_000;

export const workloads: Insight = {
  id: "workload",
  title: "Deployments, StatefulSets and DaemonSets with too few pods",
  reads: ["deployments", "statefulsets", "daemonsets", "pods"],
  when:
    "A workload has fewer ready pods than it should. Paused Deployments, workloads scaled to zero, rollouts that moved within a minute, and DaemonSets whose missing " +
    "pods belong to cordoned nodes are left alone",
  says:
    "How many are missing, and what keeps new pods from being created: a quota, a webhook, a policy. Where pods are there and not well, it adds to the finding about them",
  nextStep: "Where to look",
  async *inspect(cluster) {
    for (const [folder, kind] of LISTS) {
      for await (const stored of cluster.objects(folder, kind)) {
        const result = await judge(cluster, { ...stored, kind });
        if (result !== undefined) yield result;
      }
    }
  },
};

async function judge(cluster: ClusterFiles, workload: Stored): Promise<AnalyzerResult | undefined> {
  const { kind, value, namespace, name } = workload;
  const status = below(value, "status");
  const daemons = kind === "DaemonSet";
  const wanted = number(daemons ? below(status, "desiredNumberScheduled") : below(value, "spec", "replicas") ?? 1);
  const ready = number(below(status, daemons ? "numberReady" : "readyReplicas")) ?? 0;
  if (wanted === undefined || ready >= wanted || below(value, "spec", "paused") === true) return undefined;
  const pods = (await cluster.pods()).of(kind, namespace, name);
  const troubled = await withoutCordoned(cluster, workload, pods.filter(({ trouble }) => trouble?.acute));
  const cause = troubled[0]?.trouble?.cause;
  if (cause === undefined && await cluster.isYoung(value)) return undefined;
  const failure = await creationFailure(cluster, workload);
  if (cause === undefined && failure === undefined && await isUnderWay(cluster, workload, pods, wanted)) {
    return undefined;
  }
  const stalled = condition(value, "Progressing")?.value.reason === "ProgressDeadlineExceeded";
  const object = { kind, namespace, name };
  return {
    title: `${kind} ${namespace}/${name} has too few pods`,
    outcome: {
      status: ready === 0 || stalled ? "fail" : "warn",
      message: `${kind} ${namespace}/${name} has ${ready} of ${wanted} pods ready` +
        (failure === undefined || cause !== undefined ? "" : `: ${clip(failure.message)}`),
    },
    involvedObject: { ...object, apiVersion: "apps/v1" },
    cause: cause ?? failure?.cause ?? `workload/${namespace}/${kind}/${name}`,
    explanation: failure === undefined || cause !== undefined
      ? "Fewer pods than wanted are ready, so the workload serves less than it should, or nothing."
      : "The controller tries to create pods, and the API server refuses them.",
    nextStep: command`kubectl describe ${kind.toLowerCase()} -n ${namespace} ${name}`,
    ...affectedBy([object]),
    evidence: await cluster.evidence(
      { ...workload, keys: ["status"] },
      ...failure?.place === undefined ? [] : [failure.place],
    ),
  };
}

/** Why no pods are created: a condition says so, or a warning about the workload. */
async function creationFailure(cluster: ClusterFiles, { kind, value, namespace, name, path, index }: Stored) {
  const failed = condition(value, "ReplicaFailure");
  const event = (await cluster.events()).of(kind, namespace, name).find(({ reason }) => reason === "FailedCreate");
  const message = failed?.value.status === "True" ? text(failed.value.message) : event?.message;
  if (!message) return undefined;
  const place = failed?.value.status === "True" ? { path, index, keys: ["status", "conditions", failed.index] } : event;
  return { message, place, cause: creationCause(message, namespace) };
}

/** A rollout is on its way while a pod is young or Kubernetes saw progress lately; pods that are only missing have the
 * controller's attention. */
async function isUnderWay(cluster: ClusterFiles, workload: Stored, pods: PodFacts[], wanted: number): Promise<boolean> {
  if (pods.some(({ young, ready }) => young && !ready)) return true;
  if (workload.kind === "DaemonSet") {
    const nodes = [...(await cluster.nodes()).values()].filter(({ cordoned, ready }) => cordoned || ready !== "True");
    const missing = wanted - pods.filter(({ ready }) => ready).length;
    if (nodes.length >= missing && missing > 0) return true;
  }
  const progress = condition(workload.value, "Progressing")?.value;
  const age = await cluster.age(time(progress?.lastUpdateTime));
  return progress?.status === "True" && progress.reason !== "NewReplicaSetAvailable" && age !== undefined &&
    age < ROLLOUT_MS;
}

async function withoutCordoned(cluster: ClusterFiles, { kind }: Stored, pods: PodFacts[]): Promise<PodFacts[]> {
  if (kind !== "DaemonSet") return pods;
  const nodes = await cluster.nodes();
  return pods.filter(({ node, trouble }) => trouble?.kind === "crash-loop" || !nodes.get(node)?.cordoned);
}
