import { isAbsolute, normalize } from "node:path/posix";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, missing, textEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import type { AccessNeed } from "../../../kube/access.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import type { CollectContext } from "../../collector.ts";
import { type CreatedObjects, withCreatedObjects } from "../../created_objects.ts";
import { timeoutMs } from "../../deadline.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { absentPods } from "./absent_pods.ts";
import { type DaemonPods, nodeOf, waitForDaemonPods } from "./daemon_pods.ts";
import { mapAhead } from "./map_ahead.ts";
import { closeTar, followTar, openTar, type PackedPath, packedPath, packedTarget } from "./pod_tar.ts";
import { type ImagePullSecret, imagePullSecretField, pullSecrets } from "./pods/image_pull_secret.ts";
import { repackTar } from "./tar_archive.ts";
import { unpackTar } from "./tar_files.ts";

/** How long pods may take to start, where the spec says nothing. */
const START_MS = 30_000;
/** Nodes whose tar runs while the files of one are taken over. */
const AHEAD = 3;
const CONTAINER = "collector";
const MOUNT = "/host";
const ID_LABEL = "troubleshoot.sh/copyfromhost-id";

/** What lets a pod onto the nodes of the control plane. */
export const CONTROL_PLANE_TOO = ["master", "control-plane"].map((role) => ({
  key: `node-role.kubernetes.io/${role}`,
  operator: "Exists",
  effect: "NoSchedule",
}));

/** The fields that `copyFromHost` and `collectd` share. */
export function hostFilesFields() {
  return {
    namespace: textField().default("").describe(
      "Namespace of the pods; empty: that of the command line, else of the kubeconfig's context",
    ),
    image: textField().describe("Image with sleep and tar"),
    imagePullPolicy: textField().default("IfNotPresent").describe("Always, IfNotPresent or Never"),
    imagePullSecret: imagePullSecretField(),
    timeout: textField().optional().describe("Longest time for everything, such as 5m; without it the run's own limit"),
  };
}

export const extractArchiveField = () =>
  flagField().describe("true unpacks the files; else there is an archive.tar for each node");

export interface HostFilesConfig {
  name: string;
  title: string;
  namespace: string;
  image: string;
  imagePullPolicy: string;
  imagePullSecret?: ImagePullSecret;
  hostPath: string;
  extractArchive: boolean;
  timeout?: string;
}

export function hostFilesNeeds(
  { namespace, imagePullSecret }: Pick<HostFilesConfig, "namespace" | "imagePullSecret">,
  context: { namespace?: string },
): AccessNeed[] {
  const named = namespace || context.namespace;
  const where = named ? { namespace: named } : {};
  const secrets = ["create", "delete"].map((verb) => ({ verb, resource: "secrets", ...where }));
  return [
    ...["create", "get", "delete"].map((verb) => ({ verb, resource: "daemonsets", group: "apps", ...where })),
    { verb: "list", resource: "pods", ...where },
    { verb: "create", resource: "pods", subresource: "exec", ...where },
    ...(Object.keys(imagePullSecret?.data ?? {}).length > 0 ? secrets : []),
  ];
}

/** Copies a file or folder of every node, through a pod on each that sees the node's folder and nothing else of it. */
export async function* collectHostFiles(config: HostFilesConfig, context: CollectContext): AsyncGenerator<Entry> {
  const { kube, clock, signal } = context;
  const wanted = hostMount(config.hostPath);
  bundlePath(config.name, "node"); // a name that cannot be one is found before anything is created
  const limitMs = timeoutMs(config.timeout);
  const namespace = config.namespace || context.namespace || await kube.contextNamespace();
  const options = { clock, signal, title: config.title, lifetimeMs: lifetimeMs(limitMs, context) };
  yield* withCreatedObjects(kube, options, async function* (objects) {
    const labels = { "troubleshoot.sh/collector": "copyfromhost", [ID_LABEL]: objects.runId };
    const secrets = await pullSecrets(objects, namespace, config.imagePullSecret);
    const set = await objects.create(
      `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets`,
      daemonSet(config, namespace, wanted.mounted, labels, secrets),
    );
    const startMs = Math.max(START_MS, (limitMs ?? 0) / 2);
    const pods = await waitForDaemonPods(kube, set, labels, {
      clock,
      signal: objects.signal,
      limitMs: startMs,
      progress: context.progress,
    });
    signal.throwIfAborted();
    yield* copyAll(config, wanted, pods, objects, context);
    yield* absent(config, set, pods, startMs, context);
  });
}

/** The folder to mount, and what of it is packed. A path right below the root is mounted itself: nothing shall see the
 * whole disk of a node. */
export function hostMount(hostPath: string): { mounted: string; packed: PackedPath } {
  if (!isAbsolute(hostPath)) {
    throw new SupportBundleError(`Cannot copy "${hostPath}" from hosts: it is not an absolute path`, {
      code: "SPEC_VALUE",
      hint: "Name the file or folder of the host with hostPath, such as /var/log/syslog",
    });
  }
  const { folder, item } = packedPath(hostPath);
  return folder === "/"
    ? { mounted: normalize(hostPath).replace(/(.)\/$/, "$1"), packed: packedPath(MOUNT) }
    : { mounted: folder, packed: { folder: MOUNT, item } };
}

function daemonSet(
  config: HostFilesConfig,
  namespace: string,
  mounted: string,
  labels: Record<string, string>,
  secrets: { name: string }[],
) {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { namespace, generateName: "troubleshoot-copyfromhost-", labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { "app.kubernetes.io/managed-by": "troubleshoot.sh", ...labels } },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 0, // sleep would wait for its end as the first process of a container
          containers: [{
            name: CONTAINER,
            image: config.image,
            imagePullPolicy: config.imagePullPolicy,
            command: ["sleep"],
            args: ["1000000"],
            volumeMounts: [{ name: "host", mountPath: MOUNT, readOnly: true }],
          }],
          volumes: [{ name: "host", hostPath: { path: mounted, type: "Directory" } }],
          tolerations: CONTROL_PLANE_TOO,
          ...(secrets.length > 0 ? { imagePullSecrets: secrets } : {}),
        },
      },
    },
  };
}

async function* copyAll(
  { name, extractArchive }: HostFilesConfig,
  { packed }: ReturnType<typeof hostMount>,
  { ready }: DaemonPods,
  objects: CreatedObjects,
  { kube, signal, progress }: CollectContext,
): AsyncGenerator<Entry> {
  let done = 0;
  const open = async (pod: KubeObject) => {
    const place = { namespace: pod.metadata.namespace!, pod: pod.metadata.name, container: CONTAINER };
    return { pod, opened: await openTar(kube, packedTarget(place, packed), objects.signal, signal) };
  };
  for await (const { pod, opened } of mapAhead(ready, AHEAD, open, ({ opened }) => closeTar(opened))) {
    const folder = bundlePath(name, nodeOf(pod));
    const { source } = opened.target;
    const whole = extractArchive ? folder : bundlePath(folder, "archive.tar");
    const end = yield* followTar(
      opened,
      { whole, signal },
      (tar) =>
        extractArchive
          ? unpackTar(tar, { path: (inTar) => bundlePath(folder, inTar), whole, source })
          : repackTar(tar, { path: whole, source }),
    );
    if (end.error !== undefined) {
      yield textEntry(bundlePath(folder, "error.txt"), `${end.error}\n`, source);
      if (end.stderr !== "") yield textEntry(bundlePath(folder, "stderr.txt"), end.stderr, source);
    }
    progress(`${++done} of ${ready.length} nodes`);
  }
}

/** Why there is nothing of the nodes that had no ready pod. */
async function* absent(
  { name, title }: HostFilesConfig,
  set: KubeObject,
  pods: DaemonPods,
  startMs: number,
  context: CollectContext,
): AsyncGenerator<Entry> {
  for await (const { pod, reason, why } of absentPods(set, pods, startMs, context)) {
    if (pod === undefined) yield missing(title, reason, why);
    else {
      const folder = bundlePath(name, nodeOf(pod));
      yield missing(folder, reason, why);
      yield textEntry(bundlePath(folder, "error.txt"), `${why}\n`);
    }
  }
}
