import * as z from "zod";
import { OciError } from "../../../oci/errors.ts";
import type { ImageReference } from "../../../oci/image_reference.ts";
import { choosePlatform, type Descriptor, type Platform } from "../../../oci/manifest.ts";
import type { RegistryCall, RegistryClient } from "../../../oci/registry_client.ts";

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;
/** Real ones have some kilobytes. */
const MAX_FACTS_CHARS = 256 * 1024;
const CONFIG_TYPES = ["application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"];
const NO_TIME = "0001-01-01T00:00:00Z";

/** What is known of an image, in the form that existing readers know. */
export interface ImageFacts {
  repository: string;
  tag: string;
  digest: string;
  registry: string;
  /** Sum of the layers, compressed, in bytes. */
  size: number;
  /** The year 1 when it is not known. */
  created: string;
  labels: Record<string, string> | null;
  platform: { architecture: string; os: string; variant?: string; osVersion?: string; osFeatures?: string[] };
  /** Of what the reference names: a manifest, or a list of them. */
  mediaType: string;
  schemaVersion: number;
  layers?: { digest: string; size: number; mediaType: string }[];
  config: ImageConfig;
  collectedAt: string;
  source: string;
  error?: string;
}

interface ImageConfig {
  user?: string;
  exposedPorts?: Record<string, unknown>;
  env?: string[];
  entrypoint?: string[];
  cmd?: string[];
  volumes?: Record<string, unknown>;
  workingDir?: string;
}

/** What the registry says of an image, without what depends on who asks and when. */
export type DescribedImage = Omit<ImageFacts, "repository" | "tag" | "registry" | "collectedAt" | "source" | "error">;

export const UNKNOWN_IMAGE: DescribedImage = {
  digest: "",
  size: 0,
  created: NO_TIME,
  labels: null,
  platform: { architecture: "", os: "" },
  mediaType: "",
  schemaVersion: 0,
  config: {},
};

/** Reads manifest and configuration of an image. A list of manifests is described by its digest, and by what it has for
 * linux/amd64 (see `choosePlatform`).
 * @throws as {@linkcode RegistryClient} */
export async function describeImage(
  client: RegistryClient,
  image: ImageReference,
  call: RegistryCall,
): Promise<DescribedImage> {
  const { digest, document } = await client.manifest(image, call);
  let chosen = document;
  let platform: Platform | undefined;
  if (document.form === "index") {
    const one = choosePlatform(document.manifests);
    if (one === undefined) throw new OciError("The list of manifests is empty", { code: "REGISTRY_MANIFEST" });
    platform = one.platform ?? undefined;
    chosen = (await client.manifest({ ...image, tag: undefined, digest: one.digest }, call)).document;
    if (chosen.form === "index") throw new OciError("A list of manifests lists another", { code: "REGISTRY_MANIFEST" });
  }
  const { config: descriptor, layers } = chosen as typeof chosen & { form: "image" };
  const config = await readConfig(client, image, descriptor, call);
  const facts: DescribedImage = {
    digest,
    size: layers.reduce((sum, layer) => sum + layer.size, 0),
    created: config.created ?? NO_TIME,
    labels: config.config?.Labels ?? null,
    platform: describePlatform(config.architecture ? config : platform),
    mediaType: document.mediaType,
    schemaVersion: document.schemaVersion,
    ...(layers.length > 0
      ? { layers: layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })) }
      : {}),
    config: describeConfig(config.config),
  };
  if (JSON.stringify(facts).length > MAX_FACTS_CHARS) {
    throw new OciError(`What the registry says of the image is longer than ${MAX_FACTS_CHARS} characters`, {
      code: "REGISTRY_TOO_LARGE",
    });
  }
  return facts;
}

// Images are made by many tools: a field of another type is left out, the others stay.
const text = () => z.string().optional().catch(undefined);
const texts = () => z.array(z.string()).nullish().catch(undefined);
const set = () => z.record(z.string(), z.unknown()).nullish().catch(undefined);
const configSchema = z.object({
  created: z.iso.datetime({ offset: true }).optional().catch(undefined),
  architecture: text(),
  os: text(),
  variant: text(),
  "os.version": text(),
  "os.features": texts(),
  config: z.object({
    User: text(),
    ExposedPorts: set(),
    Env: texts(),
    Entrypoint: texts(),
    Cmd: texts(),
    Volumes: set(),
    WorkingDir: text(),
    Labels: z.record(z.string(), z.string()).nullish().catch(undefined),
  }).nullish().catch(undefined),
});

type Config = z.output<typeof configSchema>;

/** Empty for artifacts that are no container images. */
async function readConfig(
  client: RegistryClient,
  image: ImageReference,
  { digest, mediaType, size }: Descriptor,
  call: RegistryCall,
): Promise<Config> {
  if (!CONFIG_TYPES.includes(mediaType)) return configSchema.parse({});
  if (size > MAX_CONFIG_BYTES) {
    throw new OciError(`The configuration of the image has ${size} bytes, more than ${MAX_CONFIG_BYTES}`, {
      code: "REGISTRY_TOO_LARGE",
    });
  }
  const bytes = await client.blob(image, digest, MAX_CONFIG_BYTES, call);
  try {
    return configSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new OciError("The configuration of the image is not a JSON object", { code: "REGISTRY_MANIFEST", cause });
  }
}

function describePlatform(
  platform: { [Key in keyof Platform]?: Platform[Key] | null } | undefined,
): ImageFacts["platform"] {
  const { architecture, os, variant } = platform ?? {};
  const { "os.version": osVersion, "os.features": osFeatures } = platform ?? {};
  return {
    architecture: architecture ?? "",
    os: os ?? "",
    ...(variant ? { variant } : {}),
    ...(osVersion ? { osVersion } : {}),
    ...(osFeatures?.length ? { osFeatures } : {}),
  };
}

function describeConfig(config: Config["config"]): ImageConfig {
  const described: { [Key in keyof ImageConfig]: ImageConfig[Key] | null } = {
    user: config?.User,
    exposedPorts: config?.ExposedPorts,
    env: config?.Env,
    entrypoint: config?.Entrypoint,
    cmd: config?.Cmd,
    volumes: config?.Volumes,
    workingDir: config?.WorkingDir,
  };
  const said = Object.entries(described).filter(([, value]) =>
    value && (typeof value === "string" || Object.keys(value).length > 0)
  );
  return Object.fromEntries(said);
}
