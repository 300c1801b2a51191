import { SupportBundleError } from "../../../core/errors.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";

/** How etcd of a cluster can be asked. */
export type EtcdPlace =
  /** It runs in pods, which bring etcdctl and the certificates. */
  | { distribution: "kurl"; certificates: Certificates }
  /** It runs on the nodes: a pod of ours there can see the certificates. */
  | { distribution: "k0s" | "embedded-cluster"; certificates: Certificates; folder: string; node: string };

interface Certificates {
  cacert: string;
  cert: string;
  key: string;
}

const KUBEADM = "/etc/kubernetes/pki/etcd";
const K0S = "/var/lib/k0s/pki/etcd";

/** Labels of nodes that tell the distribution. */
const isKurl = ({ metadata }: KubeObject) => metadata.labels?.["kurl.sh/cluster"] === "true";
const isK0s = ({ metadata }: KubeObject) => metadata.labels?.["node.k0sproject.io/role"] !== undefined;
const isEmbedded = ({ metadata }: KubeObject) => metadata.labels?.["kots.io/embedded-cluster-role"] !== undefined;
const isController = ({ metadata: { labels } }: KubeObject) =>
  labels?.["node.k0sproject.io/role"] === "control-plane" ||
  Object.hasOwn(labels ?? {}, "node-role.kubernetes.io/control-plane") ||
  labels?.["kots.io/embedded-cluster-role"]?.includes("controller") === true;
const isReady = ({ status }: KubeObject) =>
  (status?.conditions as { type: string; status: string }[] | undefined)
    ?.some(({ type, status }) => type === "Ready" && status === "True") === true;

/** Reads the labels of nodes. Of the nodes with certificates a ready one is chosen, rather one of the control plane.
 * @throws {SupportBundleError} `NOT_SUPPORTED` for a distribution whose etcd cannot be found */
export function etcdPlace(nodes: readonly KubeObject[]): EtcdPlace {
  if (nodes.some(isKurl)) {
    return {
      distribution: "kurl",
      certificates: {
        cacert: `${KUBEADM}/ca.crt`,
        cert: `${KUBEADM}/healthcheck-client.crt`,
        key: `${KUBEADM}/healthcheck-client.key`,
      },
    };
  }
  const candidates = nodes.filter((node) => isK0s(node) || isEmbedded(node));
  const rank = (node: KubeObject) => (isController(node) ? 2 : 0) + (isReady(node) ? 1 : 0);
  const [best] = candidates.toSorted((a, b) => rank(b) - rank(a));
  if (best === undefined) {
    throw new SupportBundleError("Cannot ask etcd: no node has the labels of kURL, k0s or an embedded cluster", {
      code: "NOT_SUPPORTED",
      hint: "Leave the etcd collector out: only these distributions let a pod reach their etcd",
    });
  }
  return {
    distribution: isK0s(best) ? "k0s" : "embedded-cluster",
    certificates: { cacert: `${K0S}/ca.crt`, cert: `${K0S}/server.crt`, key: `${K0S}/server.key` },
    folder: K0S,
    node: best.metadata.name,
  };
}

/** What of a node decides, so that nodes need not be kept as a whole. */
export function etcdFacts({ metadata: { name, labels }, status }: KubeObject): KubeObject {
  return { metadata: { name, labels }, status: { conditions: status?.conditions } };
}
