import { missing, type MissingEntry } from "../../../bundle/entry.ts";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { describeError } from "../../../core/errors.ts";
import type { KubeClient, KubeObject } from "../../../kube/kube_client.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";

/** An image that pods of a namespace use, and what they pull it with. */
export interface ImageUse {
  /** As the pods name it. */
  image: string;
  pullSecrets: Set<string>;
  serviceAccounts: Set<string>;
}

export interface ImageUses {
  /** By namespace, then by image. */
  namespaces: Map<string, Map<string, ImageUse>>;
  /** Lists that could not be read. */
  missing: MissingEntry[];
}

/** What pods are made from, with the place of the pod's spec. */
const SOURCES: {
  path: (namespace: string | undefined) => string;
  resource: string;
  pod: (o: KubeObject) => unknown;
}[] = [
  { resource: "pods", path: (ns) => scoped("/api/v1", ns, "pods"), pod: ({ spec }) => spec },
  ...["deployments", "daemonsets", "statefulsets"].map((resource) => ({
    resource,
    path: (ns: string | undefined) => scoped("/apis/apps/v1", ns, resource),
    pod: ({ spec }: KubeObject) => spec?.template?.spec,
  })),
];

/** The resources that are listed, for permissions. */
export const IMAGE_SOURCES: readonly { resource: string; group?: string }[] = SOURCES.map(({ resource }) => ({
  resource,
  ...(resource === "pods" ? {} : { group: "apps" }),
}));

/** Lists the images of the pods, and of the templates that further pods will be made from.
 * @param namespace undefined: all of them
 * @throws the failure of the first list when none could be read, and what makes every further one fail */
export async function listImageUses(
  kube: KubeClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<ImageUses> {
  const uses: ImageUses = { namespaces: new Map(), missing: [] };
  let failure: unknown;
  for (const { resource, path, pod } of SOURCES) {
    try {
      for await (const { items } of kube.list(path(namespace), { signal })) {
        for (const item of items) addPod(uses, item.metadata.namespace ?? namespace ?? "", pod(item));
      }
    } catch (error) {
      rethrowFatal(error, signal);
      failure ??= error;
      const at = bundlePath("image-facts", namespace ?? "", resource);
      uses.missing.push(missing(at, missingReason(error), describeError(error)));
    }
  }
  if (uses.missing.length === SOURCES.length) throw failure;
  return uses;
}

function scoped(api: string, namespace: string | undefined, resource: string): string {
  return namespace === undefined
    ? `${api}/${resource}`
    : `${api}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

interface PodSpec {
  containers?: { image?: string }[];
  initContainers?: { image?: string }[];
  ephemeralContainers?: { image?: string }[];
  volumes?: { image?: { reference?: string } }[];
  imagePullSecrets?: { name?: string }[];
  serviceAccountName?: string;
}

function addPod({ namespaces }: ImageUses, namespace: string, spec: unknown): void {
  const pod = (spec ?? {}) as PodSpec;
  const images = [
    ...[pod.initContainers, pod.containers, pod.ephemeralContainers].flatMap((list) => list ?? []).map((c) => c.image),
    ...(pod.volumes ?? []).map((volume) => volume.image?.reference),
  ];
  let known = namespaces.get(namespace);
  if (known === undefined) namespaces.set(namespace, known = new Map());
  for (const image of images) {
    if (!image) continue;
    let use = known.get(image);
    if (use === undefined) known.set(image, use = { image, pullSecrets: new Set(), serviceAccounts: new Set() });
    for (const { name } of pod.imagePullSecrets ?? []) if (name) use.pullSecrets.add(name);
    use.serviceAccounts.add(pod.serviceAccountName || "default");
  }
}
