import { tryParseQuantity } from "../../analyze/quantity.ts";
import { affectedBy } from "../affected.ts";
import type { ClusterFiles } from "../cluster_files.ts";
import { exceededQuota } from "../creation_failure.ts";
import type { Trace } from "../event_index.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, clip, texts } from "../loose.ts";

const HOUR_MS = 3_600_000;

export const quotas: Insight = {
  id: "quota",
  title: "Quotas that are used up",
  reads: ["resource-quota", "events"],
  when:
    "A ResourceQuota allows some of a thing and all of it is used (a warning), or within an hour something was refused because of it (a failure). A quota of zero forbids on " +
    "purpose, and is left alone until something is refused",
  says: "What is used up, and what was refused",
  nextStep: "What to raise or to free",
  async *inspect(cluster) {
    const refused = await refusals(cluster);
    for await (const quota of cluster.objects("resource-quota", "ResourceQuota")) {
      const { value, namespace, name } = quota;
      const hard = texts(below(value, "status", "hard"));
      const used = texts(below(value, "status", "used"));
      const full: string[] = [];
      for (const [resource, limit] of Object.entries(hard)) {
        const usedUp = isUsedUp(limit, used[resource]);
        if (usedUp === undefined) cluster.note(quota.path, `${resource} of a quota is no quantity`);
        else if (usedUp) full.push(resource);
      }
      const refusal = refused.get(`${namespace}/${name}`);
      if (full.length === 0 && refusal === undefined) continue;
      const words = full.map((resource) => `${resource} ${used[resource]} of ${hard[resource]}`).join(", ");
      const object = { kind: "ResourceQuota", namespace, name };
      yield {
        title: `Quota ${namespace}/${name} is used up`,
        outcome: {
          status: refusal === undefined ? "warn" : "fail",
          message: refusal === undefined
            ? `ResourceQuota ${namespace}/${name} is used up: ${words}`
            : `ResourceQuota ${namespace}/${name} refuses ${refusal.kind} ${refusal.name}: ${clip(refusal.message)}`,
        },
        involvedObject: { ...object, apiVersion: "v1" },
        cause: `quota/${namespace}/${name}`,
        explanation: refusal === undefined
          ? "The next object that needs some of it is refused; a rolling update that needs one pod more than there are stands still."
          : "The namespace may not have more, so the controller cannot create what it should.",
        nextStep:
          command`kubectl describe resourcequota -n ${namespace} ${name}: raise the quota, or lower requests and replicas`,
        ...affectedBy([
          object,
          ...refusal === undefined ? [] : [{ kind: refusal.kind, namespace, name: refusal.name }],
        ]),
        evidence: await cluster.evidence({ ...quota, keys: ["status"] }, ...refusal === undefined ? [] : [refusal]),
      };
    }
  },
};

/** The latest refusal of each quota, by `namespace/name`. */
async function refusals(cluster: ClusterFiles): Promise<Map<string, Trace & { kind: string; name: string }>> {
  const latest = new Map<string, Trace & { kind: string; name: string }>();
  for (const trace of (await cluster.events()).all()) {
    const quota = exceededQuota(trace.message);
    const age = await cluster.age(trace.at || undefined);
    if (quota === undefined || (age !== undefined && age > HOUR_MS)) continue;
    const key = `${trace.namespace}/${quota}`;
    if ((latest.get(key)?.at ?? -1) < trace.at) latest.set(key, trace);
  }
  return latest;
}

/** Undefined when the numbers cannot be read: redacted, for one. What is not used yet may be left out. */
function isUsedUp(hard: string, used = "0"): boolean | undefined {
  const [limit, amount] = [tryParseQuantity(hard), tryParseQuantity(used)];
  return limit === undefined || amount === undefined ? undefined : limit > 0n && amount >= limit;
}
