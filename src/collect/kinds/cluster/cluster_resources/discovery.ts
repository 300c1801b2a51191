import { describeError } from "../../../../core/errors.ts";
import { KubeApiError } from "../../../../kube/errors.ts";
import type { KubeClient } from "../../../../kube/kube_client.ts";
import { mapAhead } from "../map_ahead.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const CONCURRENCY = 6;

/** An `APIGroup`; the core group has the name "". */
export interface ApiGroup {
  name: string;
  versions: { groupVersion: string; version: string }[];
  preferredVersion: { groupVersion: string; version: string };
}

/** An `APIResourceList`. */
export interface ApiResourceList {
  kind: "APIResourceList";
  apiVersion: "v1";
  groupVersion: string;
  resources: ApiResource[];
}

export interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
  group?: string;
  version?: string;
  shortNames?: string[];
  categories?: string[];
}

/** What the API server serves. `groups` is undefined when nothing at all could be learned. */
export interface ApiInventory {
  groups?: ApiGroup[];
  resources: ApiResourceList[];
  errors: string[];
}

/** Asks what the API server serves: two requests where it knows aggregated discovery (1.26 and later), otherwise one more
 * for each group version. Parts that fail are errors of the result.
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api */
export async function discoverApi(kube: KubeClient, signal: AbortSignal): Promise<ApiInventory> {
  const inventory: ApiInventory = { resources: [], errors: [] };
  const toAsk: string[] = [];
  const roots = await Promise.allSettled(
    ["/api", "/apis"].map((path) => kube.get<unknown>(path, { accept: AGGREGATED, signal })),
  );
  for (const root of roots) {
    if (root.status === "rejected") inventory.errors.push(describeError(root.reason));
    else readRoot(root.value as DiscoveryRoot, inventory, toAsk);
  }
  const ask = async (groupVersion: string) => {
    const path = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    try {
      return await kube.get<unknown>(path, { signal }) as ApiResourceList;
    } catch (error) {
      return { groupVersion, error };
    }
  };
  for await (const answer of mapAhead(toAsk, CONCURRENCY, ask, () => {})) {
    if ("error" in answer) {
      // A kind may go away between the two requests.
      if (isUnknownResource(answer.error)) continue;
      inventory.errors.push(`${answer.groupVersion}: ${describeError(answer.error)}`);
    } else inventory.resources.push({ ...answer, kind: "APIResourceList", apiVersion: "v1" });
  }
  signal.throwIfAborted();
  return inventory;
}

/** The first of the group versions in which the server has the resource; undefined when it has none.
 * Where discovery failed, the first one is worth a try. */
export function servedVersion(
  inventory: ApiInventory,
  resource: string,
  from: readonly [string, ...string[]],
): string | undefined {
  const lists = inventory.resources;
  const served = from.find((version) =>
    lists.some(({ groupVersion, resources }) =>
      groupVersion === version && resources.some(({ name }) => name === resource)
    )
  );
  return served ?? (inventory.errors.length > 0 ? from[0] : undefined);
}

/** Any form in which a server answers to `/api` and `/apis`. */
export interface DiscoveryRoot {
  kind?: string;
  /** Aggregated. */
  items?: GroupDiscovery[];
  /** `APIGroupList`. */
  groups?: ApiGroup[];
  /** `APIVersions`, of the core group. */
  versions?: string[];
}

interface GroupDiscovery {
  metadata?: { name?: string };
  versions?: {
    version: string;
    freshness?: string;
    resources?: ResourceDiscovery[];
  }[];
}

interface ResourceDiscovery {
  resource: string;
  responseKind?: { group?: string; version?: string; kind?: string };
  scope?: string;
  singularResource?: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string; responseKind?: ResourceDiscovery["responseKind"]; verbs?: string[] }[];
}

/** Reads one answer into the inventory. Group versions whose resources it does not tell go to `toAsk`. */
export function readRoot(root: DiscoveryRoot, inventory: ApiInventory, toAsk: string[]): void {
  const groups = inventory.groups ??= [];
  if (root.items !== undefined) {
    for (const { metadata, versions = [] } of root.items) {
      const name = metadata?.name ?? "";
      const group = groupOf(name, versions.map(({ version }) => version));
      if (group !== undefined) groups.push(group);
      for (const { version, freshness, resources = [] } of versions) {
        const groupVersion = name === "" ? version : `${name}/${version}`;
        if (freshness === "Stale") inventory.errors.push(`${groupVersion}: the server's own knowledge of it is stale`);
        inventory.resources.push({
          kind: "APIResourceList",
          apiVersion: "v1",
          groupVersion,
          resources: resources.flatMap(flatten),
        });
      }
    }
  } else if (root.groups !== undefined) {
    groups.push(...root.groups);
    toAsk.push(...root.groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion)));
  } else {
    const group = groupOf("", root.versions ?? []);
    if (group !== undefined) groups.unshift(group);
    toAsk.unshift(...root.versions ?? []);
  }
}

function groupOf(name: string, versions: string[]): ApiGroup | undefined {
  const [preferredVersion, ...others] = versions.map((version) => ({
    groupVersion: name === "" ? version : `${name}/${version}`,
    version,
  }));
  if (preferredVersion === undefined) return undefined;
  return { name, versions: [preferredVersion, ...others], preferredVersion };
}

/** A resource and its subresources as entries of an `APIResourceList`. */
function flatten(resource: ResourceDiscovery): ApiResource[] {
  const namespaced = resource.scope === "Namespaced";
  const { shortNames, categories } = resource;
  const all = [resourceEntry(resource.resource, namespaced, resource.responseKind, resource.verbs)];
  all[0]!.singularName = resource.singularResource ?? "";
  if (shortNames !== undefined) all[0]!.shortNames = shortNames;
  if (categories !== undefined) all[0]!.categories = categories;
  for (const { subresource, responseKind, verbs } of resource.subresources ?? []) {
    all.push(resourceEntry(`${resource.resource}/${subresource}`, namespaced, responseKind, verbs));
  }
  return all;
}

function resourceEntry(
  name: string,
  namespaced: boolean,
  responseKind: ResourceDiscovery["responseKind"],
  verbs: string[] = [],
): ApiResource {
  const { group, version, kind = "" } = responseKind ?? {};
  return {
    name,
    singularName: "",
    namespaced,
    ...(group ? { group } : {}),
    ...(version ? { version } : {}),
    kind,
    verbs,
  };
}

/** True when the server has no such path at all, which is no failure for an optional kind. */
export function isUnknownResource(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 404;
}
