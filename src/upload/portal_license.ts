import { ArchiveError } from "../bundle/archive_error.ts";
import { openBundle } from "../bundle/read_bundle.ts";
import { readSmall } from "../bundle/read_small.ts";
import { SupportBundleError } from "../core/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { LICENSE_SECRET, readLicense } from "../kube/replicated_license.ts";

/** Who a customer is for a vendor, and of which application: both from one document. */
export interface PortalLicense {
  licenseId: string;
  appSlug: string;
}

const LICENSE_FILE = "cluster-resources/license.json";
const CONFIG_MAPS = /^cluster-resources\/configmaps\/[^/]+\.(?:json|ya?ml)$/;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The licenses that a bundle has: the one in `license.json`, where the collector puts what it has found in the cluster; else
 * those that are documents of their own (`kind: License` of `kots.io`) in its ConfigMaps. No other value is taken for one,
 * whatever it looks like.
 * @returns different ones; none of a bundle that is encrypted */
export async function licensesInBundle(path: string, signal: AbortSignal): Promise<PortalLicense[]> {
  const found: PortalLicense[] = [];
  try {
    for await (const member of (await openBundle(path, signal)).members()) {
      if (member.type !== "file") continue;
      if (member.path === LICENSE_FILE) {
        const license = licenseOfFile(await textOf(member.body));
        if (license !== undefined) return [license];
      } else if (CONFIG_MAPS.test(member.path)) {
        found.push(...await licensesOfConfigMaps(await textOf(member.body)));
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    // What came before a damage counts. A bundle that is not an archive has none.
    if (!(error instanceof ArchiveError || error instanceof SupportBundleError)) throw error;
  }
  return different(found);
}

/** The licenses that a cluster has where Replicated's SDK keeps them: in the Secret `replicated` of any namespace that this
 * account may read, else of its own. */
export async function licensesInCluster(kube: KubeClient, signal: AbortSignal): Promise<PortalLicense[]> {
  const found: PortalLicense[] = [];
  const read = async (path: string) => {
    for await (const page of kube.list(path, { fieldSelector: `metadata.name=${LICENSE_SECRET}`, signal })) {
      for (const secret of page.items) {
        const license = await readLicense(secret);
        const usable = license === undefined ? undefined : checked(license.licenseID, license.appSlug);
        if (usable !== undefined) found.push(usable);
      }
    }
  };
  try {
    await read("/api/v1/secrets");
  } catch {
    signal.throwIfAborted();
    // Where there is no cluster, there is no license in it.
    await kube.contextNamespace()
      .then((namespace) => read(`/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`))
      .catch(() => signal.throwIfAborted());
  }
  return different(found);
}

/** A license id is sent in a header. One that redaction has hidden is none. */
export function isLicenseId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,256}$/.test(text);
}

function licenseOfFile(text: string | undefined): PortalLicense | undefined {
  try {
    const { licenseID, appSlug } = JSON.parse(text ?? "") as Record<string, unknown>;
    return checked(licenseID, appSlug);
  } catch {
    return undefined;
  }
}

async function licensesOfConfigMaps(text: string | undefined): Promise<PortalLicense[]> {
  if (text === undefined || !text.includes("kots.io/") || !text.includes("License")) return [];
  const { parse } = await import("yaml");
  const read = (document: string): unknown => {
    try {
      return parse(document);
    } catch {
      return undefined;
    }
  };
  const list = read(text);
  const maps = isRecord(list) && Array.isArray(list.items) ? list.items : [list];
  const found: PortalLicense[] = [];
  for (const map of maps) {
    if (!isRecord(map) || !isRecord(map.data)) continue;
    for (const value of Object.values(map.data)) {
      if (typeof value !== "string" || !value.includes("License")) continue;
      const license = licenseOfDocument(read(value));
      if (license !== undefined) found.push(license);
    }
  }
  return found;
}

function licenseOfDocument(document: unknown): PortalLicense | undefined {
  if (!isRecord(document) || document.kind !== "License" || !isRecord(document.spec)) return undefined;
  if (!String(document.apiVersion).startsWith("kots.io/")) return undefined;
  const { licenseID, appSlug } = document.spec;
  return /^[A-Za-z0-9]{20,30}$/.test(String(licenseID)) ? checked(licenseID, appSlug) : undefined;
}

function checked(licenseId: unknown, appSlug: unknown): PortalLicense | undefined {
  if (typeof licenseId !== "string" || typeof appSlug !== "string") return undefined;
  return isLicenseId(licenseId) && SLUG.test(appSlug) ? { licenseId, appSlug } : undefined;
}

function different(licenses: PortalLicense[]): PortalLicense[] {
  return [...new Map(licenses.map((license) => [`${license.licenseId} ${license.appSlug}`, license])).values()];
}

/** Undefined for a file that no license needs. */
async function textOf(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  return await readSmall<string | undefined>(
    body,
    MAX_FILE_BYTES,
    (bytes) => new TextDecoder().decode(bytes),
    async (_, reader) => {
      while (!(await reader.read()).done);
      return undefined;
    },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
