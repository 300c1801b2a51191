import { EXIT, type ExitCode } from "./exit_codes.ts";

/** What a failure is called in manifests, records and JSON output. Stable: scripts may match it. */
export type ErrorCode = Uppercase<string>;

export interface SupportBundleErrorOptions extends ErrorOptions {
  code?: ErrorCode;
  exitCode?: ExitCode;
  /** What the reader can do next: one sentence in the imperative. */
  hint?: string;
}

/** A failure that the user can understand: what could not be done and why (`message`), and what to do next (`hint`).
 *
 * Subclasses name the failures that somebody handles; everything else is made here with a code.
 * `main.ts` is the one place that prints it and turns it into an exit code. */
export class SupportBundleError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly hint?: string;

  constructor(message: string, options: SupportBundleErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.code = options.code ?? "FAILED";
    this.exitCode = options.exitCode ?? EXIT.failure;
    this.hint = options.hint;
  }
}

/** A flag or an argument that cannot be used. Nothing was changed. */
export class UsageError extends SupportBundleError {
  constructor(message: string, hint?: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "USAGE", exitCode: EXIT.failure, hint });
  }
}

/** One line for a record or a table: the message, and the messages of its causes. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error; e !== undefined && e !== null && parts.length < 5;) {
    const text = e instanceof Error ? e.message || e.name : String(e);
    if (!parts.some((part) => part.includes(text))) parts.push(text);
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join(": ");
}

/** The code of a failure that is ours, `INTERNAL` for any other. */
export function errorCode(error: unknown): ErrorCode {
  return error instanceof SupportBundleError ? error.code : "INTERNAL";
}

/** True when the error says no more than that a signal was aborted. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "AbortError" || error.name === "TimeoutError");
}
