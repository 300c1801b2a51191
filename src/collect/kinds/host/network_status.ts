import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";

/** How a connection or a port was found. */
export type NetworkStatus =
  | "address-in-use"
  | "connection-refused"
  | "connection-timeout"
  | "connected"
  | "error"
  | "bind-permission-denied"
  | "invalid-address";

/** The whole content of a network check's file. */
export interface NetworkResult {
  status: NetworkStatus;
  /** Why it is not `connected`. */
  message: string;
}

export const CONNECTED: NetworkResult = { status: "connected", message: "" };

export function networkEntry(folder: string, name: string, result: NetworkResult, source: string): Entry {
  return jsonEntry(bundlePath("host-collectors", folder, `${name}.json`), result, { indent: 0, source });
}

/** What kinds throw, after their file, that count everything but `connected` as a failure. */
export function checkFailed(what: string, { status, message }: NetworkResult): SupportBundleError {
  return new SupportBundleError(`${what}: ${status}${message === "" ? "" : `: ${message}`}`, { code: "NETWORK_CHECK" });
}

/** Says why nothing can listen. */
export function bindFailure(error: unknown): NetworkResult {
  const { code } = error as { code?: string };
  const status = error instanceof Deno.errors.AddrInUse || code === "EADDRINUSE"
    ? "address-in-use"
    : error instanceof Deno.errors.PermissionDenied || code === "EACCES"
    ? "bind-permission-denied"
    : "error";
  return { status, message: describeError(error) };
}

/** Says why no connection came about. */
export function connectFailure(error: unknown): NetworkResult {
  const message = describeError(error);
  const status = error instanceof Deno.errors.ConnectionRefused || /connection refused|actively refused/i.test(message)
    ? "connection-refused"
    : error instanceof Deno.errors.TimedOut
    ? "connection-timeout"
    : "error";
  return { status, message };
}
