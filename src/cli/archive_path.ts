import { dirname, isAbsolute, join } from "node:path";
import { ARCHIVE_SUFFIX, ENCRYPTED_SUFFIX, splitArchiveName } from "../bundle/archive_name.ts";
import { archiveNames } from "../bundle/give_name.ts";
import { quarantinedPath } from "../bundle/quarantine_paths.ts";
import { UsageError } from "../core/errors.ts";
import type { CliContext } from "./cli_context.ts";

/** Where an archive is to be: what was named, with `.tar.gz`, or `.tar.gz.age`, added where it is missing. An existing file,
 * and one that is held back, is never replaced: ` (1)`, ` (2)` … are added.
 * @param encrypted whether the archive will be
 * @throws {UsageError} when its folder does not exist, and for an encrypted one's name that one gets which is not */
export async function chooseArchivePath(cli: CliContext, named: string, encrypted = false): Promise<string> {
  if (!encrypted && named.endsWith(".age")) {
    throw new UsageError(
      `--output: "${named}" would not be encrypted: nothing says for whom`,
      "Leave .age out; what encrypts the bundle of a run is --encrypt-to RECIPIENT",
    );
  }
  const { stem } = splitArchiveName(isAbsolute(named) ? named : join(cli.cwd, named));
  const path = stem + (encrypted ? ENCRYPTED_SUFFIX : ARCHIVE_SUFFIX);
  const folder = dirname(path);
  const info = await Deno.stat(folder).catch(() => undefined);
  if (!info?.isDirectory) {
    throw new UsageError(`--output: the folder "${folder}" does not exist`, "Make it first, or name another one");
  }
  const isTaken = (name: string) => Deno.lstat(name).then(() => true, () => false);
  for (const name of archiveNames(path)) {
    if (!await isTaken(name) && !await isTaken(quarantinedPath(name))) return name;
  }
  throw new Error("unreachable");
}

/** `support-bundle-2026-01-31T08_00_00`, by the clock on the wall. */
export function stampedName(cli: CliContext, prefix: string): string {
  const now = cli.clock.now();
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${prefix}-${date}T${two(now.getHours())}_${two(now.getMinutes())}_${two(now.getSeconds())}`;
}
