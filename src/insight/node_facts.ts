import type { ClusterFiles } from "./cluster_files.ts";
import { below, condition, text } from "./loose.ts";

export interface NodeFacts {
  name: string;
  /** `False`: the kubelet says so itself; `Unknown`: it does not report. A node that is being set up counts as ready. */
  ready: "True" | "False" | "Unknown";
  cordoned: boolean;
}

export async function readNodes(cluster: ClusterFiles): Promise<Map<string, NodeFacts>> {
  const nodes = new Map<string, NodeFacts>();
  for await (const { name, value } of cluster.objects("nodes")) {
    const ready = await cluster.isYoung(value) ? "True" : text(condition(value, "Ready")?.value.status);
    nodes.set(name, {
      name,
      ready: ready === "False" || ready === "Unknown" ? ready : "True",
      cordoned: below(value, "spec", "unschedulable") === true,
    });
  }
  return nodes;
}
