import { connectKube } from "../../../../src/kube/connect.ts";
import type { KubeClient, KubeOptions } from "../../../../src/kube/kube_client.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG");

/** A client for the cluster of the tests. */
export interface Connected {
  kube: KubeClient;
  /** Creates objects as administrator; they are deleted at the end of the test. */
  create(...objects: TestObject[]): Promise<void>;
}

export interface TestObject {
  apiVersion: "v1";
  kind: "Secret" | "ConfigMap";
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** Registers a test that needs the cluster.
 * @param options what the client under test connects with */
export function clusterTest(
  name: string,
  test: (cluster: Connected) => Promise<void>,
  options: KubeOptions = {},
): void {
  Deno.test({
    name,
    ignore: !kubeconfig,
    async fn() {
      const kube = connectKube({ kubeconfig, ...options }, Deno.env.toObject());
      const admin = connectKube({ kubeconfig }, Deno.env.toObject());
      const made: string[] = [];
      const create = async (...objects: TestObject[]) => {
        for (const object of objects) {
          const { namespace, name } = object.metadata;
          const path = `/api/v1/namespaces/${namespace}/${object.kind === "Secret" ? "secrets" : "configmaps"}`;
          await admin.delete(`${path}/${name}`); // of a test that was killed
          await admin.create(path, object);
          made.push(`${path}/${name}`);
        }
      };
      try {
        await test({ kube, create });
      } finally {
        for (const path of made) await admin.delete(path);
        kube.close();
        admin.close();
        await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
      }
    },
  });
}

/** Connects as somebody who may do nothing. */
export const NOBODY: KubeOptions = { as: "system:serviceaccount:shop:nobody" };
