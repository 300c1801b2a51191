/** How a file is written. `two spaces`, `one space`, `four spaces`, `tabs` and `compact` are JSON in one form alone. */
export type Form = "two spaces" | "one space" | "four spaces" | "tabs" | "compact" | "text";

/** A kind of object that `cluster-resources` has lists of. */
export interface ListedKind {
  /** Folder, or file where there is one for the whole cluster. */
  name: string;
  kind: string;
  apiVersion: string;
  /** As `kubectl get` takes it. */
  resource: string;
}

const listed = (apiVersion: string, rows: readonly (readonly [string, string, string])[]): ListedKind[] => {
  const [version, group] = apiVersion.split("/").reverse() as [string, string?];
  return rows.map(([name, kind, plural]) => {
    return { name, kind, apiVersion, resource: group === undefined ? plural : `${plural}.${version}.${group}` };
  });
};

/** `cluster-resources/<name>/<namespace>.json`, for each namespace. */
export const NAMESPACED: readonly ListedKind[] = [
  ...listed("v1", [
    ["pods", "Pod", "pods"],
    ["services", "Service", "services"],
    ["resource-quota", "ResourceQuota", "resourcequotas"],
    ["limitranges", "LimitRange", "limitranges"],
    ["events", "Event", "events"],
    ["pvcs", "PersistentVolumeClaim", "persistentvolumeclaims"],
    ["endpoints", "Endpoints", "endpoints"],
    ["serviceaccounts", "ServiceAccount", "serviceaccounts"],
    ["configmaps", "ConfigMap", "configmaps"],
  ]),
  ...listed("apps/v1", [
    ["deployments", "Deployment", "deployments"],
    ["statefulsets", "StatefulSet", "statefulsets"],
    ["daemonsets", "DaemonSet", "daemonsets"],
    ["replicasets", "ReplicaSet", "replicasets"],
  ]),
  ...listed("batch/v1", [["jobs", "Job", "jobs"], ["cronjobs", "CronJob", "cronjobs"]]),
  ...listed("policy/v1", [["pod-disruption-budgets", "PodDisruptionBudget", "poddisruptionbudgets"]]),
  ...listed("networking.k8s.io/v1", [
    ["ingress", "Ingress", "ingresses"],
    ["network-policy", "NetworkPolicy", "networkpolicies"],
  ]),
  ...listed("rbac.authorization.k8s.io/v1", [["roles", "Role", "roles"], [
    "rolebindings",
    "RoleBinding",
    "rolebindings",
  ]]),
  ...listed("discovery.k8s.io/v1", [["endpointslices", "EndpointSlice", "endpointslices"]]),
  ...listed("coordination.k8s.io/v1", [["leases", "Lease", "leases"]]),
];

/** `cluster-resources/<name>.json` */
export const CLUSTER_SCOPED: readonly ListedKind[] = [
  ...listed("v1", [
    ["namespaces", "Namespace", "namespaces"],
    ["nodes", "Node", "nodes"],
    ["pvs", "PersistentVolume", "persistentvolumes"],
  ]),
  ...listed("storage.k8s.io/v1", [
    ["storage-classes", "StorageClass", "storageclasses"],
    ["volumeattachments", "VolumeAttachment", "volumeattachments"],
  ]),
  ...listed("networking.k8s.io/v1", [["ingress-classes", "IngressClass", "ingressclasses"]]),
  ...listed("scheduling.k8s.io/v1", [["priorityclasses", "PriorityClass", "priorityclasses"]]),
  ...listed("apiextensions.k8s.io/v1", [
    ["custom-resource-definitions", "CustomResourceDefinition", "customresourcedefinitions"],
  ]),
  ...listed("rbac.authorization.k8s.io/v1", [
    ["clusterroles", "ClusterRole", "clusterroles"],
    ["clusterrolebindings", "ClusterRoleBinding", "clusterrolebindings"],
  ]),
  ...listed("certificates.k8s.io/v1", [
    ["certificatesigningrequests", "CertificateSigningRequest", "certificatesigningrequests"],
  ]),
  ...listed("admissionregistration.k8s.io/v1", [
    ["validating-webhook-configurations", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"],
    ["mutating-webhook-configurations", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"],
  ]),
];

/** Every path that a bundle of the spec below may have. `<…>` stands for one segment, `<**>` for several. */
export const DOCUMENTED: readonly (readonly [pattern: string, form: Form])[] = [
  // What the pipeline itself adds
  ["version.yaml", "text"],
  ["MANIFEST.json", "two spaces"],
  ["report.html", "text"],
  ["analysis.json", "four spaces"],
  ["execution-data/summary.txt", "text"],
  ["execution-data/cost.json", "two spaces"],
  ["execution-data/redaction.json", "two spaces"],
  ["metadata/user.json", "two spaces"],
  ["skipped-collectors.json", "compact"],
  ["collector-errors/<**>-error.json", "compact"],
  ["host-collectors/errors/<title>-error.json", "compact"],
  // clusterInfo, clusterResources
  ["cluster-info/cluster_version.json", "two spaces"],
  ...CLUSTER_SCOPED.map(({ name }) => [`cluster-resources/${name}.json`, "two spaces"] as const),
  ...NAMESPACED.map(({ name }) => [`cluster-resources/${name}/<namespace>.json`, "two spaces"] as const),
  ["cluster-resources/auth-cani-list/<namespace>.json", "two spaces"],
  ["cluster-resources/groups.json", "two spaces"],
  ["cluster-resources/resources.json", "two spaces"],
  ["cluster-resources/custom-resources/<definition>.json", "two spaces"],
  ["cluster-resources/custom-resources/<definition>/<namespace>.json", "two spaces"],
  ["cluster-resources/image-pull-secrets/<namespace>/<secret>.json", "compact"],
  ["cluster-resources/pods/logs/<namespace>/<pod>/<container>.log", "text"], // also -previous.log, -logs-errors.log
  ["cluster-resources/license.json", "compact"],
  // The other kinds, under the names that the spec gives them
  ["every-logs/<pod>/<container>-errors.json", "two spaces"],
  ["every-bad-logs/errors.json", "two spaces"],
  ["secrets/<namespace>/<name>.json", "two spaces"],
  ["secrets/<namespace>/<name>/<key>.json", "two spaces"],
  ["secrets-errors/<namespace>/<name>.json", "two spaces"],
  ["configmaps/<namespace>/<name>.json", "two spaces"],
  ["configmaps/<namespace>/<name>/<key>.json", "two spaces"],
  ["configmaps-errors/<namespace>/<name>.json", "two spaces"],
  ["every-exec/<namespace>/<pod>/<prefix>-stdout.txt", "text"],
  ["every-exec/<namespace>/<pod>/<prefix>-stderr.txt", "text"],
  ["every-exec/<namespace>/<pod>/<prefix>-errors.json", "two spaces"],
  ["every-run/every-run.json", "two spaces"],
  ["every-run/every-run-events.json", "two spaces"],
  ["every-pod/every-pod.json", "two spaces"],
  ["every-pod/every-pod-events.json", "two spaces"],
  ["every-set/<node>.log", "text"],
  ["every-copy/<namespace>/<pod>/<**>", "text"],
  ["every-host/<node>/<file>", "text"],
  ["collectd/rrd/<node>/<file>", "text"],
  ["every-data/note.txt", "text"],
  ["plain.txt", "text"],
  ["every-http/result.json", "two spaces"],
  ["helm/<namespace>.json", "tabs"],
  ["helm/<namespace>/<release>.json", "tabs"],
  ["registry/images.json", "two spaces"],
  ["certificates/certificates.json", "tabs"],
  ["postgres/postgres.json", "compact"],
  ["mysql/mysql.json", "compact"],
  ["mssql/mssql.json", "compact"],
  ["redis/every-cache.json", "compact"],
  ["clickhouse/clickhouse.json", "compact"],
  ["dns/debug.txt", "text"],
  ["dns/debug.json", "compact"],
  ["metrics/errors.json", "two spaces"],
  ["sysctl/<node>", "text"],
  ["metadata/cluster.json", "two spaces"],
  ["s3Status/s3Status.json", "compact"],
  // Host collectors
  ["host-collectors/system/cpu.json", "compact"],
  ["host-collectors/system/memory.json", "compact"],
  ["host-collectors/system/hostos_info.json", "one space"],
  ["host-collectors/system/ipv4Interfaces.json", "compact"],
  ["host-collectors/diskUsage/root.json", "compact"],
  ["host-collectors/run-host/echo.txt", "text"],
  ["host-collectors/run-host/echo-info.json", "compact"],
];

/** Every link that there may be, and where it leads. */
export const LINKS: readonly (readonly [pattern: string, target: RegExp])[] = [
  ["cluster-resources/custom-resources/<definition>.yaml", /^cluster-resources\/custom-resources\/[^/]+\.json$/],
  [
    "cluster-resources/custom-resources/<definition>/<namespace>.yaml",
    /^cluster-resources\/custom-resources\/[^/]+\/[^/]+\.json$/,
  ],
  ["every-logs/<pod>/<container>.log", /^cluster-resources\/pods\/logs\/layout-[^/]+\/crashing\/[^/]+\.log$/],
  ["every-run/every-run.log", /^cluster-resources\/pods\/logs\/quiet\/every-run\/collector\.log$/],
  ["every-pod/every-named.log", /^cluster-resources\/pods\/logs\/quiet\/every-named\/main\.log$/],
  ["<pod>/<container>.log", /^cluster-resources\/pods\/logs\/shop\/db-\d\/main\.log$/],
];

export function patternOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+]/g, "\\$&").replace("<**>", ".+").replace(/<[^>]+>/g, "[^/]+");
  return new RegExp(`^${escaped}$`);
}
