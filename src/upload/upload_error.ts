import { type ErrorCode, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";

export interface UploadErrorOptions extends ErrorOptions {
  /** True when a later try may succeed without anybody doing anything. */
  transient: boolean;
  hint: string;
  /** Default: `UPLOAD_FAILED`. */
  code?: ErrorCode;
  /** How long the server asks to be left alone. */
  retryAfterMs?: number;
}

/** The bundle exists, and could not be delivered. No message holds a credential. */
export class UploadError extends SupportBundleError {
  readonly transient: boolean;
  readonly retryAfterMs?: number;

  constructor(message: string, options: UploadErrorOptions) {
    super(message, {
      cause: options.cause,
      code: options.code ?? "UPLOAD_FAILED",
      exitCode: EXIT.upload,
      hint: options.hint,
    });
    this.transient = options.transient;
    this.retryAfterMs = options.retryAfterMs;
  }
}
