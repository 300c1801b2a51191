import type { Findings, RedactionRule, RuleLine, Span } from "../rule.ts";

/** `bob@example.net`, also with the `@` percent-encoded. Units of systemd and users in addresses look alike and stay. */
export const emailAddress: RedactionRule = {
  id: "email-address",
  why: "An e-mail address is personal data",
  keywords: ["@", "%40"],
  pattern:
    /(?<![\w.+%\/-])(?<mask>[A-Za-z0-9._%+-]{1,64}(?:@|%40)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}(?!(?:service|socket|timer|mount|target|slice|scope|path|device|swap|automount)\b)[A-Za-z]{2,24})(?![\w-])/g,
  hides: [
    "mail to hunter2@example.net failed",
    '{"email":"first.hunter2+x@mail.example.org"}',
    "?mail=hunter2%40example.net",
  ],
  keeps: [
    "getty@tty1.service started",
    "https://bob@example.net/",
    "shop@sha256:0a1b",
    "left-pad@1.3.0",
    "@babel/core",
  ],
};

const IPV4 =
  /(?<![\w.-]|\w\/)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d|\w|-\d*[A-Za-z]|[+~])/g;
const IPV6 = /(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?![\w:])/gi;
/** Of global, local and link-local addresses, and of NAT64. */
const FIRST_GROUP = /^(?:[23][0-9a-f]{3}|f[c-f][0-9a-f]{2}|64)$/i;

/** Addresses of IPv4 and IPv6. Those that are the same on every machine stay: unspecified, loopback, netmasks, the address
 * that clouds serve metadata from. */
export const ipAddress: RedactionRule = {
  id: "ip-address",
  why: "Addresses show how a network is laid out, and can be personal data",
  keywords: [..."0123456789"].map((digit) => digit + ".").concat(":"),
  find: findAddresses,
  hides: [
    "dial tcp 10.4.7.9:5432: i/o timeout",
    "http://192.168.0.17/x",
    '{"podIP":"10.0.0.12"}',
    "cidr 10.0.0.0/8",
    "listening on [2001:db8::17]:443",
    "fe80::1%eth0",
    "::ffff:10.0.0.12",
    "fd00:1:2:3:4:5:6:7",
  ],
  keeps: [
    "listening on 0.0.0.0:8080 and 127.0.0.1:9090, ::1, [::]:80",
    "netmask 255.255.255.0",
    "version 1.2.3 of v1.2.3.4, Chrome/120.0.0.1, 1.2.3.4-rc1",
    "12:34:56 std::vector a::b dead::beef",
    "aa:bb:cc:dd:ee:ff",
    "http://169.254.169.254/latest",
  ],
};

function findAddresses({ text }: RuleLine): Findings {
  const hide: Span[] = [];
  for (const { 0: address, index } of text.matchAll(IPV4)) {
    const before = /\bversion\W{1,4}$/i.test(text.slice(Math.max(0, index - 14), index));
    if (!before && !/^(?:0\.0\.0\.0|127\.|255\.|169\.254\.169\.254)/.test(address)) {
      hide.push({ start: index, end: index + address.length });
    }
  }
  for (const { 0: address, index } of text.matchAll(IPV6)) {
    if (isIpv6(address)) hide.push({ start: index, end: index + address.length });
  }
  return { hide };
}

function isIpv6(address: string): boolean {
  if (/^::ffff:\d/i.test(address)) return true;
  const groups = address.split(":");
  if (!FIRST_GROUP.test(groups[0]!)) return false;
  return address.includes("::")
    ? groups.length <= 8 && address.indexOf("::") === address.lastIndexOf("::")
    : groups.length === 8;
}

export const macAddress: RedactionRule = {
  id: "mac-address",
  why: "A MAC address identifies a device wherever it is",
  keywords: [":", "-", "."],
  pattern:
    /(?<![\w:.-])(?!(?:00[:-]){5}00|(?:ff[:-]){5}ff)(?<mask>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2}|(?=[0-9.]*[a-f])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})(?![\w:-]|\.\w)/gi,
  hides: [
    "link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff",
    "Physical Address: 00-1A-2B-3C-4D-5E",
    "arp 0011.22aa.bbcc",
  ],
  keeps: ["brd ff:ff:ff:ff:ff:ff", "lo 00:00:00:00:00:00", "12:34:56", "2026-03-04-05-06-07", "1234.5678.9012"],
};

/** Domains at the end of names of hosts. Short on purpose: `.sh`, `.py` and `.md` are files far more often. */
const DOMAINS =
  "com|net|org|io|dev|app|cloud|info|biz|edu|gov|mil|int|eu|co|uk|de|fr|es|it|nl|be|ch|at|pl|cz|se|no|fi|dk|pt|ie|gr|ru|ua|cn|jp|kr|in|au|nz|br|mx|ca|us|ai|" +
  "local|internal|lan|corp|home|intra|intranet|private|localdomain|svc|example|test|invalid";
const LABEL = "[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?";
/** A name with dots, where it is no package, no key of a label (`app.example.net/name`) and no group of an API. */
const NAME = new RegExp(
  String.raw`(?<![\w.@$-])(?:${LABEL}\.){1,10}(?:${DOMAINS})(?![\w-]|\.\w|\(|\/[\w.-]+\\{0,15}["']?\s?[:=]|\/v\d)`,
  "g",
);
/** Domains of the software itself. */
const KEPT =
  /(?:^|\.)(?:kubernetes\.io|k8s\.io|docker\.io|ghcr\.io|quay\.io|gcr\.io|github\.com|golang\.org|kubernetes\.default\.svc)$/;
const NAMED =
  /(?<![\w.-])(?:kubernetes\.io\/)?(?:host_?name|node_?name|computer_?name|fqdn|server_?name|host|node)\\{0,15}["']?\s{0,4}[:=]\s{0,4}\\{0,15}["']?(?<name>[a-z][a-z0-9.-]{1,252}[a-z0-9])(?![\w:(\/-])/gid;
const SYSLOG =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.+Z-]{8,30}) (?<name>[a-z0-9][a-z0-9.-]{1,252}) [\w\/.@-]{1,60}(?:\[\d+\])?:/d;
const NO_NAME = /^(?:localhost|true|false|null|none|undefined|unknown|default|auto|any|all|string|path)$/i;

/** Names of hosts: with a domain wherever they are, without one behind a name that says so, and in syslog's place. */
export const hostName: RedactionRule = {
  id: "host-name",
  why: "Names of hosts show whose network it is, and how it is laid out",
  keywords: [".", "host", "node", "computer", "server", "fqdn", " "],
  find: findHostNames,
  hides: [
    "lookup db.shop.example.net: no such host",
    "https://api.shop.internal:6443/healthz",
    '{"hostname":"worker-17","nodeName":"ip-10-0-0-1.eu-west-1.compute.internal"}',
    "HOSTNAME=worker-17",
    "Mar 04 05:00:07 worker-17 kubelet[812]: started",
    "kubernetes.io/hostname: worker-17",
  ],
  keeps: [
    "app.kubernetes.io/name: shop",
    "apiVersion: queues.example.net/v1",
    "com.example.shop.Main at Main.java",
    "reading config.yaml and main.py",
    "http://localhost:8080/x",
    "image: docker.io/library/redis",
    "nodeName: true",
  ],
};

function findHostNames({ text }: RuleLine): Findings {
  const hide: Span[] = [];
  for (const { 0: name, index } of text.matchAll(NAME)) {
    if (!KEPT.test(name)) hide.push({ start: index, end: index + name.length });
  }
  for (const match of text.matchAll(NAMED)) take(match);
  const syslog = SYSLOG.exec(text);
  if (syslog !== null) take(syslog);
  return { hide };

  function take(match: RegExpExecArray): void {
    const [start, end] = match.indices!.groups!.name!;
    const name = text.slice(start, end);
    if (!NO_NAME.test(name) && !KEPT.test(name)) hide.push({ start, end });
  }
}
