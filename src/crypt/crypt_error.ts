import { type ErrorCode, SupportBundleError } from "../core/errors.ts";

/** A file that cannot be opened with the keys at hand, or is not what its encryption says. */
export class DecryptError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions & { code?: ErrorCode } = {}) {
    super(message, { code: "DECRYPT", ...options, hint });
  }
}
