import * as z from "zod";
import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { DISCOVERY_PROFILES, type ProfileName } from "./profiles.ts";

const patterns = () => z.array(z.string()).default([]);

/** How `--auto` looks around. Serializable: the daemon hands it to the child of an attempt. */
export const discoveryOptionsSchema = z.object({
  profile: z.enum(DISCOVERY_PROFILES).default("standard"),
  /** Facts about images, whatever the profile says. */
  includeImages: z.boolean().default(false),
  /** Leaves out what the account may not read, and says so. False: it is tried. */
  rbacCheck: z.boolean().default(true),
  includeNamespaces: patterns(),
  excludeNamespaces: patterns(),
  includeSystemNamespaces: z.boolean().default(false),
});

export type DiscoveryOptions = z.output<typeof discoveryOptionsSchema>;

/** The flags of discovery, as commander leaves them. */
export interface DiscoveryFlags {
  auto?: boolean;
  discoveryProfile?: string;
  includeImages?: boolean;
  rbacCheck?: boolean;
  includeNamespaces?: string[];
  excludeNamespaces?: string[];
  includeSystemNamespaces?: boolean;
  namespace?: string;
}

/** Reads and checks the flags.
 * @param warn is told of flags that do nothing
 * @returns undefined without `--auto`
 * @throws {UsageError} for a profile that there is not, a pattern that no name can match, and images without `--auto` */
export function readDiscoveryFlags(
  flags: DiscoveryFlags,
  warn: (message: string) => void,
): DiscoveryOptions | undefined {
  const profile = readProfile(flags.discoveryProfile);
  const includeNamespaces = readPatterns("--include-namespaces", flags.includeNamespaces);
  const excludeNamespaces = readPatterns("--exclude-namespaces", flags.excludeNamespaces);
  const idle = [
    ...includeNamespaces.length > 0 ? ["--include-namespaces"] : [],
    ...excludeNamespaces.length > 0 ? ["--exclude-namespaces"] : [],
    ...flags.includeSystemNamespaces ? ["--include-system-namespaces"] : [],
  ];
  if (flags.auto !== true) {
    if (flags.includeImages === true) {
      throw new UsageError("--include-images needs --auto", "Add --auto, or leave --include-images out");
    }
    if (flags.discoveryProfile !== undefined) idle.push("--discovery-profile");
    if (flags.rbacCheck !== undefined) idle.push("--rbac-check");
    if (idle.length > 0) warn(`${idle.join(", ")} ${idle.length === 1 ? "does" : "do"} nothing without --auto`);
    return undefined;
  }
  if (flags.namespace && idle.length > 0) {
    warn(`${idle.join(", ")} ${idle.length === 1 ? "does" : "do"} nothing beside --namespace, which names the one`);
  }
  return {
    profile,
    includeImages: flags.includeImages === true,
    rbacCheck: flags.rbacCheck !== false,
    includeNamespaces,
    excludeNamespaces,
    includeSystemNamespaces: flags.includeSystemNamespaces === true,
  };
}

function readProfile(text: string | undefined): ProfileName {
  if (text === undefined || text === "") return "standard";
  const found = DISCOVERY_PROFILES.find((name) => name === text);
  if (found !== undefined) return found;
  const likely = nearest(text, DISCOVERY_PROFILES);
  throw new UsageError(
    `--discovery-profile: there is no profile "${text}"`,
    likely === undefined ? `The profiles are ${DISCOVERY_PROFILES.join(", ")}` : `Did you mean ${likely}?`,
  );
}

function readPatterns(flag: string, values: readonly string[] = []): string[] {
  const found = values.flatMap((value) => value.split(",")).map((value) => value.trim()).filter((value) =>
    value !== ""
  );
  for (const pattern of found) {
    if (/^[a-z0-9*-]{1,253}$/.test(pattern)) continue;
    throw new UsageError(
      `${flag}: no namespace can match "${pattern}"`,
      "Names have lower-case letters, digits and dashes; * stands for any text, and commas part several patterns",
    );
  }
  return [...new Set(found)];
}
