import type { AnalyzerResult } from "../analyze/analyzer.ts";
import { affectedBy } from "./affected.ts";
import type { ClusterFiles } from "./cluster_files.ts";
import { counted } from "./loose.ts";
import type { PodFacts } from "./pod_index.ts";
import type { Trouble } from "./pod_trouble.ts";

/** Pods that suffer from the same thing. */
export interface TroubledPods {
  cause: string;
  pods: PodFacts[];
  /** Of the first of them that is acute. */
  trouble: Trouble;
  first: PodFacts;
  acute: boolean;
}

/** The pods of these kinds of trouble, by cause, in path order. */
export async function troubledPods(cluster: ClusterFiles, kind: Trouble["kind"]): Promise<TroubledPods[]> {
  const groups = new Map<string, PodFacts[]>();
  for (const pod of (await cluster.pods()).all) {
    if (pod.trouble?.kind !== kind) continue;
    const group = groups.get(pod.trouble.cause);
    if (group === undefined) groups.set(pod.trouble.cause, [pod]);
    else group.push(pod);
  }
  return [...groups].map(([cause, pods]) => {
    const acute = pods.filter(({ trouble }) => trouble!.acute);
    const first = acute[0] ?? pods[0]!;
    return { cause, pods, first, trouble: first.trouble!, acute: acute.length > 0 };
  });
}

/** A result about pods: who is affected, and where the first three of them say so. */
export async function troubleFinding(
  cluster: ClusterFiles,
  { cause, pods, first, trouble }: TroubledPods,
  says: {
    title: string;
    status: "fail" | "warn";
    message: string;
    explanation: string;
    nextStep: string;
    evidence?: AnalyzerResult["evidence"];
  },
): Promise<AnalyzerResult> {
  const shown = [first, ...pods.filter((pod) => pod !== first)].slice(0, 3);
  return {
    title: says.title,
    outcome: { status: says.status, message: says.message },
    involvedObject: { kind: "Pod", namespace: first.namespace, name: first.name, apiVersion: "v1" },
    cause,
    explanation: says.explanation,
    nextStep: says.nextStep,
    ...affectedBy(pods.map(({ namespace, name }) => ({ kind: "Pod", namespace, name }))),
    evidence: [
      ...await cluster.evidence(...shown.map((pod) => ({ ...pod, keys: pod.trouble!.keys }))),
      ...says.evidence ?? [],
      ...await cluster.ofEvents(trouble.events),
    ],
  };
}

/** `billing/ledger, container main`. */
export function whereOf({ first, trouble }: TroubledPods): string {
  return `${first.namespace}/${first.owner.name}${trouble.container ? `, container ${trouble.container}` : ""}`;
}

/** `2 pods of Deployment billing/ledger`. */
export function podsOf({ pods, first }: TroubledPods): string {
  const owners = new Set(pods.map(({ namespace, owner }) => `${owner.kind} ${namespace}/${owner.name}`));
  if (owners.size > 1) return `${counted(pods.length, "pod")} of ${owners.size} workloads`;
  return first.owner.kind === "Pod"
    ? `Pod ${first.namespace}/${first.name}`
    : `${counted(pods.length, "pod")} of ${first.owner.kind} ${first.namespace}/${first.owner.name}`;
}
