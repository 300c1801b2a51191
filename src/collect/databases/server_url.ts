import { SupportBundleError } from "../../core/errors.ts";

/** A URI that cannot be used. It may hold a password, so the message never quotes it. */
export function badUri(what: string): SupportBundleError {
  return new SupportBundleError(`Cannot read the uri: ${what}`, { code: "SPEC_VALUE" });
}

/** A URL as database drivers write it: several hosts, each with a port of its own. Texts are decoded. */
export interface ServerUrl {
  /** In lower case. */
  scheme: string;
  user?: string;
  password?: string;
  hosts: HostPort[];
  /** Without the leading slash. */
  path: string;
  /** The last of equal names counts. */
  query: Map<string, string>;
}

export interface HostPort {
  /** Without the brackets of an IPv6 address; may be empty. */
  host: string;
  port?: number;
}

const FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?(?:#(.*))?$/is;

/** @throws {SupportBundleError} for what is no URL, without quoting it */
export function parseServerUrl(text: string): ServerUrl {
  const parts = FORM.exec(text);
  if (parts === null) throw badUri("it is no URL such as scheme://user:password@host:port/name");
  const [, scheme, authority = "", path = "", query = "", fragment = ""] = parts;
  const at = authority.lastIndexOf("@");
  if (at < 0 && `${path}#${fragment}`.includes("@")) {
    // Otherwise half of a password would be taken for the host, and shown as one.
    throw badUri('a "/", "?" or "#" in the user or the password must be percent-encoded');
  }
  const userinfo = at < 0 ? "" : authority.slice(0, at);
  const colon = userinfo.indexOf(":");
  const user = decode(colon < 0 ? userinfo : userinfo.slice(0, colon));
  const password = colon < 0 ? "" : decode(userinfo.slice(colon + 1));
  return {
    scheme: scheme!.toLowerCase(),
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    hosts: authority.slice(at + 1).split(",").map(parseHostPort),
    path: decode(path),
    query: parseQuery(query),
  };
}

/** `host`, `host:port`, `[::1]:port`, `:port`.
 * @throws {SupportBundleError} when the port is none */
export function parseHostPort(text: string): HostPort {
  const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(text.trim());
  if (parts === null) throw badUri("its host is none (an IPv6 address needs brackets)");
  const host = decode(parts[1] ?? parts[2] ?? "");
  return parts[3] ? { host, port: parsePort(parts[3]) } : { host };
}

/** @throws {SupportBundleError} */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw badUri("its port is no number from 1 to 65535");
  return port;
}

/** `a=1&b=2`, with `+` for a space. */
export function parseQuery(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    found.set(decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " ")));
  }
  return found;
}

/** @throws {SupportBundleError} for a percent sign that starts no escape */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUri("a % in it starts no escape (write %25 for the sign itself)");
  }
}
