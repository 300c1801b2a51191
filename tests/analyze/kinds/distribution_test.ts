import { deepStrictEqual } from "node:assert/strict";
import { DISTRIBUTIONS } from "../../../src/analyze/distributions.ts";
import { distribution } from "../../../src/analyze/kinds/cluster/distribution.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const NODES = "cluster-resources/nodes.json";
const RESOURCES = "cluster-resources/resources.json";

interface NodeFacts {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  provider?: string;
  version?: string;
  os?: string;
}

const node = ({ labels, annotations, provider, version = "v1.29.4", os = "Ubuntu 22.04.4 LTS" }: NodeFacts) => ({
  metadata: { name: "node-1", labels: { "kubernetes.io/os": "linux", ...labels }, annotations },
  spec: { providerID: provider },
  status: { nodeInfo: { kubeletVersion: version, osImage: os, architecture: "amd64" } },
});
const cluster = (facts: NodeFacts, ...groupVersions: string[]) => ({
  [NODES]: { items: [node({}), node(facts)] },
  [RESOURCES]: ["v1", "apps/v1", ...groupVersions].map((groupVersion) => ({ kind: "APIResourceList", groupVersion })),
});
const CONTROL_PLANE = { "node-role.kubernetes.io/control-plane": "" };
const EKS = { provider: "aws:///us-east-1a/i-0a1b2c3d4e5f67890", version: "v1.29.3-eks-ae9a62a" };

/** What nodes and APIs of each distribution look like, and all names that it goes by. */
const real: [name: string, files: Record<string, unknown>, distributions: string[]][] = [
  ["kubeadm", cluster({ labels: CONTROL_PLANE }), []],
  ["kURL", cluster({ labels: { "kurl.sh/cluster": "true", ...CONTROL_PLANE } }), ["kurl"]],
  ["a label of kURL that is not true", cluster({ labels: { "kurl.sh/cluster": "false" } }), []],
  ["MicroK8s", cluster({ labels: { "microk8s.io/cluster": "true" } }), ["microk8s"]],
  [
    "AKS",
    cluster({
      labels: { "kubernetes.azure.com/role": "agent", "kubernetes.azure.com/mode": "system" },
      provider: "azure:///subscriptions/0/resourceGroups/mc/providers/Microsoft.Compute/virtualMachineScaleSets/aks",
    }),
    ["aks"],
  ],
  ["minikube", cluster({ labels: { "minikube.k8s.io/version": "v1.33.0", ...CONTROL_PLANE } }), ["minikube"]],
  [
    "k3s",
    cluster({
      labels: { "node.kubernetes.io/instance-type": "k3s" },
      provider: "k3s://node-1",
      version: "v1.29.4+k3s1",
    }),
    ["k3s"],
  ],
  ["an older k3s", cluster({ labels: { "beta.kubernetes.io/instance-type": "k3s" } }), ["k3s"]],
  ["k3s on machines of a cloud, by its version", cluster({ version: "v1.29.4+k3s1" }), ["k3s"]],
  [
    "OKE",
    cluster({
      labels: { "oci.oraclecloud.com/fault-domain": "FAULT-DOMAIN-1" },
      provider: "ocid1.instance.oc1.iad.anuwc",
    }),
    ["oke"],
  ],
  ["k0s", cluster({ labels: { "node.k0sproject.io/role": "control-plane" }, version: "v1.29.4+k0s" }), ["k0s"]],
  [
    "Embedded Cluster, which is k0s, too",
    cluster({
      labels: { "kots.io/embedded-cluster-role": "total-1", "node.k0sproject.io/role": "control-plane" },
      version: "v1.29.4+k0s",
    }),
    ["embeddedcluster", "k0s"],
  ],
  [
    "Tanzu by its label",
    cluster({ labels: { "run.tanzu.vmware.com/kubernetesDistributionVersion": "v1.20.7_vmware.1-tkg.1" } }),
    ["tanzu"],
  ],
  ["a newer Tanzu by its label", cluster({ labels: { "run.tanzu.vmware.com/tkr": "v1.26.5---vmware.2" } }), ["tanzu"]],
  ["Tanzu by its API", cluster({}, "run.tanzu.vmware.com/v1alpha3"), ["tanzu"]],
  ["RKE2", cluster({ annotations: { "rke2.io/node-args": '["server"]' }, version: "v1.28.9+rke2r1" }), ["rke2"]],
  ["RKE2 by its annotation", cluster({ annotations: { "rke2.io/node-args": "[]" } }), ["rke2"]],
  ["Docker Desktop", cluster({ os: "Docker Desktop" }), ["dockerdesktop"]],
  ["DigitalOcean", cluster({ provider: "digitalocean://412345678" }), ["digitalocean"]],
  ["EKS", cluster(EKS), ["eks"]],
  ["EKS on Fargate", cluster({ provider: "aws:///us-east-1a/f5/fargate-ip-10-0-1-2.ec2.internal" }), ["eks"]],
  ["machines of AWS with a master", cluster({ ...EKS, labels: { "node-role.kubernetes.io/master": "" } }), []],
  ["machines of AWS with a control plane", cluster({ ...EKS, labels: CONTROL_PLANE }), []],
  ["GKE", cluster({ provider: "gce://project/us-central1-a/gke-node-1", version: "v1.29.1-gke.1589018" }), ["gke"]],
  ["IBM Cloud", cluster({ provider: "ibm://a1b2///cj12/kube-cj12-default-00000110" }), ["ibm"]],
  ["kind", cluster({ provider: "kind://docker/kind/kind-control-plane", labels: CONTROL_PLANE }), ["kind"]],
  [
    "OpenShift",
    cluster({ labels: { "node.openshift.io/os_id": "rhel" } }, "apps.openshift.io/v1"),
    ["openshift"],
  ],
  ["OpenShift by its API", cluster({}, "apps.openshift.io/v1"), ["openshift"]],
  ["an API whose name is but longer", cluster({}, "my-apps.openshift.io/v1", "apps.openshift.io.example/v1"), []],
];

for (const [name, files, expected] of real) {
  Deno.test(`distribution recognizes ${name}`, async () => {
    const found: string[] = [];
    for (const each of Object.keys(DISTRIBUTIONS)) {
      const config = { outcomes: [pass(`== ${each}`), warn(`!= ${each}`)] };
      const [verdict] = await verdictsOf(distribution, config, files);
      if (verdict === "pass: P") found.push(each);
    }
    deepStrictEqual(found.sort(), expected.sort());
  });
}

Deno.test("distribution knows every provider of the table above", () =>
  deepStrictEqual(
    [...new Set(real.flatMap(([, , distributions]) => distributions))].sort(),
    Object.keys(DISTRIBUTIONS).sort(),
  ));

const eks = cluster(EKS);
const NONE = "warn: None of the conditionals were met";

const behaviour: [name: string, outcomes: unknown[], files: Record<string, unknown>, expected: string[]][] = [
  ["takes a name alone", [pass("eks")], eks, ["pass: P"]],
  ["knows =", [pass("= eks")], eks, ["pass: P"]],
  ["knows ===", [pass("=== eks")], eks, ["pass: P"]],
  ["knows !=", [fail("!= eks"), pass("!= gke")], eks, ["pass: P"]],
  ["knows !==", [fail("!== gke")], eks, ["fail: F"]],
  ["takes names in any case", [pass("== EKS")], eks, ["pass: P"]],
  ["takes names with dashes", [pass("== docker-desktop")], cluster({ os: "Docker Desktop" }), ["pass: P"]],
  ["takes names of several words", [pass("== Docker Desktop")], cluster({ os: "Docker Desktop" }), ["pass: P"]],
  ["takes names of several words alone", [pass("docker desktop")], cluster({ os: "Docker Desktop" }), ["pass: P"]],
  ["knows IBM Cloud by two names", [pass("== ibm-cloud")], cluster({ provider: "ibm://x" }), ["pass: P"]],
  ["finds tanzu", [pass("== tanzu")], cluster({}, "run.tanzu.vmware.com/v1alpha1"), ["pass: P"]],
  ["does not find tanzu where it is not", [fail("== tanzu"), pass("!= tanzu")], eks, ["pass: P"]],
  ["does not take tanzu for another", [fail("!= tanzu"), pass()], cluster({}, "run.tanzu.vmware.com/v1alpha1"), [
    "pass: P",
  ]],
  ["takes the first outcome that holds", [fail("== gke"), warn("!= k3s"), pass("== eks")], eks, ["warn: W"]],
  ["takes an outcome without when", [fail("== gke"), pass()], eks, ["pass: P"]],
  ["warns when no outcome matches", [fail("== gke")], eks, [NONE]],
  ["warns without outcomes", [], eks, [NONE]],
  ["never matches what it does not know", [fail("== moonbase"), fail("!= star base"), pass("== eks")], eks, [
    "pass: P",
  ]],
  ["names what it does not know", [fail("== moonbase"), fail("!= star base"), fail("== gke")], eks, [
    "warn: - Unknown distribution: moonbase - Unknown distribution: star base ",
  ]],
  ["needs no list of APIs", [pass("== eks")], { [NODES]: eks[NODES] }, ["pass: P"]],
  ["survives odd nodes and APIs", [fail("!= eks"), pass()], {
    [NODES]: { items: [{}, { metadata: 7, spec: "x", status: null }, { metadata: { labels: [1] } }, node(EKS)] },
    [RESOURCES]: [null, 7, {}, { groupVersion: 7 }],
  }, ["pass: P"]],
  ["survives a list of APIs that is none", [pass("== eks")], { ...eks, [RESOURCES]: "null" }, ["pass: P"]],
  ["says which file is missing", [pass()], {}, [
    `skipped/file-missing: The bundle does not have ${NODES}, or it is empty`,
  ]],
  ["refuses other operators, even after an outcome that matches", [pass(), fail(">= eks")], eks, [
    'throws: Cannot read the condition ">= eks": ">=" is not an operator here',
  ]],
  ["refuses an operator alone", [fail("==")], eks, [
    'throws: Cannot read the condition "==": it does not name a distribution',
  ]],
];

for (const [name, outcomes, files, expected] of behaviour) {
  Deno.test(`distribution ${name}`, async () =>
    deepStrictEqual(await verdictsOf(distribution, { outcomes }, files), expected));
}

Deno.test("distribution says where it is seen, and where to read on", async () =>
  deepStrictEqual(await resultsOf(distribution, { outcomes: [pass("eks", "P", "https://x.example")] }, eks), [{
    outcome: { status: "pass", message: "P" },
    uri: "https://x.example",
    evidence: [{ path: NODES }],
  }]));

Deno.test("distribution is called by checkName, or what it is", () => {
  const title = (config: object) => distribution.title(distribution.schema.parse(config));
  deepStrictEqual(title({}), "Kubernetes Distribution");
  deepStrictEqual(title({ checkName: "Where" }), "Where");
});
