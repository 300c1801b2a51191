/** A network interface, as the bundle has it. */
export interface Ipv4Interface {
  /** 0 where it is not known (macOS). */
  Index: number;
  /** Bytes; 0 where it is not known (macOS). */
  MTU: number;
  Name: string;
  /** Base64 of the address's bytes; null for an interface without one. */
  HardwareAddr: string | null;
  /** 1 up, 2 broadcast, 4 loopback, 8 point-to-point, 16 multicast, 32 running. */
  Flags: number;
}

/** `02:fc:00:00:00:01` → `AvwAAAAB`; null for no address. */
export function macToBase64(mac: string): string | null {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2})+$/i.test(mac)) return null;
  return btoa(String.fromCharCode(...mac.split(":").map((byte) => parseInt(byte, 16))));
}
