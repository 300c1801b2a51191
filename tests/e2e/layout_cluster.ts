import { gzipSync } from "node:zlib";
import { SIMULATE_IMAGE } from "../../scripts/test_cluster/simulated_kubelet.ts";
import { openApi } from "../kube/api_gateway.ts";

/** A namespace, and objects of the cluster, with one of each thing that a bundle has a file for and the test cluster does
 * not have by itself. All of it is gone when it is disposed. */
export interface LayoutObjects extends AsyncDisposable {
  namespace: string;
  /** A definition of cluster-scoped objects, `plural.group`, of which there is one. */
  definition: string;
  /** A pod that crash-loops: containers `restarts` (there is a log of the run before) and `init`. */
  crashing: string;
}

// deno-lint-ignore no-explicit-any -- objects of the cluster have every shape
type Json = Record<string, any>;

/** @param certificate PEM, for a Secret of TLS
 * @param request PEM, for a CertificateSigningRequest that nobody signs */
export async function createLayoutObjects(
  kubeconfig: string,
  { certificate, request }: { certificate: string; request: string },
): Promise<LayoutObjects> {
  const api = await openApi(kubeconfig);
  const id = crypto.randomUUID().slice(0, 8);
  const namespace = `layout-${id}`;
  const group = `l${id}.example.com`;
  const made: string[] = [];
  const create = async (path: string, object: Json) => {
    await api.send("POST", path, object);
    made.push(`${path}/${object.metadata.name}`);
  };
  const dispose = async () => {
    for (const path of made.splice(0).reverse()) await api.send("DELETE", path).catch(() => {});
    api.close();
  };
  const inNamespace = (resource: string) => `/api/v1/namespaces/${namespace}/${resource}`;
  try {
    await create("/api/v1/namespaces", { metadata: { name: namespace } });
    for (const secret of secrets(namespace, certificate)) await create(inNamespace("secrets"), secret);
    await create(inNamespace("limitranges"), {
      metadata: { name: "limits" },
      spec: { limits: [{ type: "Container", default: { cpu: "1" } }] },
    });
    await create(inNamespace("pods"), {
      metadata: { name: "crashing", labels: { app: "crashing", simulate: "crash" } },
      spec: {
        initContainers: [{ name: "init", image: "example.com/init:1" }],
        containers: [{ name: "restarts", image: "example.com/crash:1" }],
      },
    });
    await create(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
      metadata: { name: "leader" },
      spec: { holderIdentity: "one", leaseDurationSeconds: 15 },
    });
    await create("/apis/networking.k8s.io/v1/ingressclasses", {
      metadata: { name: namespace },
      spec: { controller: "example.com/none" },
    });
    await create("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: namespace }, value: 7 });
    await create("/api/v1/persistentvolumes", {
      metadata: { name: namespace },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "none",
        hostPath: { path: "/tmp/none" },
      },
    });
    await create("/apis/storage.k8s.io/v1/volumeattachments", {
      metadata: { name: namespace },
      spec: { attacher: "none.example.com", nodeName: "node-a", source: { persistentVolumeName: namespace } },
    });
    await create("/apis/certificates.k8s.io/v1/certificatesigningrequests", {
      metadata: { name: namespace },
      spec: { request: btoa(request), signerName: "example.com/none", usages: ["client auth"] },
    });
    for (const kind of ["validating", "mutating"]) {
      // They name no webhooks: nobody is asked.
      await create(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`, {
        metadata: { name: namespace },
        webhooks: [],
      });
    }
    for (const plural of ["gadgets", "nothings"]) {
      await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", clusterScoped(plural, group));
    }
    const gadgets = `/apis/${group}/v1/gadgets`;
    await eventually(() => create(gadgets, { apiVersion: `${group}/v1`, kind: "Gadget", metadata: { name: "one" } }));
    await eventually(async () => {
      const { status } = await api.send("GET", `${inNamespace("pods")}/crashing`) as Json;
      if (status.containerStatuses?.[0]?.restartCount === undefined) throw new Error("the pod has not started");
    });
    return { namespace, definition: `gadgets.${group}`, crashing: "crashing", [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Image whose pods end well at once. */
export const SUCCEEDS = `${SIMULATE_IMAGE}succeed`;
/** Image whose pods have ended once and run again. */
export const RESTARTS = `${SIMULATE_IMAGE}restart`;

function secrets(namespace: string, certificate: string): Json[] {
  const auth = (user: string) => ({ auth: btoa(`${user}:${crypto.randomUUID()}`) });
  const config = { auths: { "one.example.com": auth("ann"), "two.example.com": auth("bob") } };
  const licence = "spec:\n  licenseID: LAYOUT0123456789ABCDEF01\n  appSlug: layout-app\n";
  return [
    {
      metadata: { name: "pull" },
      type: "kubernetes.io/dockerconfigjson",
      stringData: { ".dockerconfigjson": JSON.stringify(config) },
    },
    { metadata: { name: "replicated" }, stringData: { "config.yaml": `license: |\n${licence.replace(/^/gm, "  ")}` } },
    { metadata: { name: "replicated-support-metadata" }, stringData: { channel: "stable" } },
    { metadata: { name: "tls", labels: { app: "layout" } }, stringData: { "tls.crt": certificate } },
    helmRelease(namespace),
  ];
}

function helmRelease(namespace: string): Json {
  const release = {
    name: "web",
    namespace,
    version: 1,
    info: { last_deployed: "2024-05-01T10:00:00Z", status: "deployed" },
    chart: { metadata: { name: "web-chart", version: "1.0.0", appVersion: "7" }, values: {} },
  };
  const bytes = gzipSync(JSON.stringify(release));
  return {
    metadata: {
      name: "sh.helm.release.v1.web.v1",
      labels: { owner: "helm", name: "web", status: "deployed", version: "1" },
    },
    type: "helm.sh/release.v1",
    stringData: { release: bytes.toString("base64") },
  };
}

function clusterScoped(plural: string, group: string): Json {
  const kind = plural === "gadgets" ? "Gadget" : "Nothing";
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Cluster",
      names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}

async function eventually(action: () => Promise<void>): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
