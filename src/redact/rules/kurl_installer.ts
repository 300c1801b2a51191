import type { RedactionRule } from "../rule.ts";

const INSTALLERS = /^cluster-resources\/custom-resources\/installers\.cluster\.kurl\.sh(?:\.json|\/[^\/]*\.json)$/;

const FIELDS = ["bootstrapToken", "certKey", "kubeadmToken", "kubectl.kubernetes.io/last-applied-configuration"];

export const kurlInstaller: RedactionRule[] = FIELDS.map((field, i) => ({
  id: `kurl-installer-${["bootstrap-token", "cert-key", "kubeadm-token", "last-applied"][i]}`,
  title: `Redact kurl installer fields.regex.${i}`,
  why: "With these tokens a machine joins the cluster, as a control plane node even",
  keywords: [`"${field.toLowerCase()}"`],
  pattern: new RegExp(`"${field.replaceAll(".", "\\.")}"\\s{0,20}:\\s{0,20}"(?<mask>(?:[^"\\\\]|\\\\.)+)"`, "gi"),
  files: INSTALLERS,
  proofPath: "cluster-resources/custom-resources/installers.cluster.kurl.sh/default.json",
  hides: [`"${field}": "hunter-2.pem"`, `"${field}": "hunter.2"`, `"${field}":"a\\"b"`],
  keeps: [`"${field}": ""`, `"x": "${field}"`],
}));
