import type { KubeObject } from "../../../kube/kube_client.ts";
import { KubeNotFoundError } from "../../../kube/errors.ts";
import type { CollectContext } from "../../collector.ts";
import { decodeHelmRelease, type HelmRelease, HelmReleaseError } from "./helm_release.ts";

/** Where Helm keeps its records: in Secrets, or in ConfigMaps when `HELM_DRIVER` says so. Its third storage, an SQL database,
 * is not in the cluster. */
export const RECORD_RESOURCES = ["secrets", "configmaps"] as const;

/** The record of one revision, as its labels tell. */
export interface HelmRecord {
  resource: (typeof RECORD_RESOURCES)[number];
  object: string;
  namespace: string;
  release: string;
  revision: number;
  status: string;
}

/** Names and labels alone: a page of whole records could have hundreds of megabytes. */
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
const PAGE_SIZE = 500;

type Context = Pick<CollectContext, "kube" | "signal">;

/** Finds the records in one kind of storage, in no particular order. */
export async function findHelmRecords(
  resource: HelmRecord["resource"],
  { namespace, releaseName }: { namespace: string; releaseName: string },
  { kube, signal }: Context,
): Promise<HelmRecord[]> {
  const path = namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}` : `/api/v1/${resource}`;
  const labelSelector = `owner=helm${releaseName ? `,name=${releaseName}` : ""}`;
  const found: HelmRecord[] = [];
  let token: string | undefined;
  do {
    const page: MetadataPage = await kube.get<MetadataPage>(path, {
      query: { labelSelector, limit: PAGE_SIZE, continue: token },
      accept: METADATA_ONLY,
      signal,
    });
    for (const { metadata } of page.items ?? []) {
      const { name: release, version = "", status = "" } = metadata.labels ?? {};
      // Other things may carry the owner's label.
      if (release === undefined || !/^\d+$/.test(version)) continue;
      found.push({
        resource,
        object: metadata.name,
        namespace: metadata.namespace!,
        release,
        revision: Number(version),
        status,
      });
    }
    token = page.metadata?.continue || undefined;
  } while (token !== undefined);
  return found;
}

/** By namespace, release and revision. */
export function compareRecords(a: HelmRecord, b: HelmRecord): number {
  return compare(a.namespace, b.namespace) || compare(a.release, b.release) || a.revision - b.revision;
}

interface MetadataPage {
  metadata?: { continue?: string };
  items?: { metadata: KubeObject["metadata"] }[];
}

/** @returns undefined when Helm has removed the record in the meantime
 * @throws {HelmReleaseError} */
export async function readHelmRecord(
  { resource, namespace, object }: HelmRecord,
  { kube, signal }: Context,
): Promise<HelmRelease | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(object)}`;
  let stored: KubeObject;
  try {
    stored = await kube.get(path, { signal });
  } catch (error) {
    if (error instanceof KubeNotFoundError) return undefined;
    throw error;
  }
  const payload: unknown = stored.data?.release;
  if (typeof payload !== "string") throw new HelmReleaseError(`${object} has no key "release"`);
  return await decodeHelmRelease(resource === "secrets" ? atob(payload) : payload);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
