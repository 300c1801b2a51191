import type { Transport } from "../collect/http_transport.ts";
import { VERSION } from "../core/version.ts";

export interface GetOptions {
  headers?: Record<string, string>;
  signal: AbortSignal;
  /** Makes the error of what is not followed. */
  fail(why: string, hint?: string): Error;
}

const MAX_REDIRECTS = 10;

/** Gets an address. Redirects are followed to http and https only, and never from https to http. User and password of the
 * address are for its own server.
 * @returns the first answer that is no redirect, whatever its status */
export async function getFollowing(url: URL, transport: Transport, options: GetOptions): Promise<Response> {
  const { signal, fail } = options;
  const headers = new Headers({ "user-agent": `support-bundle/${VERSION}`, ...options.headers });
  if (url.username !== "" || url.password !== "") {
    const bytes = new TextEncoder().encode(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
    headers.set("authorization", `Basic ${bytes.toBase64()}`);
  }
  let at = withoutUser(url);
  for (let redirects = 0;; redirects++) {
    signal.throwIfAborted();
    const response = await transport.send(at, { method: "GET", headers }, signal);
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    if (redirects >= MAX_REDIRECTS) throw fail(`stopped after ${MAX_REDIRECTS} redirects`);
    const next = URL.parse(location, at);
    if (next === null || !/^https?:$/.test(next.protocol) || (at.protocol === "https:" && next.protocol === "http:")) {
      throw fail(`the server redirects to ${next?.protocol ?? "no address"}, which is not followed`);
    }
    // Credentials are for the server they were written for.
    if (next.host !== at.host) headers.delete("authorization");
    at = withoutUser(next);
  }
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = plain.password = "";
  return plain;
}
