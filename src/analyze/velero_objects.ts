import { isHidden } from "./hidden.ts";
import type { ParsedFiles } from "./parsed_files.ts";
import { isRecord, itemsOf, recordsOf, type StoredObject, textIn } from "./stored_objects.ts";

const CUSTOM = "cluster-resources/custom-resources";
const ERRORS = `${CUSTOM}/custom-resources-errors.json`;
const DEPLOYMENTS = "cluster-resources/deployments";
/** Velero's own file, before those of other namespaces. */
export const VELERO_DEPLOYMENTS = `${DEPLOYMENTS}/velero.json`;

/** An object of Velero: a backup, a location … */
export interface VeleroObject {
  name: string;
  /** Empty when there is none yet. */
  phase: string;
  path: string;
}

/** The objects of one of Velero's kinds in all namespaces, sorted by file.
 * @param plural such as `backups`
 * @returns why some or all of them were not collected, too */
export async function veleroObjects(
  plural: string,
  files: ParsedFiles,
): Promise<{ objects: VeleroObject[]; problems: string[] }> {
  const resource = `${plural}.velero.io`;
  const objects: VeleroObject[] = [];
  for (const path of await files.find(`${CUSTOM}/${resource}/*.json`)) {
    for (const item of itemsOf(await files.json(path), path)) {
      objects.push({ name: textIn(item, "metadata", "name"), phase: textIn(item, "status", "phase"), path });
    }
  }
  const errors = await files.json(ERRORS).catch(() => undefined);
  const problems = Object.entries(isRecord(errors) ? errors : {})
    .filter(([key]) => key === "crdList" || key === resource || key.startsWith(`${resource}/`))
    .map(([key, error]) => `${key}: ${typeof error === "string" ? error : JSON.stringify(error)}`);
  return { objects, problems };
}

/** What the Deployment of Velero is made of. */
export interface VeleroDeployment {
  path: string;
  /** `1.9`, as major and minor; undefined where the image has no tag that tells. */
  version?: [major: number, minor: number];
}

/** Finds the Deployment with a container `velero`, in the namespace of that name or in any other.
 * @throws when there is none, and a file cannot be read in which it might be */
export async function veleroDeployment(files: ParsedFiles): Promise<VeleroDeployment | undefined> {
  const others = await files.find(`${DEPLOYMENTS}/*.json`);
  let failure: unknown;
  for (const path of new Set([VELERO_DEPLOYMENTS, ...others])) {
    try {
      for (const deployment of itemsOf(await files.json(path), path)) {
        const image = veleroImage(deployment);
        if (image === undefined) continue;
        const version = imageVersion(image);
        return { path, ...(version === undefined ? {} : { version }) };
      }
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

function veleroImage({ spec }: StoredObject): string | undefined {
  const template = isRecord(spec) && isRecord(spec.template) ? spec.template : {};
  const containers = isRecord(template.spec) ? recordsOf(template.spec.containers) : [];
  const found = containers.find((container) => textIn(container, "name") === "velero");
  return found === undefined ? undefined : textIn(found, "image");
}

/** The version in the tag of an image, whose registry may have a port, and which may have a digest. */
export function imageVersion(image: string): [major: number, minor: number] | undefined {
  if (isHidden(image)) return undefined;
  const [name = ""] = image.split("@");
  const tag = /:([^:/]+)$/.exec(name)?.[1] ?? "";
  const [, major, minor] = /^v?(\d{1,9})\.(\d{1,9})(?![\d])/.exec(tag) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}
