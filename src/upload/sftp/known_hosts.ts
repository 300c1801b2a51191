import { createHmac } from "node:crypto";

/** One line of a `known_hosts` file. */
export interface KnownHost {
  /** `ssh-ed25519`, `ssh-rsa`, … */
  type: string;
  /** The key as on the wire, in base64. */
  key: string;
  revoked: boolean;
}

/** The keys that `known_hosts` files have for a server. Names may be hashed, have wildcards, or be excepted with `!`. Lines of
 * authorities (`@cert-authority`) are passed over: certificates of hosts are not known here.
 * @param host as {@linkcode hostName} makes it
 * @see https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT */
export function keysOfHost(text: string, host: string): KnownHost[] {
  const found: KnownHost[] = [];
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/[ \t]+/);
    const mark = fields[0]?.startsWith("@") ? fields.shift() : undefined;
    const [names, type, key] = fields;
    if (names === undefined || names.startsWith("#") || type === undefined || key === undefined) continue;
    if (mark !== undefined && mark !== "@revoked") continue;
    if (namesHost(names, host)) found.push({ type, key, revoked: mark === "@revoked" });
  }
  return found;
}

/** A server as `known_hosts` calls it: with brackets and port where that is not 22. */
export function hostName(host: string, port: number): string {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return port === 22 ? name : `[${name}]:${port}`;
}

function namesHost(names: string, host: string): boolean {
  if (names.startsWith("|")) return isHashOf(names, host);
  let named = false;
  for (const pattern of names.toLowerCase().split(",")) {
    const excepts = pattern.startsWith("!");
    if (!matches(excepts ? pattern.slice(1) : pattern, host)) continue;
    if (excepts) return false;
    named = true;
  }
  return named;
}

/** `|1|SALT|HASH`: an HMAC-SHA1 over the name, so that the file does not tell which servers it has. */
function isHashOf(hashed: string, host: string): boolean {
  const [, version, salt, hash] = hashed.split("|");
  if (version !== "1" || salt === undefined || hash === undefined) return false;
  try {
    return createHmac("sha1", Uint8Array.fromBase64(salt)).update(host).digest("base64") === hash;
  } catch {
    return false;
  }
}

/** `*` stands for any characters, `?` for one. */
function matches(pattern: string, host: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*").replaceAll("?", ".");
  return new RegExp(`^${escaped}$`).test(host);
}
