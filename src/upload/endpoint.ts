import { UsageError } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";
import { UploadError } from "./upload_error.ts";

/** @returns the address of a server without a slash at its end
 * @throws {UsageError} that does not repeat it: it may hold a secret */
export function parseEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash) {
    return url.href.replace(/\/+$/, "");
  }
  throw new UsageError(
    "The endpoint of the destination is not the URL of a server",
    "Write https://host or https://host:port, without user name, password and query",
  );
}

/** Refuses to send in the clear what everybody can use who sees it: a token, a signed URL. */
export function requireEncryption(address: string): void {
  const { protocol, hostname, origin } = new URL(address);
  if (protocol === "https:" || isLoopback(hostname)) return;
  throw new UploadError(`The server ${origin} would get credentials unencrypted`, {
    transient: false,
    code: "UPLOAD_CREDENTIALS",
    hint: "Write https://",
  });
}
