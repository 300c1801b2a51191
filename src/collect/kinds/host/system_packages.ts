import { readFile } from "node:fs/promises";
import * as z from "zod";
import { jsonEntry } from "../../../bundle/entry.ts";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { hostCommand } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";
import { parseOsRelease, readOsRelease } from "./os_release.ts";

/** Lists of package names by distribution, or by distribution and major version. */
const LISTS = [
  ...["ubuntu", "ubuntu16", "ubuntu18", "ubuntu20", "rhel", "rhel7", "rhel8", "rhel9", "rocky", "rocky8", "rocky9"],
  ...["centos", "centos7", "centos8", "centos9", "ol", "ol7", "ol8", "ol9", "amzn", "amzn2"],
] as const;

type PackageLists = Partial<Record<typeof LISTS[number], string[]>>;

export interface PackageFacts {
  name: string;
  /** What dpkg or rpm says about it. */
  details: string;
  /** `"0"` when it is installed. */
  exitCode: string;
  error?: string;
}

export const systemPackages = defineCollector({
  kind: "systemPackages",
  where: "host",
  summary: "Whether packages of the distribution are installed, and in which version",
  title: ({ collectorName }) => collectorName || "System Packages",
  fields: () =>
    Object.fromEntries(
      LISTS.map((list) => [list, z.array(textField()).optional().describe(`Packages to look for on ${list}`)]),
    ) as Record<typeof LISTS[number], z.ZodOptional<z.ZodArray<ReturnType<typeof textField>>>>,
  async *collect(config, { signal }) {
    if (Deno.build.os !== "linux") throw notSupported("The packages", "Linux with dpkg or rpm");
    const release = await readOsRelease();
    const { os, osVersion } = distribution(release, await readFile("/etc/system-release", "utf8").catch(() => ""));
    const packages = await queryPackages(os, wantedPackages(config, os, osVersion), signal);
    yield jsonEntry(
      bundlePath("host-collectors/system", `${config.collectorName || "packages"}-packages.json`),
      { os, osVersion, packages: packages.length > 0 ? packages : null },
      { indent: 0, source: os === "ubuntu" ? "dpkg -s" : "rpm -qi" },
    );
  },
});

const DISTRIBUTIONS = ["ubuntu", "rhel", "rocky", "centos", "ol", "amzn"];

/** Names the distribution by its os-release; old Amazon Linux by `/etc/system-release`.
 * @throws {SupportBundleError} `NOT_SUPPORTED` for one that the kind has no lists for */
export function distribution(osRelease: string, systemRelease: string): { os: string; osVersion: string } {
  const release = parseOsRelease(osRelease);
  const os = release.get("ID") ?? (systemRelease.startsWith("Amazon Linux") ? "amzn" : "unknown");
  const osVersion = release.get("VERSION_ID") ?? /release (\d[\d.]*)/.exec(systemRelease)?.[1] ?? "";
  if (DISTRIBUTIONS.includes(os)) return { os, osVersion };
  throw new SupportBundleError(`The packages cannot be read: there is no list of packages for "${os}"`, {
    code: "NOT_SUPPORTED",
    hint: `This needs one of ${DISTRIBUTIONS.join(", ")}: use the collector run elsewhere (dpkg -s, rpm -qi)`,
  });
}

/** The distribution's list, and that of its major version. */
export function wantedPackages(lists: PackageLists, os: string, osVersion: string): string[] {
  const major = osVersion.split(".")[0];
  const of = (list: string) => lists[list as keyof PackageLists] ?? [];
  return [...of(os), ...of(`${os}${major}`)];
}

/** Asks dpkg (Ubuntu) or rpm for each of the packages. */
export async function queryPackages(
  os: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<PackageFacts[]> {
  const [command, flag] = os === "ubuntu" ? ["dpkg", "-s"] : ["rpm", "-qi"];
  const found: PackageFacts[] = [];
  for (const name of names) {
    const { stdout, stderr, exitCode } = await hostCommand(command!, [flag!, "--", name], signal);
    found.push({ name, details: stdout, exitCode: String(exitCode), ...(stderr === "" ? {} : { error: stderr }) });
  }
  return found;
}
