import type { Findings, RedactionRule, RuleLine, Span } from "../rule.ts";

const why = "A private key lets its reader pose as the server, user or signer it belongs to";
const ab = (length: number) => "a1B2".repeat(length).slice(0, length);

/** Private keys in forms without `BEGIN … PRIVATE KEY`. */
export const ageKey: RedactionRule = {
  id: "age-key",
  why: "An age identity decrypts everything that was encrypted to it",
  keywords: ["age-secret-key-"],
  pattern: /AGE-SECRET-KEY-(?:PQ-)?1(?<mask>[0-9A-Z]{58,4000})/gi,
  hides: ["AGE-SECRET-" + "KEY-1" + "QPZRY9X8GF".repeat(6).slice(0, 58)],
  keeps: ["AGE-SECRET-KEY-1 is how they begin"],
};

export const signifyKey: RedactionRule = {
  id: "signify-key",
  why,
  keywords: ["rwrty0iy", "rwrcsw"],
  pattern: /(?<![A-Za-z0-9+\/])(?<mask>RWR(?:TY0Iy|CSw)[A-Za-z0-9+\/]{60,400}={0,2})/g,
  hides: ["RWR" + "TY0Iy" + ab(160) + "=="],
  keeps: ["RWRTY0Iy", "RWQ" + ab(53)],
};

/** The first bytes of keys in DER, PKCS #12, JKS and OpenSSH's own form, in base64. */
export const encodedKey: RedactionRule = {
  id: "encoded-key",
  why,
  keywords: [
    ...["ibadanbgkqhkig9w0baqefaasc", "ibaakca", "ibaakbgq", "ibazcc", "mhccaqeei", "migkagebbda", "mihcagebbei"],
    ...[
      "ageambmgbyqgsm49",
      "ageambagbyqgsm49",
      "caqawbqydk2vwbcie",
      "bgkqhkig9w0bbq0w",
      "b3blbnnzac1rzxktdje",
      "/u3+7qaaaa",
    ],
  ],
  pattern:
    /(?<![A-Za-z0-9+\/])(?<mask>(?:MII[A-Za-z0-9+\/]{2,4}IBA(?:DANBgkqhkiG9w0BAQEFAASC|AKCA|AKBgQ|zCC)|MHcCAQEEI|MIGkAgEBBDA|MIHcAgEBBEI|MI[A-Za-z0-9+\/]{1,3}AgEAMB[AM]GByqGSM49|MC4CAQAwBQYDK2VwBCIE|MII[A-Za-z0-9+\/]{2,8}BgkqhkiG9w0BBQ0w|b3BlbnNzaC1rZXktdjE|\/u3\+7QAAAA)[A-Za-z0-9+\/]{24,}={0,2})/g,
  hides: [
    "key: MIIEvQ" + "IBADANBgkqhkiG9w0BAQEFAASC" + ab(400),
    '"MIIEow' + "IBAAKCAQEA" + ab(400) + '"',
    "MHcCAQEEI" + ab(100),
    "MC4CAQAw" + "BQYDK2VwBCIEI" + ab(43),
    "b3BlbnNz" + "aC1rZXktdjEAAAA" + ab(100),
  ],
  keeps: [
    "cert: MIIDdzCCAl+gAwIBAgIE" + ab(400),
    "pub: MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + ab(300),
    "MHcCAQEEI is how they begin",
  ],
};

/** JSON Web Keys and .NET's XML: the members that only private keys have. */
export const webKey: RedactionRule = {
  id: "web-key",
  why,
  keywords: ['"d"', '"dp"', '"dq"', '"qi"', '"p"', '"q"', '\\"d\\', '"oct"', "<d>", "<inverseq>"],
  find: findWebKey,
  hides: [
    '{"kty":"EC","x":"a","d":"' + ab(43) + '"}',
    '  "qi": "' + ab(86) + '",',
    '{"k":"' + ab(43) + '","kty":"oct"}',
    "<RSAKeyValue><Modulus>a</Modulus><D>" + ab(88) + "</D></RSAKeyValue>",
  ],
  keeps: ['{"d":"2026-03-04"}', '{"p":"short","q":"what is this"}', '{"k":"' + ab(43) + '"}', "<d>" + ab(20) + "</d>"],
};

const MEMBER = /\\{0,31}"(?:d|p|q|dp|dq|qi)\\{0,31}"\s{0,4}:\s{0,4}\\{0,31}"([\w-]{40,2000})\\{0,31}"/g;
const OCTETS = /\\{0,31}"k\\{0,31}"\s{0,4}:\s{0,4}\\{0,31}"([\w-]{20,2000})\\{0,31}"/g;
const ELEMENT = /<(?:D|P|Q|DP|DQ|InverseQ)>([A-Za-z0-9+\/=\s]{40,4000})<\//g;

function findWebKey(line: RuleLine): Findings {
  const { text } = line;
  const hide: Span[] = [];
  const patterns = /\\{0,31}"oct\\{0,31}"/.test(text) ? [MEMBER, OCTETS, ELEMENT] : [MEMBER, ELEMENT];
  for (const pattern of patterns) {
    for (const { 0: match, 1: value, index } of text.matchAll(pattern)) {
      const start = index + match.lastIndexOf(value!);
      hide.push({ start, end: start + value!.length });
    }
  }
  return { hide };
}

/** BIND's key files, and what `openssl rsa -text` prints. */
export const printedKey: RedactionRule = {
  id: "printed-key",
  why,
  keywords: [
    "privateexponent:",
    "prime1:",
    "prime2:",
    "exponent1:",
    "exponent2:",
    "coefficient:",
    "privatekey: ",
    "priv:",
  ],
  find: findPrintedKey,
  hides: ["PrivateExponent: " + ab(86) + "==", "priv:\n    00:b5:0c:22\n    7f:01\npub:", "Prime1: " + ab(43) + "="],
  keeps: ["coefficient: 0.75", "priv:\n  user: x", "PrivateKey: /etc/key"],
};

const PRINTED =
  /(?:PrivateExponent|Prime[12]|Exponent[12]|Coefficient|PrivateKey): ([A-Za-z0-9+\/]{20,2000}={0,2})\s*$/i;
const LABEL = /^\s*(?:privateExponent|prime[12]|exponent[12]|coefficient|priv):\s*$/i;
const HEX_LINE = /^\s+(?<mask>(?:[0-9a-f]{2}:){1,40}(?:[0-9a-f]{2})?)\s*$/i;

function findPrintedKey(line: RuleLine): Findings {
  const { text } = line;
  const inside = line.carried === undefined ? null : HEX_LINE.exec(text);
  if (inside !== null) {
    const start = text.indexOf(inside.groups!.mask!);
    return { hide: [{ start, end: start + inside.groups!.mask!.length }], carry: true };
  }
  if (LABEL.test(text)) return { hide: [], carry: true };
  const value = PRINTED.exec(text)?.[1];
  const start = value === undefined ? -1 : text.lastIndexOf(value);
  return { hide: value === undefined ? [] : [{ start, end: start + value.length }] };
}

/** PuTTY's key files: the private part has its number of lines in front. */
export const puttyKey: RedactionRule = {
  id: "putty-key",
  why,
  keywords: ["private-lines:", "private-mac:", "private-hash:"],
  find(line) {
    const left = line.carried as number | undefined;
    const lines = /Private-Lines: (\d{1,4})/.exec(line.text);
    if (lines !== null) return { hide: [], carry: Number(lines[1]) };
    const value = /Private-(?:MAC|Hash): ([0-9a-f]{20,200})/.exec(line.text)?.[1] ??
      (left === undefined ? undefined : /[A-Za-z0-9+\/]{4,100}={0,2}(?=\s*$)/.exec(line.text)?.[0]);
    if (value === undefined) return { hide: [] };
    const start = line.text.lastIndexOf(value);
    return {
      hide: [{ start, end: start + value.length }],
      carry: left !== undefined && left > 1 ? left - 1 : undefined,
    };
  },
  hides: ["Private-Lines: 2\nAAAAgQDV\nAAAA", "Private-MAC: " + "0a".repeat(20)],
  keeps: ["Public-Lines: 2\nAAAAB3NzaC1yc2E", "Private-Lines: none"],
};

export const keyMaterial: RedactionRule[] = [ageKey, signifyKey, encodedKey, webKey, printedKey, puttyKey];
