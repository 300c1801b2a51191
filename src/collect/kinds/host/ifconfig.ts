import { type Ipv4Interface, macToBase64 } from "./interface_record.ts";

const FLAGS: Readonly<Record<string, number>> = {
  UP: 1,
  BROADCAST: 2,
  LOOPBACK: 4,
  POINTOPOINT: 8,
  MULTICAST: 16,
  RUNNING: 32,
};

/** Reads what `ifconfig -v` of macOS prints: the interfaces that have an IPv4 address. Their index is 0 where neither it nor
 * the scope of a link-local address tells it, their MTU is 0 where it is not told. */
export function parseIfconfig(text: string): Ipv4Interface[] {
  const found: Ipv4Interface[] = [];
  for (const block of text.split(/^(?=\S)/m)) {
    const head = /^([^\s:]+): flags=[0-9a-f]+<([^>]*)>(.*)$/m.exec(block);
    if (head === null || !/^\s+inet \d/m.test(block)) continue;
    const [, name, flags, rest] = head;
    const number = (pattern: RegExp, within: string) => Number(pattern.exec(within)?.[1] ?? 0);
    found.push({
      Index: number(/ index (\d+)/, rest!) || number(/^\s+inet6 fe80:.* scopeid (0x[0-9a-f]+)/m, block),
      MTU: number(/ mtu (\d+)/, rest!),
      Name: name!,
      HardwareAddr: macToBase64(/^\s+ether ([0-9a-f:]+)/m.exec(block)?.[1] ?? ""),
      Flags: flags!.split(",").reduce((bits, flag) => bits | (FLAGS[flag] ?? 0), 0),
    });
  }
  return found;
}
