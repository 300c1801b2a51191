import { SupportBundleError, type SupportBundleErrorOptions } from "../../core/errors.ts";

/** A redaction map that cannot be written, or not be read. */
export class RedactionMapError extends SupportBundleError {
  constructor(message: string, hint: string, options: SupportBundleErrorOptions = {}) {
    super(message, { code: "REDACTION_MAP", hint, ...options });
  }
}
