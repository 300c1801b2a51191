import type { PermissionContext } from "../collect/collector.ts";
import { permissionsOf } from "../collect/permissions_of.ts";
import { describeError } from "../core/errors.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { type AccessNeed, needKey } from "../kube/access.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import type { LoadedSpec } from "../spec/load_spec.ts";
import { withRemoteHost } from "../spec/with_remote_host.ts";
import { listCustomResources } from "./custom_resources.ts";

const ANSWER_MS = 10_000;

export interface NeededPermissions {
  /** Each once. */
  needs: AccessNeed[];
  /** Why the custom resources of the cluster are not among them, where a collector reads those. */
  customResourcesUnknown?: string;
}

/** Every permission that the collectors of a spec use. What the cluster has to say about it is asked with a time limit; without a
 * cluster, the rest is told.
 * @param namespace `--namespace` */
export async function neededPermissions(
  spec: LoadedSpec,
  { kube, namespace, signal }: { kube: KubeClient; namespace: string | undefined; signal: AbortSignal },
): Promise<NeededPermissions> {
  const context: { -readonly [K in keyof PermissionContext]: PermissionContext[K] } = {
    namespace,
    contextNamespace: await kube.contextNamespace().catch(() => "default"),
    customResources: [],
  };
  const entries = withRemoteHost(spec).collectors.filter(({ config }) => config.exclude !== true);
  let customResourcesUnknown: string | undefined;
  if (entries.some(({ unit }) => unit.kind === "clusterResources")) {
    try {
      context.customResources = await withTimeLimit(ANSWER_MS, signal, (signal) => listCustomResources(kube, signal));
    } catch (error) {
      signal.throwIfAborted();
      customResourcesUnknown = describeError(error);
    }
  }
  const needs = new Map<string, AccessNeed>();
  for (const { unit, config } of entries) {
    for (const need of permissionsOf(unit, config, context)) needs.set(needKey(need), need);
  }
  return { needs: [...needs.values()], customResourcesUnknown };
}
