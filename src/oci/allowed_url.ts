import { OciUnreachableError } from "./errors.ts";

/** Where a registry may send a request on to: over https, and to this machine or its link-local neighbours (where clouds
 * keep the credentials of a machine) only when the registry is there itself.
 * @param plainHttp hosts that are known to speak http alone
 * @throws {OciUnreachableError} */
export function checkUrl(url: URL, registry: string, plainHttp: ReadonlySet<string>): void {
  const refuse = (why: string) =>
    new OciUnreachableError(registry, registry, "refused-by-us", `it refers to ${url.protocol}//${url.host}, ${why}`, {
      hint: "Check that the registry is the one that is meant",
    });
  if (url.protocol === "http:") {
    if (!isLoopback(url) && !plainHttp.has(url.host)) throw refuse("which is not encrypted");
  } else if (url.protocol !== "https:") throw refuse("which is no http address");
  if (url.username !== "" || url.password !== "") throw refuse("with a password in the address");
  const from = URL.parse(`https://${registry}`);
  if (isLocal(url) && from !== null && from.hostname !== url.hostname && !isLoopback(from)) {
    throw refuse("which is this machine or a neighbour");
  }
}

/** `localhost` and the addresses that never leave the machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname) || /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(hostname);
}

function isLocal(url: URL): boolean {
  return isLoopback(url) || /^169\.254\.|^0\.|^\[fe[89ab]|^\[::ffff:(?:a9fe:|0:)|^\[::\]$/.test(url.hostname);
}
