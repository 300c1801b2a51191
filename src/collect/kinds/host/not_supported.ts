import { SupportBundleError } from "../../../core/errors.ts";

/** What a host kind throws on a system that does not have what it reads; the manifest then says `not-supported`.
 * @param needs what would be needed, such as `Linux with systemd` */
export function notSupported(what: string, needs?: string): SupportBundleError {
  return new SupportBundleError(`${what} cannot be read: not on this system (${Deno.build.os})`, {
    code: "NOT_SUPPORTED",
    hint: needs === undefined
      ? "Exclude the collector on this system"
      : `This needs ${needs}: exclude the collector on this system`,
  });
}
