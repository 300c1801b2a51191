import type { Clock } from "../core/clock.ts";
import { connectKube } from "../kube/connect.ts";
import type { KubeOptions } from "../kube/kube_client.ts";
import { discover } from "../discover/discover.ts";
import { discoveryOptionsSchema } from "../discover/discovery_options.ts";
import { mergeDiscovered } from "../discover/merge_discovered.ts";
import { type LoadedSpec, loadSpecs } from "../spec/load_spec.ts";
import type { PipelineRequest } from "./request.ts";

export interface LoadContext {
  cwd: string;
  env: Readonly<Record<string, string>>;
  clock: Clock;
  signal: AbortSignal;
  /** Text of standard input, for the source `-`. */
  stdin?: () => Promise<string>;
  /** Words that a mistyped source may have meant: the commands. */
  commands?: readonly string[];
}

/** Loads the specs that a request names, and with `auto` adds what discovery finds. The cluster is connected to only where
 * it is asked for one of them. */
export async function loadRequest(request: PipelineRequest, context: LoadContext): Promise<LoadedSpec> {
  const kube = connectKube(request.kube as KubeOptions, { ...context.env }, { clock: context.clock });
  try {
    const spec = await loadSpecs({
      ...context,
      kube,
      sources: request.specs,
      redactorSources: request.redactors,
      auto: request.auto,
      search: request.search && { ...request.search, namespace: request.namespace },
      followUri: request.followUri,
      insecure: request.insecure,
    });
    if (!request.auto) return spec;
    const options = request.discovery ?? discoveryOptionsSchema.parse({});
    // Where a missing permission ends the run, it is the run that reviews them.
    const rbacCheck = options.rbacCheck && !request.requirePermissions;
    const { namespace, deadlineMs } = request;
    const found = await discover({ ...options, rbacCheck }, { ...context, kube, namespace, deadlineMs });
    return mergeDiscovered(spec, found);
  } finally {
    kube.close();
  }
}
