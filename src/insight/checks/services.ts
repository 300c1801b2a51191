import type { AnalyzerResult } from "../../analyze/analyzer.ts";
import { affectedBy } from "../affected.ts";
import type { ClusterFiles, Stored } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, counted, texts } from "../loose.ts";
import { backingOf, hasReadyEndpoint } from "../service_backing.ts";

export const services: Insight = {
  id: "service",
  title: "Services without pods",
  reads: ["services", "pods"],
  when:
    "A Service with a selector has no ready pod. Headless and ExternalName Services, those without a selector, those that publish pods that are " +
    "not ready, and those whose workload is scaled to zero are left alone, and so is what is younger than a minute",
  says:
    "That no pod has the labels, and which come close; where pods are there and not ready, it adds to the finding about these pods",
  nextStep: "The selector to compare with the labels of pods",
  async *inspect(cluster) {
    for await (const service of cluster.objects("services", "Service")) {
      const { value, namespace, name } = service;
      const spec = below(value, "spec");
      if (below(spec, "clusterIP") === "None" || below(spec, "publishNotReadyAddresses") === true) continue;
      const backing = await backingOf(cluster, service);
      if (backing.state !== "no-pods" && backing.state !== "unready") continue;
      const cause = backing.state === "unready" ? backing.cause : undefined;
      if (cause === undefined && await cluster.isYoung(value)) continue;
      if (await hasReadyEndpoint(cluster, service)) continue;
      if (backing.state === "no-pods") yield await noPods(cluster, service, backing.selector);
      else if (cause !== undefined || backing.pods.every(({ young }) => !young)) {
        yield {
          title: `Service ${namespace}/${name} has no ready pod`,
          outcome: {
            status: "fail",
            message: `Service ${namespace}/${name} has no ready pod (${counted(backing.pods.length, "pod")} not ready)`,
          },
          ...common(service),
          cause: cause ?? `service/${namespace}/${name}`,
          explanation: "Connections to the Service fail until one of its pods is ready.",
          nextStep: command`kubectl get pods -n ${namespace} -l ${labelsText(texts(below(spec, "selector")))}`,
          evidence: await cluster.evidence(service),
        };
      }
    }
  },
};

async function noPods(
  cluster: ClusterFiles,
  service: Stored,
  selector: Record<string, string>,
): Promise<AnalyzerResult> {
  const { namespace, name } = service;
  const near = (await cluster.pods()).in(namespace).find(({ labels }) =>
    Object.entries(selector).some(([key, value]) => labels[key] === value)
  );
  const differs = near && Object.entries(selector).find(([key, value]) => near.labels[key] !== value);
  const hint = differs === undefined ? "" : `; pods of ${near!.owner.kind} ${near!.owner.name} come close, but have ` +
    (near!.labels[differs[0]] === undefined ? `no label ${differs[0]}` : `${differs[0]}=${near!.labels[differs[0]]}`);
  return {
    title: `Service ${namespace}/${name} selects no pod`,
    outcome: {
      status: "warn",
      message: `Service ${namespace}/${name} selects ${labelsText(selector)}, and no pod has these labels${hint}`,
    },
    ...common(service),
    cause: `service/${namespace}/${name}`,
    explanation:
      "Connections to the Service fail: its selector fits no pod, and no workload makes such pods. A spelling mistake, or a workload that is gone.",
    nextStep: command`kubectl get pods -n ${namespace} --show-labels: compare with the selector, or delete the Service`,
    evidence: await cluster.evidence({ ...service, keys: ["spec", "selector"] }),
  };
}

function common({ namespace, name }: Stored) {
  const object = { kind: "Service", namespace, name };
  return { involvedObject: { ...object, apiVersion: "v1" }, ...affectedBy([object]) };
}

function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(",");
}
