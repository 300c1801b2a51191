import { SupportBundleError } from "../core/errors.ts";

/** Somebody could not be told. Messages name the host at most: the path of a webhook is often its password. */
export class NotifyError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "NOTIFY_FAILED", hint });
  }
}
