import { UploadError } from "./upload_error.ts";
import type { LocalFile } from "./uploader.ts";

/** The file is not what was to be delivered. */
export function changedFile({ path }: LocalFile): UploadError {
  return new UploadError(`The file ${path} is not what was to be delivered: its SHA-256 has changed`, {
    transient: false,
    code: "UPLOAD_CORRUPT",
    hint: "Find out what writes to it, and collect again",
  });
}
