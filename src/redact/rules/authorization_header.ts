import { fromBase64 } from "../latin1.ts";
import type { Findings, RedactionRule, RuleLine } from "../rule.ts";

export const bearerToken: RedactionRule = {
  id: "bearer-token",
  why: "A bearer token lets its reader act as the workload or user until it expires",
  keywords: ["bearer"],
  pattern: /\bBearer(?:\s{1,4}|%20|\+)(?=[A-Za-z._~+\/=-]{0,400}\d)(?<mask>[\w.~+\/-]{8,}={0,2})/gi,
  hides: [
    "sent Bearer 0123456789abcdef.XYZ",
    "Authorization: Bearer 0123456789abcdef.XYZ",
    '{"Authorization":["Bearer abcdefgh1jkl"]}',
  ],
  keeps: ["bearer of bad news", "Bearer <redacted>", "Bearer authentication is required", '"token_type": "Bearer"'],
};

export const basicAuthorization: RedactionRule = {
  id: "basic-authorization",
  why: "Basic authorization is the user's name and password in base64",
  keywords: ["basic"],
  find: findBasic,
  hides: ["authorization: Basic " + btoa("user:hunter2"), '"Basic YTpodW50ZXIy"'],
  keeps: ["Basic authentication failed", "basic cGxhaW4gdGV4dA==", "Basic YWJjZ", "basic a_-b-"],
};

/** What answers a challenge, or signs a request. */
export const signedRequest: RedactionRule = {
  id: "signed-request",
  why: "The answer to a challenge can be tried against word lists, and a signature be used again until it expires",
  keywords: ["response=", "signature=", "sharedkey "],
  pattern:
    /(?:\bDigest\b[^\r\n]{0,600}?\bresponse=\\{0,31}"?(?<mask1>[0-9a-f]{32,64})|\bSignature=\\{0,31}"?(?<mask2>[0-9a-f]{64}|[A-Za-z0-9+\/]{27,86}={1,2})|\bSharedKey(?:Lite)? (?<mask3>[\w.-]{1,60}:[A-Za-z0-9+\/]{20,100}={0,2}))/gi,
  hides: [
    'authorization: Digest username="x", realm="r", response="' + "0a".repeat(16) + '"',
    "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=" + "0a".repeat(32),
    "SharedKey account:" + "ab12".repeat(10) + "ab=",
  ],
  keeps: ["response=200", "Signature=invalid", "Digest response=ok"],
};

const BASIC = /\bBasic\s{1,4}([A-Za-z0-9+\/_-]{4,}={0,2})/gi;

function findBasic(line: RuleLine): Findings {
  const hide = [];
  for (const match of line.text.matchAll(BASIC)) {
    const pair = fromBase64(match[1]!.slice(0, 400));
    if (!/^[\x20-\x7e]{0,200}:[\x20-\x7e\x80-\xff]*$/.test(pair)) continue;
    const end = match.index + match[0].length;
    hide.push({ start: end - match[1]!.length, end });
  }
  return { hide };
}
