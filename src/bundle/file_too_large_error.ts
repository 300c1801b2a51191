import { SupportBundleError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";

/** What is read at once of a bundle. Parsed JSON takes a few times as much memory. */
export const MAX_READ_BYTES = 128 * 1024 * 1024;

/** A file that cannot be read at once. */
export class FileTooLargeError extends SupportBundleError {
  constructor(path: string, bytes: number) {
    super(
      `${path} of the bundle is too large to be read at once: ${formatSize(bytes)}, and the limit is ${
        formatSize(MAX_READ_BYTES)
      }`,
      { code: "ANALYZER_INPUT", hint: "Collect it for fewer namespaces, or with a smaller --max-file-size" },
    );
  }
}
