import { describeError } from "../core/errors.ts";

/** Whether there was no connection, or it was lost: `fetch` throws a TypeError then. */
export function isNetworkFailure(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "TimeoutError";
  if (isCertificateFailure(error)) return false;
  return error instanceof TypeError || error instanceof Deno.errors.Http ||
    (error instanceof Error && /connection|ECONN|socket|error sending request/i.test(error.message));
}

export function isCertificateFailure(error: unknown): boolean {
  return error instanceof Error && /invalid peer certificate|certificate verify/i.test(describeError(error));
}

/** Why there was no connection, without the address, which may be a credential: all that is said is what lies behind it. */
export function connectionFailure(error: unknown): string {
  return describeError(error)
    .replace(/^error sending request for url \([^\s)]*\): (?:client error \(Connect\): )?/, "")
    .replaceAll(/\(?\bhttps?:\/\/[^\s)]+\)?/g, "(…)");
}
