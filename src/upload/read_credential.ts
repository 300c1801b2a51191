import { SupportBundleError } from "../core/errors.ts";
import { UploadError } from "./upload_error.ts";
import type { UploadContext } from "./uploader.ts";

/** Reads a secret that a destination names.
 * @param hint used where the failure has none
 * @throws {UploadError} `UPLOAD_CREDENTIALS` when there is none */
export async function readCredential(
  reference: string,
  { secret }: Pick<UploadContext, "secret">,
  hint: string,
): Promise<string> {
  try {
    return await secret(reference);
  } catch (error) {
    if (!(error instanceof SupportBundleError)) throw error;
    throw badCredential(error.message, error.hint ?? hint);
  }
}

export function badCredential(message: string, hint: string): UploadError {
  return new UploadError(message, { transient: false, code: "UPLOAD_CREDENTIALS", hint });
}
