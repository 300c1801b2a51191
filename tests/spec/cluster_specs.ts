import { join } from "node:path";
import { connectKube } from "../../src/kube/connect.ts";
import type { KubeClient, KubeOptions } from "../../src/kube/kube_client.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import { openApi } from "../kube/api_gateway.ts";

export const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";

export const SPEC = (name: string) =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: ${name}}\nspec:\n` +
  `  collectors: [{data: {name: ${name}, data: x}}]\n`;
export const REDACTOR =
  "apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec: {redactors: [{name: r, removals: {values: [x]}}]}\n";

interface Rule {
  resources: string[];
  verbs: string[];
}

/** Namespaces of one test on the real cluster, with Secrets, ConfigMaps and accounts. All is removed at the end. */
export class ClusterSpecs implements AsyncDisposable {
  readonly #undo: (() => Promise<unknown>)[] = [];
  private constructor(readonly api: Awaited<ReturnType<typeof openApi>>, readonly id: string) {}

  static async create(): Promise<ClusterSpecs> {
    return new ClusterSpecs(await openApi(kubeconfig), crypto.randomUUID().slice(0, 8));
  }

  async namespace(name: string): Promise<string> {
    const full = `specs-${this.id}-${name}`;
    await this.#create("/api/v1/namespaces", { metadata: { name: full } });
    return full;
  }

  async secret(namespace: string, name: string, data: Record<string, string>, labels = {}): Promise<void> {
    await this.#create(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name, labels }, stringData: data });
  }

  async configMap(namespace: string, name: string, data: object, labels = {}): Promise<void> {
    await this.#create(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name, labels }, ...data });
  }

  /** A ServiceAccount of the namespace, and a kubeconfig with its token.
   * @param rights rules by namespace; under `*` those of the whole cluster */
  async account(namespace: string, rights: Record<string, Rule[]>, context = namespace): Promise<string> {
    const name = `reader-${crypto.randomUUID().slice(0, 8)}`;
    await this.#create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    for (const [where, rules] of Object.entries(rights)) {
      const [base, kind] = where === "*" ? [rbac, "ClusterRole"] : [`${rbac}/namespaces/${where}`, "Role"];
      const resource = kind.toLowerCase();
      await this.#create(`${base}/${resource}s`, {
        metadata: { name },
        rules: rules.map((r) => ({ apiGroups: [""], ...r })),
      });
      await this.#create(`${base}/${resource}bindings`, {
        metadata: { name },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
        subjects: [{ kind: "ServiceAccount", namespace, name }],
      });
    }
    const { status } = await this.api.send("POST", `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 600 },
    }) as { status: { token: string } };
    const { cluster } = await findKubeTarget({ kubeconfig }, {});
    const folder = await Deno.makeTempDir();
    this.#undo.push(() => Deno.remove(folder, { recursive: true }));
    const path = join(folder, "config");
    const config = {
      "current-context": "t",
      clusters: [{ name: "t", cluster }],
      users: [{ name: "t", user: { token: status.token } }],
      contexts: [{ name: "t", context: { cluster: "t", user: "t", namespace: context } }],
    };
    await Deno.writeTextFile(path, JSON.stringify(config));
    return path;
  }

  async #create(
    path: string,
    object: { metadata: { name: string; labels?: object }; [field: string]: unknown },
  ): Promise<void> {
    await this.api.send("POST", path, object);
    const inNamespace = path.startsWith("/api/v1/namespaces/");
    if (!inNamespace) this.#undo.push(() => this.api.send("DELETE", `${path}/${object.metadata.name}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const undo of this.#undo.reverse()) await undo();
    } finally {
      this.api.close();
    }
  }
}

export async function withKube<T>(options: KubeOptions, use: (kube: KubeClient) => Promise<T>): Promise<T> {
  const kube = connectKube({ kubeconfig, ...options }, {});
  try {
    return await use(kube);
  } finally {
    kube.close();
  }
}
