import { SupportBundleError } from "../../../core/errors.ts";

/** What a host kind throws on a system that does not have what it reads; the manifest then says `not-supported`. */
export function notSupported(what: string): SupportBundleError {
  return new SupportBundleError(`${what} cannot be read: not on this system (${Deno.build.os})`, {
    code: "NOT_SUPPORTED",
    hint: "Exclude the collector on this system",
  });
}
