/** A range of IPv4 addresses. */
export interface Ipv4Network {
  /** The first address as a number. */
  start: number;
  /** Length of the common prefix in bits, 0 to 32. */
  prefix: number;
}

/** Reads `10.0.0.0/8`; bits behind the prefix don't count. */
export function parseIpv4Network(text: string): Ipv4Network | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || prefix > 32) return undefined;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - prefix);
  return { start: Math.floor(address / size) * size, prefix };
}

/** The address behind the last one. */
export function networkEnd({ start, prefix }: Ipv4Network): number {
  return start + 2 ** (32 - prefix);
}

/** `167772161` → `10.0.0.1` */
export function ipv4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
