import { describeError, type ErrorCode, SupportBundleError } from "../core/errors.ts";

/** An archive that cannot be read: no archive at all, damaged, or beyond the limits. */
export class ArchiveError extends SupportBundleError {
  /** @param why begins with "it": whoever knows the archive's name puts it in front */
  private constructor(
    readonly why: string,
    code: ErrorCode,
    hint: string,
    options: ErrorOptions & { of?: string } = {},
  ) {
    const what = options.of === undefined ? "The archive cannot be read" : `Cannot read "${options.of}"`;
    super(`${what}: ${why}`, { ...options, code, hint });
  }

  static format(found: string): ArchiveError {
    return new ArchiveError(
      `it is no tar archive, plain or in gzip, but ${found}`,
      "ARCHIVE_FORMAT",
      "Name a bundle (.tar.gz, .tgz or .tar), or the folder it was unpacked into",
    );
  }

  static damaged(cause: unknown): ArchiveError {
    const text = describeError(cause);
    const why = /unexpected end of file|truncated/i.test(text) ? "it ends in the middle" : text;
    const hint = "Copy or download it again; `gzip -t` and `tar tzf` check it";
    return new ArchiveError(`it is damaged: ${why}`, "ARCHIVE_DAMAGED", hint, { cause });
  }

  static limit(why: string): ArchiveError {
    return new ArchiveError(why, "ARCHIVE_LIMIT", "If you trust it, unpack it with tar, and name the folder instead");
  }

  /** The same, of an archive of this name. */
  of(path: string): ArchiveError {
    return new ArchiveError(this.why, this.code, this.hint!, { cause: this.cause, of: path });
  }
}
