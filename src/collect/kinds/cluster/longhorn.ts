import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, missing, textEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { KubeNotFoundError } from "../../../kube/errors.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import { type CollectContext, defineCollector, titled } from "../../collector.ts";
import { startDeadline, timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { logs } from "./logs.ts";
import { replicaChecksums, restingReplicas } from "./longhorn_checksums.ts";
import { longhornManifest } from "./longhorn_manifest.ts";

const GROUP = "longhorn.io";
const USUAL_NAMESPACE = "longhorn-system";
/** What existing readers of the files know: taken wherever the cluster still serves it. */
const USUAL_VERSION = "v1beta1";
const KINDS = {
  nodes: "Node",
  volumes: "Volume",
  replicas: "Replica",
  engines: "Engine",
  engineimages: "EngineImage",
  instancemanagers: "InstanceManager",
  backingimagemanagers: "BackingImageManager",
  backingimages: "BackingImage",
  sharemanagers: "ShareManager",
};

const titleOf = titled("longhorn");

export const longhorn = defineCollector({
  kind: "longhorn",
  where: "cluster",
  summary: "Longhorn's objects and settings, the logs of its pods, and checksums of replicas that nothing writes to",
  title: titleOf,
  fields: () => ({
    namespace: textField().default("").describe("Namespace of Longhorn; empty: longhorn-system"),
    timeout: textField().optional().describe(
      "Longest time for everything, such as 5m; without it the run's own limit",
    ),
  }),
  permissions: (config) => {
    const namespace = config.namespace || USUAL_NAMESPACE;
    return [
      ...[...Object.keys(KINDS), "settings"].map((resource) => ({ verb: "list", group: GROUP, resource, namespace })),
      { verb: "list", resource: "pods", namespace },
      { verb: "get", resource: "pods", subresource: "log", namespace },
      { verb: "create", resource: "pods", subresource: "exec", namespace },
    ];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const limit = timeoutMs(config.timeout);
    using deadline = startDeadline(context.clock, limit, context.signal);
    try {
      yield* collectLonghorn(config, { ...context, signal: deadline.signal });
    } catch (error) {
      if (!deadline.expired) throw error;
      throw new SupportBundleError(`timeout: not everything of Longhorn was read within ${config.timeout}`, {
        code: "TIMEOUT",
        hint: "Give the collector a longer timeout",
        cause: error,
      });
    }
  },
});

async function* collectLonghorn(
  config: { namespace: string; collectorName?: string },
  context: CollectContext,
): AsyncGenerator<Entry> {
  const { signal, progress } = context;
  const namespace = config.namespace || USUAL_NAMESPACE;
  const folder = bundlePath("longhorn", namespace);
  const version = await servedVersion(context);
  if (version === undefined) {
    return yield missing(
      titleOf(config),
      "not-installed",
      "The cluster has no longhorn.io API: Longhorn is not installed",
    );
  }
  const { stringify } = await import("yaml");
  const api = `/apis/${GROUP}/${version}/namespaces/${encodeURIComponent(namespace)}`;
  const toText = (value: unknown) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });

  const kept: Record<string, KubeObject[]> = { volumes: [], replicas: [] };
  for (const [resource, kind] of Object.entries(KINDS)) {
    try {
      for await (const { items } of context.kube.list(`${api}/${resource}`, { signal })) {
        kept[resource]?.push(...items.map(forChecksums));
        for (const item of items) {
          const manifest = longhornManifest(item, kind, `${GROUP}/${version}`);
          const path = bundlePath(folder, resource, `${item.metadata.name}.yaml`);
          yield textEntry(path, toText(manifest), `GET ${api}/${resource}`);
        }
      }
    } catch (error) {
      yield notListed(bundlePath(folder, resource), error, signal);
    }
    progress(resource);
  }
  try {
    const settings: Record<string, unknown> = {};
    for await (const { items } of context.kube.list(`${api}/settings`, { signal })) {
      for (const { metadata, value } of items) settings[metadata.name] = value;
    }
    yield textEntry(bundlePath(folder, "settings.yaml"), toText(settings), `GET ${api}/settings`);
  } catch (error) {
    yield notListed(bundlePath(folder, "settings.yaml"), error, signal);
  }

  yield* logs.collect(logs.schema.parse({ name: `${folder}/logs`, namespace, selector: [] }), context);
  try {
    yield* replicaChecksums(restingReplicas(kept.volumes!, kept.replicas!), folder, namespace, context);
  } catch (error) {
    yield notListed(bundlePath(folder, "volumes"), error, signal);
  }
}

/** The version of Longhorn's API to read; undefined where it is not installed. */
async function servedVersion({ kube, signal }: CollectContext): Promise<string | undefined> {
  try {
    const group = await kube.get<{ versions?: { version: string }[]; preferredVersion?: { version: string } }>(
      `/apis/${GROUP}`,
      { signal },
    );
    const versions = (group.versions ?? []).map(({ version }) => version);
    return versions.length === 0 || versions.includes(USUAL_VERSION)
      ? USUAL_VERSION
      : group.preferredVersion?.version ?? versions[0];
  } catch (error) {
    if (error instanceof KubeNotFoundError) return undefined;
    rethrowFatal(error, signal);
    return USUAL_VERSION; // discovery can be forbidden where the lists are not
  }
}

function notListed(path: string, error: unknown, signal: AbortSignal): Entry {
  rethrowFatal(error, signal);
  const gone = error instanceof KubeNotFoundError;
  return missing(path, gone ? "not-installed" : missingReason(error), describeError(error));
}

/** What the checksums need of an object: all volumes of a cluster are in memory together. */
function forChecksums({ metadata: { name, namespace }, spec, status }: KubeObject): KubeObject {
  const { volumeName, nodeID, diskPath, dataDirectoryName, dataPath } = spec ?? {};
  return {
    metadata: { name, namespace },
    spec: { volumeName, nodeID, diskPath, dataDirectoryName, dataPath },
    status: { state: status?.state },
  };
}
