import { type ErrorCode, SupportBundleError } from "../core/errors.ts";

/** A file that cannot be opened with the keys at hand, or is not what its encryption says. */
export class DecryptError extends SupportBundleError {
  /** @param file its name; undefined where that goes without saying
   * @param why begins with "it" */
  constructor(
    file: string | undefined,
    why: string,
    { code, ...options }: ErrorOptions & { code: ErrorCode; hint: string },
  ) {
    super(`Cannot open ${file === undefined ? "the file" : `"${file}"`}: ${why}`, { ...options, code });
  }
}
