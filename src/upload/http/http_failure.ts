import { SupportBundleError } from "../../core/errors.ts";
import { isCertificateFailure } from "../network_failure.ts";

/** A server, or the proxy before it, has answered, and not with success. */
export class HttpFailure extends Error {
  /** @param afterMs how long the server asked to wait, if it did */
  constructor(readonly status: number, message: string, readonly details: { afterMs?: number; word?: string } = {}) {
    super(message);
    this.name = "HttpFailure";
  }
}

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether a request may succeed when it is sent again, and when the server wants it. */
export function judgeHttp(error: unknown): { retry: boolean; afterMs?: number } {
  if (error instanceof HttpFailure) return { retry: TRANSIENT.has(error.status), afterMs: error.details.afterMs };
  if (error instanceof SupportBundleError) return { retry: false };
  return { retry: isConnectionFailure(error) };
}

/** There was no connection, or it was lost, or nothing came through it any more. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "TimeoutError";
  if (!(error instanceof Error) || isCertificateFailure(error)) return false;
  // `fetch` throws a TypeError, sockets throw what the system says.
  return (error instanceof TypeError && /request|body/i.test(error.message)) || error instanceof Deno.errors.Http ||
    NETWORK.has(error.name) ||
    /connection|ECONN|EPIPE|socket|failed to lookup|network is unreachable|no route to host/i.test(error.message);
}

const NETWORK = new Set([
  "AddrNotAvailable",
  "BadResource",
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionRefused",
  "ConnectionReset",
  "HostUnreachable",
  "Interrupted",
  "NetworkUnreachable",
  "NotConnected",
  "TimedOut",
  "UnexpectedEof",
]);
