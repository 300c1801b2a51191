import { affectedBy } from "../affected.ts";
import type { ClusterFiles, Stored } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, list, number, text, time } from "../loose.ts";
import { removedApi } from "../removed_apis.ts";

/** Lists whose kinds have, or had, other API versions. */
const LISTS = [
  "deployments",
  "statefulsets",
  "daemonsets",
  "cronjobs",
  "ingress",
  "network-policy",
  "pod-disruption-budgets",
  "roles",
  "rolebindings",
  "clusterroles",
  "clusterrolebindings",
  "storage-classes",
  "ingress-classes",
  "priorityclasses",
  "custom-resource-definitions",
  "validating-webhook-configurations",
  "mutating-webhook-configurations",
];
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** Who has not written for this long may well be another one now. */
const RECENT_MS = 365 * 86_400_000;

export const deprecatedApis: Insight = {
  id: "deprecated-api",
  title: "Deprecated APIs in use",
  reads: ["deployments"],
  when:
    "An object was last written through an API version that Kubernetes has removed or will remove, by somebody who wrote within a year; or was applied from a manifest of such a version; a " +
    "custom resource definition stores objects in a version that it no longer serves",
  says: "The API, who used it, when it goes or went, and what stands in its place; one finding per API and writer",
  nextStep: "What to change before the next upgrade",
  async *inspect(cluster) {
    const minor = await minorVersion(cluster);
    const groups = new Map<
      string,
      { use: Use; removed: NonNullable<ReturnType<typeof removedApi>>; objects: Stored[] }
    >();
    for (const folder of LISTS) {
      for await (const stored of cluster.objects(folder)) {
        if (folder === "custom-resource-definitions") {
          const result = await storedVersions(cluster, stored);
          if (result !== undefined) yield result;
        }
        for (const use of await usesOf(cluster, stored)) {
          const removed = removedApi(use.apiVersion, stored.kind);
          if (removed === undefined) continue;
          const key = `deprecated-api/${use.apiVersion}/${stored.kind}/${use.by}`;
          const group = groups.get(key);
          if (group === undefined) groups.set(key, { use, removed, objects: [stored] });
          else group.objects.push(stored);
        }
      }
    }
    for (const [cause, { use, removed, objects }] of groups) {
      const gone = minor !== undefined && minor >= removed.since;
      const kind = objects[0]!.kind;
      yield {
        title: `Deprecated API: ${use.apiVersion} ${kind}, used by ${use.by}`,
        outcome: {
          status: "warn",
          message: `${use.by} writes ${kind} through ${use.apiVersion}, which Kubernetes 1.${removed.since} ${
            gone ? "removed" : "removes"
          }: ${objects.length} objects`,
        },
        cause,
        explanation: gone
          ? "The objects live on under the new version, but the next time they are applied this way, the API server answers that it does not know the kind."
          : "It works until the cluster is upgraded to that version.",
        nextStep: `Change apiVersion to ${removed.instead} in the manifests or the chart that ${use.by} applies`,
        ...affectedBy(objects),
        evidence: await cluster.evidence(...objects.slice(0, 3).map((stored) => ({ ...stored, keys: use.keys }))),
      };
    }
  },
};

interface Use {
  apiVersion: string;
  by: string;
  keys: (string | number)[];
}

/** With which API versions an object was written, and by whom. */
async function usesOf(cluster: ClusterFiles, { value }: Stored): Promise<Use[]> {
  const uses = new Map<string, Use>();
  for (const [index, field] of list(below(value, "metadata", "managedFields")).entries()) {
    const [apiVersion, by] = [text(field.apiVersion), text(field.manager)];
    if (apiVersion === "" || removedApi(apiVersion, text(value.kind)) === undefined) continue;
    const age = await cluster.age(time(field.time));
    if (age !== undefined && age > RECENT_MS) continue;
    uses.set(apiVersion, { apiVersion, by: by || "somebody", keys: ["metadata", "managedFields", index] });
  }
  const applied = below(value, "metadata", "annotations", APPLIED);
  const written = typeof applied === "string" ? /"apiVersion"\s*:\s*"([^"]{1,100})"/.exec(applied)?.[1] : undefined;
  if (written !== undefined && !uses.has(written)) {
    uses.set(written, { apiVersion: written, by: "kubectl apply", keys: ["metadata", "annotations", APPLIED] });
  }
  return [...uses.values()];
}

async function storedVersions(cluster: ClusterFiles, definition: Stored) {
  const { value, name } = definition;
  const served = new Set(
    list(below(value, "spec", "versions")).filter((each) => each.served !== false).map((each) => each.name),
  );
  const stored = below(value, "status", "storedVersions");
  const orphans = Array.isArray(stored) && served.size > 0
    ? stored.filter((version): version is string => typeof version === "string" && !served.has(version))
    : [];
  if (orphans.length === 0) return undefined;
  const object = { kind: "CustomResourceDefinition", name };
  return {
    title: `Custom resource ${name} has objects in a version that is not served`,
    outcome: {
      status: "warn" as const,
      message: `CustomResourceDefinition ${name} may have stored objects as ${
        orphans.join(", ")
      }, and no longer serves that`,
    },
    involvedObject: { ...object, apiVersion: "apiextensions.k8s.io/v1" },
    cause: `stored-version/${name}`,
    explanation:
      "Objects that were stored in the old version have to be written once in the new one before the old one can be removed from the definition.",
    nextStep:
      command`Migrate the objects (kubectl get ${name} -A -o json | kubectl replace -f -), then remove the version from status.storedVersions`,
    ...affectedBy([object]),
    evidence: await cluster.evidence({ ...definition, keys: ["status", "storedVersions"] }),
  };
}

/** 31 of Kubernetes 1.31. */
async function minorVersion(cluster: ClusterFiles): Promise<number | undefined> {
  const version = await cluster.json("cluster-info/cluster_version.json");
  const minor = parseInt(text(below(version, "info", "minor")), 10);
  return number(minor);
}
