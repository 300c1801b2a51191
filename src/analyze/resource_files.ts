import { bundlePath } from "../bundle/bundle_path.ts";
import { SpecConditionError } from "./condition_error.ts";

const ROOT = "cluster-resources";

/** Folders of kinds that live in namespaces, by the lower-case name of the kind. */
const NAMESPACED: Readonly<Record<string, string>> = {
  configmap: "configmaps",
  cronjob: "cronjobs",
  daemonset: "daemonsets",
  deployment: "deployments",
  endpoints: "endpoints",
  endpointslice: "endpointslices",
  event: "events",
  ingress: "ingress",
  job: "jobs",
  lease: "leases",
  limitrange: "limitranges",
  networkpolicy: "network-policy",
  persistentvolumeclaim: "pvcs",
  pod: "pods",
  poddisruptionbudget: "pod-disruption-budgets",
  pvc: "pvcs",
  replicaset: "replicasets",
  resourcequota: "resource-quota",
  role: "roles",
  rolebinding: "rolebindings",
  service: "services",
  serviceaccount: "serviceaccounts",
  statefulset: "statefulsets",
};

/** Files of kinds of the whole cluster, in the same way. */
const CLUSTER_WIDE: Readonly<Record<string, string>> = {
  certificatesigningrequest: "certificatesigningrequests",
  clusterrole: "clusterroles",
  clusterrolebinding: "clusterrolebindings",
  customresourcedefinition: "custom-resource-definitions",
  ingressclass: "ingress-classes",
  mutatingwebhookconfiguration: "mutating-webhook-configurations",
  namespace: "namespaces",
  node: "nodes",
  persistentvolume: "pvs",
  priorityclass: "priorityclasses",
  pv: "pvs",
  storageclass: "storage-classes",
  validatingwebhookconfiguration: "validating-webhook-configurations",
  volumeattachment: "volumeattachments",
};

/** Where the objects of a kind are. */
export interface ResourceFiles {
  path: string;
  /** Of a kind that lives in namespaces. */
  namespace?: string;
  /** The files of all namespaces. */
  glob: string;
}

/** @param kind in any case
 * @throws {SpecConditionError} for a kind that is not known, or not of the whole cluster although it is said to be */
export function resourceFiles(kind: string, namespace: string | undefined, clusterScoped: boolean): ResourceFiles {
  const known = kind.toLowerCase();
  if (Object.hasOwn(CLUSTER_WIDE, known)) {
    const path = `${ROOT}/${CLUSTER_WIDE[known]}.json`;
    return { path, glob: path };
  }
  if (!Object.hasOwn(NAMESPACED, known)) {
    const names = [...Object.keys(NAMESPACED), ...Object.keys(CLUSTER_WIDE)].sort().join(", ");
    throw new SpecConditionError(`kind "${kind}"`, "bundles have no lists of it", `Use one of ${names}`);
  }
  if (clusterScoped) {
    const hint = "Name its namespace, without clusterScoped";
    throw new SpecConditionError(`kind "${kind}"`, "its objects are in namespaces, not of the whole cluster", hint);
  }
  const folder = `${ROOT}/${NAMESPACED[known]}`;
  const where = namespace || "default";
  return { path: bundlePath(folder, `${where}.json`), namespace: where, glob: `${folder}/*.json` };
}
