import { type Detector, matchAt, type Span } from "../detector.ts";
import { looksRandom } from "../randomness.ts";

const SCHEME = /(?<![A-Za-z])(?:bearer|basic)(?:\s|%20|\+|\\+u0020){1,4}([\w.~+\/-]{8,4000}={0,2})/iy;

/** What is sent in an `Authorization` header: a bearer token, or a name and a password in base64. */
export const authorization: Detector = {
  id: "authorization",
  anchors: ["bearer", "basic"],
  find(text, at): Span | undefined {
    const match = matchAt(SCHEME, text, at);
    if (match === null) return undefined;
    const value = match[1]!;
    const isOne = /^b/i.test(match[0]) && match[0][1]!.toLowerCase() === "a" ? isPair(value) : looksRandom(value, 16);
    return isOne ? { start: at + match[0].length - value.length, end: at + match[0].length } : undefined;
  },
};

/** `"auth": "…"` of a Docker configuration. */
export const dockerAuth: Detector = {
  id: "docker-auth",
  anchors: ['auth"'],
  find(text, at): Span | undefined {
    const match = matchAt(AUTH, text, at);
    if (match === null || !isPair(match[1]!)) return undefined;
    const end = at + match[0].length;
    return { start: end - match[1]!.length, end };
  },
};

/** The quote is an anchor's last byte: `auth\"` in a string in a string comes with its slashes before it. */
const AUTH = /auth"\s{0,10}:\s{0,10}"([A-Za-z0-9+\/]{8,2000}={0,2})/y;

/** True for base64 of `name:password`. */
export function isPair(text: string): boolean {
  try {
    const pair = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return /^[ -9;-~]{1,200}:[ -~]{3,}$/.test(pair) && !pair.includes("***");
  } catch {
    return false;
  }
}

const COOKIE = /(?:set-)?cookie\\{0,15}["']?\]?\s{0,4}[:=,]\s{0,4}[\\"'[ ]{0,20}([^"'\r\n]{1,2000})/iy;

/** The value of a session's cookie in a `Cookie` or `Set-Cookie` header. */
export const cookie: Detector = {
  id: "cookie",
  anchors: ["cookie"],
  find(text, at): Span | undefined {
    const match = matchAt(COOKIE, text, at);
    if (match === null) return undefined;
    const from = at + match[0].length - match[1]!.length;
    for (const pair of match[1]!.matchAll(/([\w.-]{1,60})=([^;\s\\]{16,})/g)) {
      if (!/sess|sid|auth|token/i.test(pair[1]!) || !looksRandom(pair[2]!, 20)) continue;
      const start = from + pair.index + pair[1]!.length + 1;
      return { start, end: start + pair[2]!.length };
    }
    return undefined;
  },
};
