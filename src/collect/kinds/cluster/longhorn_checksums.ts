import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, missing } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import type { ExecTarget, KubeClient, KubeObject } from "../../../kube/kube_client.ts";
import type { CollectContext } from "../../collector.ts";
import { mapAhead } from "./map_ahead.ts";
import { describeTarget, outcomeReason, outputEntry, podsPath, runInPod } from "./pod_command.ts";

/** Each reads whole disks: more at once would be felt by the volumes in use. */
const CONCURRENCY = 4;
const TYPE_LABEL = "longhorn.io/instance-manager-type";
const NODE_LABEL = "longhorn.io/node";
/** Where instance managers see the disks of their node. */
const HOST = "/host";

/** A replica whose files can be compared with those of its volume's other replicas: nothing writes to them. */
export interface RestingReplica {
  volume: string;
  name: string;
  node: string;
  /** Its data folder on the node. */
  folder: string;
}

/** The scheduled replicas of detached volumes that have more than one of them. */
export function restingReplicas(volumes: readonly KubeObject[], replicas: readonly KubeObject[]): RestingReplica[] {
  return volumes.filter(({ status }) => status?.state === "detached").flatMap(({ metadata: { name: volume } }) => {
    const scheduled = replicas.filter(({ spec }) => spec?.volumeName === volume && spec.nodeID);
    if (scheduled.length < 2) return [];
    return scheduled.flatMap(({ metadata, spec }) => {
      const folder = spec.diskPath && spec.dataDirectoryName
        ? `${spec.diskPath}/replicas/${spec.dataDirectoryName}`
        : spec.dataPath;
      return folder ? [{ volume, name: metadata.name, node: spec.nodeID as string, folder: String(folder) }] : [];
    });
  });
}

/** Checksums of replicas, as `md5sum` prints them: `longhorn/<ns>/volumes/<volume>/replicachecksums/<replica>.txt`. */
export async function* replicaChecksums(
  replicas: readonly RestingReplica[],
  folder: string,
  namespace: string,
  context: CollectContext,
): AsyncGenerator<Entry> {
  if (replicas.length === 0) return;
  const managers = await instanceManagers(context.kube, namespace, context.signal);
  const run = async (replica: RestingReplica, unwanted: AbortSignal) => {
    const manager = managers.get(replica.node);
    if (manager === undefined) return { replica };
    // The folder is an argument and no part of the script: it comes out of an object of the cluster.
    const command = ["/bin/bash", "-c", 'cd -- "$0" && md5sum -- *', `${HOST}${replica.folder}`];
    const target = { ...manager, command };
    return { replica, target, outcome: await runInPod(context, target, { unwanted }) };
  };
  for await (const { replica, target, outcome } of mapAhead(replicas, CONCURRENCY, run, () => {})) {
    const path = bundlePath(folder, "volumes", replica.volume, "replicachecksums", `${replica.name}.txt`);
    if (outcome === undefined) {
      yield missing(path, "failed", `No instance manager runs on the node "${replica.node}"`);
    } else if ("error" in outcome) {
      yield missing(path, outcomeReason(outcome.error), describeError(outcome.error));
    } else {
      const { stdout, stderr, failure, truncated } = outcome.result;
      if (stdout.length > 0) yield outputEntry(path, stdout, truncated, `exec ${describeTarget(target)} md5sum`);
      if (failure) {
        const why = new TextDecoder().decode(stderr).trim().slice(0, 500) || failure.message;
        yield missing(path, "failed", stdout.length > 0 ? `Not every file could be read: ${why}` : why);
      }
    }
  }
}

/** The pod on each node that sees its replicas: of a type of its own in older versions, of one for all in newer. */
async function instanceManagers(
  kube: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<Map<string, Omit<ExecTarget, "command">>> {
  const managers = new Map<string, Omit<ExecTarget, "command">>();
  const labelSelector = `${TYPE_LABEL} in (replica, aio)`;
  for await (const { items } of kube.list(podsPath(namespace), { labelSelector, signal })) {
    for (const { metadata, spec, status } of items) {
      const node = metadata.labels?.[NODE_LABEL];
      if (node === undefined || status?.phase !== "Running") continue;
      if (managers.has(node) && metadata.labels?.[TYPE_LABEL] !== "replica") continue;
      const containers = (spec.containers as { name: string }[]).map(({ name }) => name);
      const container = containers.includes("replica-manager") ? "replica-manager" : containers[0]!;
      managers.set(node, { namespace, pod: metadata.name, container });
    }
  }
  return managers;
}
