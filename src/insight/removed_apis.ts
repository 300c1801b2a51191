/** APIs that Kubernetes no longer has, or will not have: `group/version` or `group/version kind`, since which minor version of
 * Kubernetes 1, and what stands in their place.
 * @see https://kubernetes.io/docs/reference/using-api/deprecation-guide/ */
export const REMOVED_APIS: readonly { api: string; kinds?: readonly string[]; since: number; instead: string }[] = [
  { api: "extensions/v1beta1", kinds: ["Ingress"], since: 22, instead: "networking.k8s.io/v1" },
  { api: "extensions/v1beta1", kinds: ["NetworkPolicy"], since: 16, instead: "networking.k8s.io/v1" },
  { api: "extensions/v1beta1", kinds: ["PodSecurityPolicy"], since: 16, instead: "Pod Security Admission" },
  { api: "extensions/v1beta1", since: 16, instead: "apps/v1" },
  { api: "apps/v1beta1", since: 16, instead: "apps/v1" },
  { api: "apps/v1beta2", since: 16, instead: "apps/v1" },
  { api: "networking.k8s.io/v1beta1", kinds: ["Ingress", "IngressClass"], since: 22, instead: "networking.k8s.io/v1" },
  { api: "rbac.authorization.k8s.io/v1alpha1", since: 22, instead: "rbac.authorization.k8s.io/v1" },
  { api: "rbac.authorization.k8s.io/v1beta1", since: 22, instead: "rbac.authorization.k8s.io/v1" },
  {
    api: "admissionregistration.k8s.io/v1beta1",
    kinds: ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"],
    since: 22,
    instead: "admissionregistration.k8s.io/v1",
  },
  { api: "apiextensions.k8s.io/v1beta1", since: 22, instead: "apiextensions.k8s.io/v1" },
  { api: "apiregistration.k8s.io/v1beta1", since: 22, instead: "apiregistration.k8s.io/v1" },
  {
    api: "certificates.k8s.io/v1beta1",
    kinds: ["CertificateSigningRequest"],
    since: 22,
    instead: "certificates.k8s.io/v1",
  },
  { api: "coordination.k8s.io/v1beta1", kinds: ["Lease"], since: 22, instead: "coordination.k8s.io/v1" },
  { api: "scheduling.k8s.io/v1beta1", since: 22, instead: "scheduling.k8s.io/v1" },
  {
    api: "storage.k8s.io/v1beta1",
    kinds: ["StorageClass", "VolumeAttachment", "CSIDriver", "CSINode"],
    since: 22,
    instead: "storage.k8s.io/v1",
  },
  { api: "storage.k8s.io/v1beta1", kinds: ["CSIStorageCapacity"], since: 27, instead: "storage.k8s.io/v1" },
  { api: "batch/v1beta1", kinds: ["CronJob"], since: 25, instead: "batch/v1" },
  { api: "discovery.k8s.io/v1beta1", since: 25, instead: "discovery.k8s.io/v1" },
  { api: "events.k8s.io/v1beta1", since: 25, instead: "events.k8s.io/v1" },
  { api: "policy/v1beta1", kinds: ["PodSecurityPolicy"], since: 25, instead: "Pod Security Admission" },
  { api: "policy/v1beta1", since: 25, instead: "policy/v1" },
  { api: "node.k8s.io/v1beta1", since: 25, instead: "node.k8s.io/v1" },
  { api: "autoscaling/v2beta1", since: 25, instead: "autoscaling/v2" },
  { api: "autoscaling/v2beta2", since: 26, instead: "autoscaling/v2" },
  { api: "flowcontrol.apiserver.k8s.io/v1beta1", since: 26, instead: "flowcontrol.apiserver.k8s.io/v1" },
  { api: "flowcontrol.apiserver.k8s.io/v1beta2", since: 29, instead: "flowcontrol.apiserver.k8s.io/v1" },
  { api: "flowcontrol.apiserver.k8s.io/v1beta3", since: 32, instead: "flowcontrol.apiserver.k8s.io/v1" },
];

/** What is known of the API of a kind. */
export function removedApi(apiVersion: string, kind: string): (typeof REMOVED_APIS)[number] | undefined {
  return REMOVED_APIS.find(({ api, kinds }) => api === apiVersion && (kinds === undefined || kinds.includes(kind)));
}
