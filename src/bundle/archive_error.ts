import { describeError, SupportBundleError, type SupportBundleErrorOptions } from "../core/errors.ts";

/** An archive that cannot be read: no archive at all, damaged, or beyond the limits. */
export class ArchiveError extends SupportBundleError {
  /** @param why in the form that follows a colon */
  private constructor(message: string, readonly why: string, options: SupportBundleErrorOptions) {
    super(`${message}: ${why}`, options);
  }

  static format(found: string): ArchiveError {
    return new ArchiveError("This is no tar archive, neither plain nor in gzip", `it is ${found}`, {
      code: "ARCHIVE_FORMAT",
      hint: "Name a bundle (.tar.gz, .tgz or .tar), or the folder it was unpacked into",
    });
  }

  static damaged(cause: unknown): ArchiveError {
    const why = /unexpected end of file|truncated/i.test(describeError(cause))
      ? "it ends in the middle"
      : describeError(cause);
    return new ArchiveError("The archive is damaged", why, {
      code: "ARCHIVE_DAMAGED",
      hint: "Copy or download it again; `gzip -t` and `tar tzf` check it",
      cause,
    });
  }

  static limit(what: string): ArchiveError {
    return new ArchiveError("The archive is not read any further", what, {
      code: "ARCHIVE_LIMIT",
      hint: "If you trust it, unpack it with tar, and name the folder instead",
    });
  }
}
