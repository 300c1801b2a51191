import { affectedBy } from "../affected.ts";
import type { ClusterFiles, Stored } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, list, text } from "../loose.ts";
import { backingOf, hasReadyEndpoint } from "../service_backing.ts";

const LISTS = [
  ["validating-webhook-configurations", "ValidatingWebhookConfiguration"],
  ["mutating-webhook-configurations", "MutatingWebhookConfiguration"],
] as const;

export const webhooks: Insight = {
  id: "webhook",
  title: "Admission webhooks that block",
  reads: ["validating-webhook-configurations", "mutating-webhook-configurations", "services", "pods"],
  when:
    "A webhook with failurePolicy Fail is served by a Service that does not exist or has no ready pod. Webhooks with failurePolicy Ignore, those called " +
    "by URL, and those of namespaces that the bundle does not have are left alone",
  says: "Which requests are refused meanwhile",
  nextStep: "How to bring the webhook back, or to remove it",
  async *inspect(cluster) {
    for (const [folder, kind] of LISTS) {
      for await (const stored of cluster.objects(folder, kind)) {
        if (await cluster.isYoung(stored.value)) continue;
        for (const [index, webhook] of list(stored.value.webhooks).entries()) {
          const service = below(webhook, "clientConfig", "service");
          if ((text(webhook.failurePolicy) || "Fail") !== "Fail" || service === undefined) continue;
          const [namespace, name] = [text(below(service, "namespace")), text(below(service, "name"))];
          const broken = await whyBroken(cluster, namespace, name);
          if (broken === undefined) continue;
          const object = { kind, name: stored.name };
          yield {
            title: `Webhook ${text(webhook.name) || stored.name} blocks requests`,
            outcome: {
              status: "fail",
              message: `${kind} ${stored.name}: ${broken.why}, so the API server refuses to ${actions(webhook.rules)}`,
            },
            involvedObject: { ...object, apiVersion: "admissionregistration.k8s.io/v1" },
            cause: broken.cause ?? `webhook/${namespace}/${name}`,
            explanation:
              "With failurePolicy Fail, every request that the webhook should see is refused while it does not answer. That can stop deployments, and the webhook's own pods, too.",
            nextStep: command`kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name}; ` +
              command`when its software is gone: kubectl delete ${kind.toLowerCase()} ${stored.name}`,
            ...affectedBy([object]),
            evidence: await cluster.evidence({ ...stored, keys: ["webhooks", index] }),
          };
        }
      }
    }
  },
};

async function whyBroken(
  cluster: ClusterFiles,
  namespace: string,
  name: string,
): Promise<{ why: string; cause?: string } | undefined> {
  if (!await isKnown(cluster, namespace)) return undefined;
  let service: Stored | undefined;
  for await (const each of cluster.objectsIn("services", namespace)) if (each.name === name) service = each;
  if (service === undefined) return { why: `its Service ${namespace}/${name} does not exist` };
  if (await hasReadyEndpoint(cluster, service)) return undefined;
  const backing = await backingOf(cluster, service);
  switch (backing.state) {
    case "unready":
      return backing.cause === undefined && backing.pods.some(({ young }) => young)
        ? undefined
        : { why: `no pod of its Service ${namespace}/${name} is ready`, cause: backing.cause };
    case "no-pods":
      return { why: `its Service ${namespace}/${name} has no pods`, cause: `service/${namespace}/${name}` };
    case "scaled-down":
      return { why: `its Service ${namespace}/${name} has no pods: the workload behind it has none` };
    default:
      return undefined;
  }
}

/** True when the bundle would have the Service if there was one. */
async function isKnown(cluster: ClusterFiles, namespace: string): Promise<boolean> {
  if ((await cluster.paths("services")).includes(`cluster-resources/services/${namespace}.json`)) return true;
  const names = await cluster.namespaces();
  return names !== undefined && namespace !== "" && !names.has(namespace);
}

/** `CREATE, UPDATE pods, deployments`. */
function actions(rules: unknown): string {
  const all = (key: string) =>
    [
      ...new Set(list(rules).flatMap((rule) => Array.isArray(rule[key]) ? (rule[key] as unknown[]).map(text) : [])),
    ].filter(Boolean);
  const some = (words: string[], every: string) =>
    words.length === 0 || words.includes("*") ? every : words.slice(0, 6).join(", ");
  return `${some(all("operations"), "change").toLowerCase()} ${some(all("resources"), "any resource")}`;
}
