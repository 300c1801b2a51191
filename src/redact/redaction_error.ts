import { type ErrorCode, SupportBundleError } from "../core/errors.ts";

/** A file that cannot be redacted for certain. The caller leaves it out of the bundle and says why. */
export class RedactionError extends SupportBundleError {
  constructor(message: string, code: ErrorCode, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code, hint });
  }

  static tooLarge(path: string, what: string, limitBytes: number): RedactionError {
    return new RedactionError(
      `Cannot redact "${path}": ${what} of more than ${limitBytes} bytes`,
      "REDACTION_TOO_LARGE",
      "Exclude the file, or limit the redactor's fileSelector to other files",
    );
  }

  static slowPattern(pattern: string, lineBytes: number): RedactionError {
    return new RedactionError(
      `Cannot redact a line of ${lineBytes} bytes with the pattern ${JSON.stringify(pattern)}: it would take too long`,
      "REDACTION_SLOW_PATTERN",
      "Write the pattern with smaller repetitions, or limit its redactor's fileSelector to other files",
    );
  }

  static archive(path: string, why: string, options: ErrorOptions = {}): RedactionError {
    return new RedactionError(
      `Cannot redact the archive "${path}": ${why}`,
      "REDACTION_ARCHIVE",
      "Collect the files inside it instead of the archive",
      options,
    );
  }

  static encoding(path: string, options: ErrorOptions = {}): RedactionError {
    return new RedactionError(
      `Cannot redact "${path}": it begins as text in UTF-16, and is none further down`,
      "REDACTION_ENCODING",
      "Exclude the file, or have it written in UTF-8",
      options,
    );
  }
}
