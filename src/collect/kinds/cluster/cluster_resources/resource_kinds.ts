/** A built-in kind of resource and where its lists lie in the bundle. */
export interface ResourceKind {
  /** Folder (namespaced) or file name without `.json` (cluster scope) under `cluster-resources/`. */
  dir: string;
  /** Plural name in the API. */
  resource: string;
  /** Group versions, the preferred one first. With several, discovery says which one the server has. */
  from: readonly [string, ...string[]];
  namespaced: boolean;
  /** A server without this kind is nothing to report: its file is empty. */
  optional?: boolean;
}

/** Every kind that is listed. Another one is another line; big ones come first, since they take longest. */
export const RESOURCE_KINDS: readonly ResourceKind[] = [
  namespaced("pods", "pods", "v1"),
  namespaced("events", "events", "v1"),
  cluster(
    "custom-resource-definitions",
    "customresourcedefinitions",
    "apiextensions.k8s.io/v1",
    "apiextensions.k8s.io/v1beta1",
  ),
  namespaced("configmaps", "configmaps", "v1"),
  namespaced("replicasets", "replicasets", "apps/v1"),
  namespaced("deployments", "deployments", "apps/v1"),
  namespaced("statefulsets", "statefulsets", "apps/v1"),
  namespaced("daemonsets", "daemonsets", "apps/v1"),
  namespaced("jobs", "jobs", "batch/v1"),
  namespaced("cronjobs", "cronjobs", "batch/v1", "batch/v1beta1"),
  namespaced("services", "services", "v1"),
  namespaced("endpoints", "endpoints", "v1"),
  namespaced("endpointslices", "endpointslices", "discovery.k8s.io/v1"),
  namespaced("pod-disruption-budgets", "poddisruptionbudgets", "policy/v1", "policy/v1beta1"),
  namespaced("ingress", "ingresses", "networking.k8s.io/v1", "extensions/v1beta1"),
  namespaced("network-policy", "networkpolicies", "networking.k8s.io/v1"),
  namespaced("resource-quota", "resourcequotas", "v1"),
  namespaced("limitranges", "limitranges", "v1"),
  namespaced("pvcs", "persistentvolumeclaims", "v1"),
  namespaced("roles", "roles", "rbac.authorization.k8s.io/v1"),
  namespaced("rolebindings", "rolebindings", "rbac.authorization.k8s.io/v1"),
  namespaced("serviceaccounts", "serviceaccounts", "v1"),
  namespaced("leases", "leases", "coordination.k8s.io/v1"),
  cluster("nodes", "nodes", "v1"),
  cluster("storage-classes", "storageclasses", "storage.k8s.io/v1", "storage.k8s.io/v1beta1"),
  { ...cluster("ingress-classes", "ingressclasses", "networking.k8s.io/v1"), optional: true },
  cluster("priorityclasses", "priorityclasses", "scheduling.k8s.io/v1", "scheduling.k8s.io/v1beta1"),
  cluster("pvs", "persistentvolumes", "v1"),
  cluster("clusterroles", "clusterroles", "rbac.authorization.k8s.io/v1"),
  cluster("clusterrolebindings", "clusterrolebindings", "rbac.authorization.k8s.io/v1"),
  cluster("volumeattachments", "volumeattachments", "storage.k8s.io/v1"),
  cluster("certificatesigningrequests", "certificatesigningrequests", "certificates.k8s.io/v1"),
  cluster("validating-webhook-configurations", "validatingwebhookconfigurations", "admissionregistration.k8s.io/v1"),
  cluster("mutating-webhook-configurations", "mutatingwebhookconfigurations", "admissionregistration.k8s.io/v1"),
];

function namespaced(dir: string, resource: string, ...from: [string, ...string[]]): ResourceKind {
  return { dir, resource, from, namespaced: true };
}

function cluster(dir: string, resource: string, ...from: [string, ...string[]]): ResourceKind {
  return { dir, resource, from, namespaced: false };
}

/** The API path of a list. No namespace: of the whole cluster. */
export function listPath(groupVersion: string, resource: string, namespace?: string): string {
  const root = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
  return namespace === undefined
    ? `${root}/${resource}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}
