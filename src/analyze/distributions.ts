import { isRecord, recordsOf, type StoredObject, textIn } from "./stored_objects.ts";

/** What tells one distribution of Kubernetes from others. One sign on one node is enough. */
interface Signs {
  /** `key`, `key=value`, or `prefix/*`. */
  labels?: readonly string[];
  annotations?: readonly string[];
  /** What `spec.providerID` starts with. */
  providers?: readonly string[];
  /** What the kubelet's version holds: `v1.29.3+k3s1`, `v1.29.1-gke.1589018`. */
  versions?: readonly string[];
  osImages?: readonly string[];
  /** API groups that the cluster serves: `group/` of a group version. */
  apiGroups?: readonly string[];
}

const INSTANCE_TYPES = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];

/** Every distribution that is known, by the name that conditions are compared with. */
export const DISTRIBUTIONS: Readonly<Record<string, Signs>> = {
  microk8s: { labels: ["microk8s.io/cluster=true"] },
  dockerdesktop: { osImages: ["Docker Desktop"] },
  eks: { providers: ["aws:"], versions: ["-eks-"] },
  gke: { providers: ["gce:"], versions: ["-gke."] },
  digitalocean: { providers: ["digitalocean:"] },
  openshift: { labels: ["node.openshift.io/os_id"], apiGroups: ["apps.openshift.io/"] },
  tanzu: {
    labels: ["run.tanzu.vmware.com/*"],
    apiGroups: ["run.tanzu.vmware.com/"],
  },
  kurl: { labels: ["kurl.sh/cluster=true"] },
  aks: { labels: ["kubernetes.azure.com/role", "kubernetes.azure.com/cluster"] },
  ibm: { providers: ["ibm:"] },
  minikube: { labels: ["minikube.k8s.io/version"] },
  rke2: { annotations: ["rke2.io/node-args"], versions: ["+rke2"] },
  k3s: { labels: INSTANCE_TYPES.map((label) => `${label}=k3s`), versions: ["+k3s"] },
  oke: { labels: ["oci.oraclecloud.com/fault-domain"] },
  kind: { providers: ["kind:"] },
  k0s: { labels: ["node.k0sproject.io/role"], versions: ["+k0s"] },
  embeddedcluster: { labels: ["kots.io/embedded-cluster-role"] },
};

const ALIASES: Readonly<Record<string, string>> = { ibmcloud: "ibm" };
const CONTROL_PLANE = ["node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"];

/** The name under which a distribution is known: `Docker-Desktop` → `dockerdesktop`.
 * @returns undefined when it is not known */
export function distributionName(written: string): string | undefined {
  const name = written.toLowerCase().replace(/[-_\s]/g, "");
  const known = ALIASES[name] ?? name;
  return Object.hasOwn(DISTRIBUTIONS, known) ? known : undefined;
}

/** The distributions that a cluster shows signs of; there may be several.
 * @param groupVersions that its API serves: `apps.openshift.io/v1` */
export function findDistributions(nodes: readonly StoredObject[], groupVersions: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const [name, signs] of Object.entries(DISTRIBUTIONS)) {
    const served = signs.apiGroups?.some((group) => groupVersions.some((version) => version.startsWith(group)));
    if (served || nodes.some((node) => shows(node, signs))) found.add(name);
  }
  // EKS never shows its control plane: machines of AWS that do run a Kubernetes of their own.
  if (nodes.some((node) => CONTROL_PLANE.some((label) => has(node, "labels", label)))) found.delete("eks");
  return found;
}

function shows(node: StoredObject, signs: Signs): boolean {
  const { labels = [], annotations = [], providers = [], versions = [], osImages = [] } = signs;
  const provider = textIn(node, "spec", "providerID");
  const version = textIn(node, "status", "nodeInfo", "kubeletVersion");
  return labels.some((label) => has(node, "labels", label)) ||
    annotations.some((annotation) => has(node, "annotations", annotation)) ||
    providers.some((prefix) => provider.startsWith(prefix)) ||
    versions.some((part) => version.includes(part)) ||
    osImages.includes(textIn(node, "status", "nodeInfo", "osImage"));
}

function has({ metadata }: StoredObject, field: "labels" | "annotations", sign: string): boolean {
  const map = metadata?.[field];
  if (!isRecord(map)) return false;
  if (sign.endsWith("/*")) return Object.keys(map).some((key) => key.startsWith(sign.slice(0, -1)));
  const [key, value] = sign.split("=") as [string, string?];
  return Object.hasOwn(map, key) && (value === undefined || map[key] === value);
}

/** The group versions of `resources.json`. */
export function groupVersionsOf(resources: unknown): string[] {
  const lists = isRecord(resources) ? [resources] : recordsOf(resources);
  return lists.map((list) => textIn(list, "groupVersion"));
}
