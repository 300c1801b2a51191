import { join } from "node:path";
import type { KubeTarget } from "./kubeconfig.ts";

/** Where Kubernetes puts the account of a pod: `token`, `ca.crt`, `namespace`. */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** True for a process in a pod, where Kubernetes names the API server in the environment. */
export function isInCluster(env: Readonly<Record<string, string>>): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT);
}

/** The API server of the cluster that this process runs in, and the account of its pod.
 * @returns undefined outside of a cluster, and in a pod without an account */
export async function inClusterTarget(
  env: Readonly<Record<string, string>>,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Promise<KubeTarget | undefined> {
  if (!isInCluster(env)) return undefined;
  const tokenFile = join(folder, "token");
  try {
    await Deno.stat(tokenFile);
  } catch {
    return undefined;
  }
  const namespace = await Deno.readTextFile(join(folder, "namespace")).catch(() => "");
  const host = env.KUBERNETES_SERVICE_HOST!;
  return {
    cluster: {
      server: `https://${host.includes(":") ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT}`,
      "certificate-authority": join(folder, "ca.crt"),
    } as KubeTarget["cluster"],
    user: { tokenFile } as KubeTarget["user"],
    namespace: namespace.trim() || "default",
  };
}
