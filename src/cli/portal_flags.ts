import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import type { UploadPlace } from "../pipeline/upload_plan.ts";
import { parseBoolean } from "./command.ts";
import { beginsLikeReference } from "../core/credential_reference.ts";

/** As commander leaves them. */
export interface PortalFlags {
  autoUpload?: boolean;
  licenseId?: string;
  appSlug?: string;
  uploadDomain?: string;
}

const DEFAULT_DOMAIN = "replicated.app";
/** Where a license id that was given as such is found by its reference, in this process alone. */
const LICENSE_VARIABLE = "SUPPORT_BUNDLE_LICENSE_ID";

/** The flags that say how the vendor portal knows whose bundle it is.
 * @param asking spelling of the flag that asks for it, where there is one */
export function addPortalFlags(command: Command, asking?: string): Command {
  if (asking !== undefined) {
    command.option(asking, "deliver to the vendor portal unless --upload names a destination", parseBoolean);
  }
  return command
    .option(
      "--license-id <ref>",
      "for the vendor portal: where the license id is (env:NAME, file:/path), or the id itself",
    )
    .option("--app-slug <slug>", "for the vendor portal: which application it is")
    .option("--upload-domain <domain>", `the vendor portal (default: ${DEFAULT_DOMAIN})`);
}

/** Whether a destination is the vendor portal. */
export function isPortal(url: string): boolean {
  return url.startsWith("portal:");
}

/** The vendor portal as a destination. License and slug that no flag names are found by whoever delivers there.
 * @param given what is known of it already; it outranks the flags
 * @returns with the environment in which its credentials are to be looked up, and whether the license id itself was given
 * @throws {UsageError} */
export function portalPlace(
  { licenseId = "", appSlug = "", uploadDomain = "" }: PortalFlags,
  env: Readonly<Record<string, string>>,
  given: UploadPlace = { url: "portal:", options: {} },
): { place: UploadPlace; env: Readonly<Record<string, string>>; isValue: boolean } {
  const domain = uploadDomain.trim().replace(/^https:\/\//i, "").replace(/\/+$/, "");
  if (domain !== "" && !/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/.test(domain)) {
    throw new UsageError(`--upload-domain: "${domain}" is not the name of a host`, `Write it as ${DEFAULT_DOMAIN}`);
  }
  if (appSlug !== "" && !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(appSlug)) {
    throw new UsageError(`--app-slug: "${appSlug}" cannot be a slug`, "Letters, digits and dashes, as in my-app");
  }
  const isNamed = given.url !== "portal:" || (domain === "" && appSlug === "");
  const url = isNamed ? given.url : `portal://${domain || DEFAULT_DOMAIN}/${appSlug}`;
  const id = licenseId.trim();
  const reference = given.credentials || (beginsLikeReference(id) ? id : undefined);
  if (reference !== undefined || id === "") {
    return { place: { ...given, url, credentials: reference }, env, isValue: false };
  }
  return {
    place: { ...given, url, credentials: `env:${LICENSE_VARIABLE}` },
    env: { ...env, [LICENSE_VARIABLE]: id },
    isValue: true,
  };
}

/** What is said when a license id was given on the command line. */
export const LICENSE_IN_ARGUMENTS =
  "The license id on the command line can be seen by others on this machine: name it by reference, --license-id env:NAME";
