import type { Advice } from "./advice.ts";

/** By kinds of `spec.analyzers`. */
export const clusterAdvice: Readonly<Record<string, Advice>> = {
  clusterVersion: {
    text: "The cluster's version of Kubernetes is not one that the spec wants.",
    action: "Compare the versions, and plan an upgrade one minor version at a time",
    command: "kubectl version",
    documentation: "https://kubernetes.io/releases/version-skew-policy/",
  },
  storageClass: {
    text: "The StorageClass is not there, or there is no default one: claims that ask for it stay pending.",
    action: "Make the StorageClass, or mark one as the default",
    command: "kubectl get storageclass",
    documentation: "https://kubernetes.io/docs/concepts/storage/storage-classes/",
  },
  ingressClass: {
    text: "The IngressClass is not there, or there is no default one: no controller serves such Ingresses.",
    action: "Install an ingress controller, or name a class that exists",
    command: "kubectl get ingressclass",
  },
  customResourceDefinition: {
    text: "The CustomResourceDefinition is not there, so objects of this kind can neither exist nor be made.",
    action: "Install the operator or chart that brings it",
    command: "kubectl get customresourcedefinitions",
  },
  ingress: {
    text: "The Ingress is not there, so nothing leads from outside to its Services.",
    action: "Check its name and namespace, and what should have made it",
    command: "kubectl get ingress --all-namespaces",
  },
  secret: {
    text: "The Secret, or a key in it, is not there: pods that need it do not start.",
    action: "Check name, namespace and key, and what should have made it. Its value is never in a bundle",
    command: "kubectl -n {namespace} get secrets",
  },
  configMap: {
    text: "The ConfigMap, or a key in it, is not there: pods that need it do not start.",
    action: "Check name, namespace and key, and what should have made it",
    command: "kubectl -n {namespace} get configmaps",
  },
  imagePullSecret: {
    text: "There is no pull secret for this registry, so its private images cannot be pulled.",
    action: "Make a Secret of type kubernetes.io/dockerconfigjson, and name it in the pods or their service account",
    command: "kubectl get secrets --all-namespaces --field-selector type=kubernetes.io/dockerconfigjson",
    documentation: "https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/",
  },
  deploymentStatus: {
    text: "The Deployment is not there, or has fewer ready pods than the spec wants.",
    action: "Look at its events and conditions, then at those of its pods that are not ready",
    command: "kubectl -n {namespace} describe deployment {name}",
    documentation: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status",
  },
  statefulsetStatus: {
    text:
      "The StatefulSet is not there, or has fewer ready pods than the spec wants. Its pods start one after the other.",
    action: "Look at the first pod that is not ready: the later ones wait for it, often for its volume",
    command: "kubectl -n {namespace} describe statefulset {name}",
    documentation: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-statefulset/",
  },
  jobStatus: {
    text: "The Job is not there, or did not end as the spec wants.",
    action: "Read the log of its last pod, and the Job's conditions for a deadline or a backoff limit",
    command: "kubectl -n {namespace} describe job {name}",
  },
  replicasetStatus: {
    text: "The ReplicaSet is not there, or has fewer ready pods than the spec wants.",
    action: "Look at its events: a quota, a webhook or a failing pod keeps them away",
    command: "kubectl -n {namespace} describe replicaset {name}",
  },
  clusterPodStatuses: {
    text: "A pod is not in the state in which it should be.",
    action: "Read its events and the state of each container, then the log of the one that fails",
    command: "kubectl -n {namespace} describe pod {name}",
    documentation: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
  },
  clusterContainerStatuses: {
    text: "A container was ended or waits for a reason that the spec watches for, or restarts too often.",
    action: "Read why its last run ended, and the log of that run",
    command: "kubectl -n {namespace} logs {name} --all-containers --previous",
  },
  containerRuntime: {
    text: "Nodes run another container runtime than the spec wants.",
    action: "Compare the runtimes of the nodes",
    command: "kubectl get nodes -o wide",
  },
  distribution: {
    text: "The cluster is of another distribution than the spec supports, or it was not recognized.",
    action: "Compare with the distributions that the application names as supported",
    command: "kubectl get nodes -o wide",
  },
  nodeResources: {
    text: "The nodes have less, or fewer of them fit, than the spec wants.",
    action: "Compare what is allocatable on each node with the requirement; add nodes or larger ones",
    command: "kubectl describe nodes",
  },
  nodeMetrics: {
    text: "A volume that a node reports on is used more than the spec allows.",
    action: "Find the claim in the message, and enlarge it or free space in it",
    command: "kubectl get pvc --all-namespaces",
  },
  textAnalyze: {
    text: "A file of the bundle, often a log, has a text that the spec looks for, or lacks it.",
    action: "Read the file around the place: what happened before the line usually says why",
  },
  yamlCompare: {
    text: "A value in a YAML file of the bundle is not the one that the spec wants.",
    action: 'Compare the value in the file with the spec\'s, types included: 1 and "1" differ',
  },
  jsonCompare: {
    text: "A value in a JSON file of the bundle is not the one that the spec wants.",
    action: 'Compare the value in the file with the spec\'s, types included: 1 and "1" differ',
  },
  postgres: database("PostgreSQL"),
  mysql: database("MySQL"),
  mssql: database("SQL Server"),
  redis: database("Redis"),
  clickhouse: database("ClickHouse"),
  s3Status: {
    text: "The object storage cannot be used: it cannot be reached, or refuses the credentials or the bucket.",
    action: "Check endpoint, region, bucket and the permissions of the key",
  },
  cephStatus: {
    text: "Ceph reports that its health is not good. HEALTH_WARN still serves data, HEALTH_ERR may not.",
    action: "Read which checks Ceph names, and how many OSDs are up",
    command: "kubectl -n rook-ceph exec deploy/rook-ceph-tools -- ceph health detail",
    documentation: "https://docs.ceph.com/en/latest/rados/operations/health-checks/",
  },
  velero: {
    text: "A backup, a restore or a place where Velero keeps them is not in order.",
    action: "Read the phase and the message of the object that the finding names",
    command: "kubectl -n velero get backups,restores,backupstoragelocations",
  },
  longhorn: {
    text: "A node, volume, replica or engine of Longhorn is not in order: data may have fewer copies than wanted.",
    action: "Look at the volume's robustness and at its replicas before anything is restarted",
    command: "kubectl -n longhorn-system get volumes.longhorn.io,replicas.longhorn.io",
  },
  registryImages: {
    text: "Images are not in the registry, or it could not be asked.",
    action: "Compare the references in the file of the collector with the registry, and check its credentials",
  },
  weaveReport: {
    text: "Weave Net reports a failing connection, or is short of addresses for pods.",
    action: "Look at the connections of each peer, and at firewalls between the nodes",
  },
  sysctl: {
    text: "A kernel parameter of a node has a value that the spec does not want.",
    action: "Set it on each node, in a file under /etc/sysctl.d so that it outlives a restart",
  },
  clusterResource: {
    text: "A field of an object in the cluster is not as the spec wants it, or the object is not there.",
    action: "Compare the object's field with the spec",
    command: "kubectl -n {namespace} get {name} -o yaml",
  },
  certificates: {
    text: "A certificate is not valid, has expired or will soon.",
    action: "Find out who renews it (cert-manager, the distribution, a person), and renew it",
  },
  goldpinger: {
    text: "Some nodes cannot reach others through the pod network.",
    action: "Find what the failing pairs have in common: a node, a zone, a firewall, a network policy",
  },
  event: {
    text: "Kubernetes recorded an event that the spec watches for.",
    action: "Read the events of the same object in order of time",
    command: "kubectl -n {namespace} get events --sort-by=.lastTimestamp",
  },
  http: {
    text: "A request from where the bundle was made did not get the answer that the spec wants.",
    action: "Compare status and error in the collector's file; check DNS, proxy, certificate and the server",
  },
};

function database(name: string): Advice {
  return {
    text: `${name} cannot be connected to with the collector's URI, or its version is not one that the spec wants.`,
    action: "Read the error in the collector's file: it tells network, TLS, login and a missing database apart",
  };
}
