import * as z from "zod";
import { OciError } from "./errors.ts";

const DOCKER = "application/vnd.docker.distribution.manifest";
const OCI = "application/vnd.oci.image";
const MANIFEST_TYPES = [`${OCI}.manifest.v1+json`, `${DOCKER}.v2+json`];
const INDEX_TYPES = [`${OCI}.index.v1+json`, `${DOCKER}.list.v2+json`];
const OLD_TYPES = [`${DOCKER}.v1+prettyjws`, `${DOCKER}.v1+json`];

/** `Accept` for every form that a manifest can have. */
export const MANIFEST_ACCEPT: string = [...MANIFEST_TYPES, ...INDEX_TYPES, ...OLD_TYPES, "*/*;q=0.1"].join(", ");

const platformSchema = z.object({
  architecture: z.string().default(""),
  os: z.string().default(""),
  variant: z.string().optional(),
  "os.version": z.string().optional(),
  "os.features": z.array(z.string()).optional(),
});

const descriptorSchema = z.object({
  mediaType: z.string().default(""),
  digest: z.string(),
  size: z.number().int().nonnegative(),
});

const documentSchema = z.object({
  schemaVersion: z.number().int(),
  mediaType: z.string().optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  manifests: z.array(descriptorSchema.extend({ platform: platformSchema.nullish() })).optional(),
});

export type Platform = z.output<typeof platformSchema>;
export type Descriptor = z.output<typeof descriptorSchema>;
export type PlatformManifest = Descriptor & { platform?: Platform | null };

/** An image's manifest, or a list of manifests by platform. */
export type ManifestDocument =
  & { schemaVersion: number; mediaType: string }
  & ({ form: "image"; config: Descriptor; layers: Descriptor[] } | { form: "index"; manifests: PlatformManifest[] });

/** True for the signed manifests of Docker before 1.10, whose digest is not that of their bytes. */
export function isOldManifest(mediaType: string): boolean {
  return OLD_TYPES.includes(mediaType);
}

/** @param mediaType what the registry calls it; what the document says itself counts more
 * @throws {OciError} when it is none */
export function parseManifest(bytes: Uint8Array, mediaType: string, what: string): ManifestDocument {
  let document: z.output<typeof documentSchema>;
  try {
    document = documentSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new OciError(`What the registry has for ${what} is not a manifest`, { code: "REGISTRY_MANIFEST", cause });
  }
  const { schemaVersion, config, layers, manifests } = document;
  const named = document.mediaType || mediaType;
  if (manifests !== undefined && !MANIFEST_TYPES.includes(named)) {
    return { form: "index", schemaVersion, mediaType: named, manifests };
  }
  if (config !== undefined && layers !== undefined) {
    return { form: "image", schemaVersion, mediaType: named, config, layers };
  }
  throw new OciError(
    schemaVersion === 1
      ? `The manifest of ${what} is in the form of Docker before 1.10, which is not read`
      : `The manifest of ${what} has neither layers nor manifests`,
    { code: "REGISTRY_MANIFEST" },
  );
}

/** The manifest that stands for a list: that for linux/amd64 (without a variant first), else the first that is for a
 * platform at all. Signatures and attestations call theirs `unknown`. */
export function choosePlatform(manifests: readonly PlatformManifest[]): PlatformManifest | undefined {
  const amd64 = manifests.filter(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
  return amd64.find(({ platform }) => !platform?.variant) ?? amd64[0] ??
    manifests.find(({ platform }) => platform?.os !== "unknown") ?? manifests[0];
}
