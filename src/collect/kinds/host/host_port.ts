/** Splits `host:port`, where an IPv6 host stands in brackets.
 * @returns undefined when the text is no such address */
export function parseHostPort(text: string): { hostname: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:\[\]\/]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) return undefined;
  return { hostname: match[1] ?? match[2]!, port };
}

/** True for an IPv4 address and for a host name in lower case as DNS takes it (RFC 1123). */
export function isPlainHost(hostname: string): boolean {
  if (/^[\d.]+$/.test(hostname)) {
    const parts = hostname.split(".");
    return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  }
  return hostname.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(hostname);
}
