import type { KubeObject } from "./kube_client.ts";

/** The Secret in which Replicated's SDK keeps its configuration. */
export const LICENSE_SECRET = "replicated";

export interface License {
  appSlug: string;
  licenseID: string;
}

/** Finds the licence in the Secret: key `config.yaml`, whose field `license` is YAML again.
 * @returns undefined when there is none, or when it cannot be read */
export async function readLicense(secret: KubeObject): Promise<License | undefined> {
  const encoded: unknown = secret.data?.["config.yaml"];
  if (typeof encoded !== "string") return undefined;
  const { parse } = await import("yaml");
  try {
    const { license } = parse(new TextDecoder().decode(Uint8Array.fromBase64(encoded))) as { license?: unknown };
    if (typeof license !== "string") return undefined;
    const { spec } = parse(license) as { spec?: { appSlug?: unknown; licenseID?: unknown } };
    if (typeof spec?.licenseID !== "string" || spec.licenseID === "") return undefined;
    return { appSlug: typeof spec.appSlug === "string" ? spec.appSlug : "", licenseID: spec.licenseID };
  } catch {
    return undefined;
  }
}
