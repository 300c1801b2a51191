import { fromBase64 } from "../latin1.ts";
import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import { StringNesting } from "../string_nesting.ts";
import { basicAuthorization } from "./authorization_header.ts";
import { namedValue } from "./named_value.ts";
import { privateKey } from "./private_key.ts";
import { urlCredentials } from "./url_credentials.ts";

/** Base64 of a text in which something would be hidden: settings in a ConfigMap's binaryData, keys in a kubeconfig. */
export const base64Layer: RedactionRule = {
  id: "base64-layer",
  why: "Base64 hides nothing from whoever knows it",
  keywords: wordsInBase64(),
  find: findLayers,
  hides: [
    `"env.b64": "${btoa("DB_PASSWORD=hunter2\nLOG=info\n")}"`,
    `x: ${btoa("a: b\nauth:\n  clientSecret: hunter2\n")}`,
    `blob ${btoa("key\n-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA")} end`,
  ],
  keeps: [
    "cGFzc3dvcmQ9aHVudGVyMg-and_more-that-is-none",
    `greeting: ${btoa("Welcome! No password is needed here.\n")}`,
    `ca: ${btoa("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n")}`,
    `x: ${btoa("secretName: checkout-tls\n")}`,
  ],
};

const INNER_RULES = [namedValue, privateKey, urlCredentials, basicAuthorization];
const RUN = /[A-Za-z0-9+\/_-]{16,}={0,2}/g;
const MAX_RUN = 4 << 20;

function findLayers(line: RuleLine): Findings {
  const hide: Span[] = [];
  for (const { 0: run, index } of line.text.matchAll(RUN)) {
    if (run.length > MAX_RUN) continue;
    const inner = fromBase64(run);
    if (isText(inner) && hasSecret(inner, line.path)) hide.push({ start: index, end: index + run.length });
  }
  return hide.length > 0 ? { hide } : NOTHING;
}

/** Control characters other than blanks and the escape of colour codes are no part of a text. */
function isText(inner: string): boolean {
  if (inner.length < 8) return false;
  for (let i = 0; i < inner.length && i < 4096; i++) {
    const c = inner.charCodeAt(i);
    if ((c < 32 && (c < 9 || c > 13) && c !== 27) || c === 127) return false;
  }
  return true;
}

function hasSecret(inner: string, path: string): boolean {
  const lines = inner.split("\n");
  return lines.some((text, i) => {
    const line: RuleLine = {
      text,
      path,
      format: "settings",
      nesting: () => new StringNesting(text),
      previous: () => lines[i - 1],
    };
    return INNER_RULES.some((rule) => {
      const { hide, carry } = rule.find!(line);
      return hide.length > 0 || (rule === privateKey && carry !== undefined);
    });
  });
}

/** How words look in base64 at each of the three places where a byte can lie. */
function wordsInBase64(): string[] {
  const found = new Set<string>();
  for (const word of ["password", "passwd", "secret", "token", "api_key", "apikey", "private key", "credential"]) {
    for (const cased of [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)]) {
      for (let shift = 0; shift < 3; shift++) {
        const text = btoa("\0".repeat(shift) + cased).replace(/=+$/, "");
        // leave the characters that neighbours take part in
        const from = [0, 2, 3][shift]!;
        const to = Math.floor(((shift + cased.length) * 8) / 6);
        found.add(text.slice(from, to).toLowerCase());
      }
    }
  }
  return [...found];
}
