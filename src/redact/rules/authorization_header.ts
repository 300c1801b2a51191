import { fromBase64 } from "../latin1.ts";
import type { Findings, RedactionRule, RuleLine } from "../rule.ts";

export const bearerToken: RedactionRule = {
  id: "bearer-token",
  why: "A bearer token lets its reader act as the workload or user until it expires",
  keywords: ["bearer"],
  pattern: /\bBearer(?:\s{1,4}|%20|\+)(?=[A-Za-z._~+\/=-]{0,400}\d)(?<mask>[\w.~+\/-]{8,}={0,2})/gi,
  hides: ["Authorization: Bearer 0123456789abcdef.XYZ", '{"Authorization":["Bearer abcdefgh1jkl"]}'],
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

const BASIC = /\bBasic\s{1,4}([A-Za-z0-9+\/_-]{4,}={0,2})/gi;

function findBasic(line: RuleLine): Findings {
  const hide = [];
  for (const match of line.text.matchAll(BASIC)) {
    const pair = fromBase64(match[1]!.slice(0, 400));
    if (!/^[\x20-\x7e\x80-\xff]*$/.test(pair.slice(0, -2)) || !pair.includes(":")) continue;
    const end = match.index + match[0].length;
    hide.push({ start: end - match[1]!.length, end });
  }
  return { hide };
}
