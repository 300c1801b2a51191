import { environmentProxy, parseProxy } from "../core/environment_proxy.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { KubeconfigError } from "./errors.ts";
import type { KubeTarget } from "./kubeconfig.ts";

export interface ClusterProxy {
  url: URL;
  /** Who names it, for messages: `the kubeconfig`, `HTTPS_PROXY`. */
  origin: string;
}

/** The proxy on the way to the API server: the `proxy-url` of the kubeconfig, which no `NO_PROXY` excepts, else that of
 * the environment.
 * @throws {KubeconfigError} when what is named is not a proxy's address */
export function clusterProxy(
  { server, "proxy-url": named }: KubeTarget["cluster"],
  env: Readonly<Record<string, string>>,
): ClusterProxy | undefined {
  try {
    if (named !== undefined) return { url: parseProxy(named, "the kubeconfig (proxy-url)"), origin: "the kubeconfig" };
    const found = environmentProxy(new URL(server), env);
    return found && { url: found.url, origin: found.variable };
  } catch (error) {
    if (!(error instanceof SupportBundleError)) throw error;
    throw new KubeconfigError(describeError(error), { hint: error.hint });
  }
}
