import { Buffer } from "node:buffer";

// Secrets of a test are made when it runs: none is in the source, and no two runs have the same.

export const LOWER = "abcdefghijklmnopqrstuvwxyz";
export const UPPER = LOWER.toUpperCase();
export const DIGITS = "0123456789";
export const ALNUM = LOWER + UPPER + DIGITS;
export const HEX = DIGITS + "abcdef";

export function draw(alphabet: string, length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** Letters and digits with at least some of each, as generators of passwords make them. */
export function drawMixed(length: number): string {
  return "k7Q" + draw(ALNUM, length - 6) + "4xZ";
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

export function base64Url(text: string): string {
  return base64(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function jwt(): string {
  const header = base64Url(JSON.stringify({ alg: "RS256", typ: "JWT", kid: draw(ALNUM, 12) }));
  return `${header}.${base64Url(JSON.stringify({ sub: draw(DIGITS, 10) }))}.${draw(ALNUM, 86)}`;
}

export function pem(kind = "RSA "): string {
  const body = Array.from({ length: 12 }, () => draw(ALNUM + "+/", 60) + "aB3/").join("\n");
  const label = `${kind}PRIVATE` + " KEY-----";
  return `-----BEGIN ${label}\n${body}\n-----END ${label}\n`;
}
