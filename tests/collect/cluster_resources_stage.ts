import { openApi } from "../kube/api_gateway.ts";

const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

/** What one test puts into the cluster: a namespace, two custom resource kinds, Secrets, and a user who may read pods
 * there. Taken out again at its end. */
export interface Stage extends AsyncDisposable {
  namespace: string;
  widgets: string;
  gadgets: string;
  user: string;
}

export async function setStage(kubeconfig: string): Promise<Stage> {
  const id = crypto.randomUUID().slice(0, 8);
  const namespace = `stage-${id}`;
  const group = `${id}.stage.example`;
  const api = await openApi(kubeconfig);
  const made: string[] = [];
  const create = async (path: string, body: { metadata: { name: string } }) => {
    await api.send("POST", path, body);
    made.unshift(`${path}/${body.metadata.name}`);
  };
  const user = `reader-${id}`;
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const versions = (names: [name: string, served: boolean][]) =>
    names.map(([name, served], i) => ({
      name,
      served,
      storage: i === 0,
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    }));
  const crd = (plural: string, kind: string, scope: string, served: [string, boolean][]) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope, names: { plural, singular: plural.slice(0, -1), kind }, versions: versions(served) },
  });
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await create("/api/v1/namespaces", { metadata: { name: namespace } });
  // The newest version of widgets is not served, as it happens before a release.
  await create(crds, crd("widgets", "Widget", "Namespaced", [["v1beta1", true], ["v1", false]]));
  await create(crds, crd("gadgets", "Gadget", "Cluster", [["v1", true]]));
  await create(`/api/v1/namespaces/${namespace}/secrets`, {
    metadata: { name: "pull" },
    type: "kubernetes.io/dockerconfigjson",
    data: {
      ".dockerconfigjson": base64(JSON.stringify({
        auths: { "a.example": { auth: base64(`ann:${id}`) }, "b.example": { auth: base64(`bob:${id}`) } },
      })),
    },
  } as never);
  await create(`/api/v1/namespaces/${namespace}/secrets`, {
    metadata: { name: "replicated" },
    data: { "config.yaml": base64("license: |\n  spec:\n    appSlug: shop\n    licenseID: l-1\n") },
  } as never);
  await create(`${rbac}/namespaces/${namespace}/roles`, {
    metadata: { name: "pods" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
  } as never);
  await create(`${rbac}/namespaces/${namespace}/rolebindings`, {
    metadata: { name: "pods" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pods" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  } as never);
  await create(`${rbac}/clusterroles`, {
    metadata: { name: `namespaces-${id}` },
    rules: [{ apiGroups: [""], resources: ["namespaces", "configmaps"], verbs: ["list"] }],
  } as never);
  await create(`${rbac}/clusterrolebindings`, {
    metadata: { name: `namespaces-${id}` },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `namespaces-${id}` },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: `${user}-lister` }, {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Group",
      name: `listers-${id}`,
    }],
  } as never);
  const served = async (path: string, body: object) => { // a new kind is served after a moment
    for (let i = 0;; i++) {
      try {
        return await api.send("POST", path, body);
      } catch (error) {
        if (i > 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  await served(`/apis/${group}/v1beta1/namespaces/${namespace}/widgets`, {
    apiVersion: `${group}/v1beta1`,
    kind: "Widget",
    metadata: { name: "w" },
    spec: { size: 1 },
  });
  await served(`/apis/${group}/v1/gadgets`, { apiVersion: `${group}/v1`, kind: "Gadget", metadata: { name: "g" } });
  return {
    namespace,
    widgets: `widgets.${group}`,
    gadgets: `gadgets.${group}`,
    user,
    async [Symbol.asyncDispose]() {
      for (const path of made) await api.send("DELETE", path).catch(() => {});
      // The next test must not meet half of a kind.
      for (const path of made.filter((path) => path.startsWith(crds))) {
        while (await api.send("GET", path).then(() => true, () => false)) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      api.close();
    },
  };
}
