import type { RuleLine } from "../rule.ts";
import { FOREIGN_WORDS } from "../secret_name.ts";

const ROOTS =
  "pass|pwd|secret|token|key|auth|cred|jwt|cookie|session|signature|string|otp|salt|_pat|license|sid|phrase|psk|pw|hash|" +
  "community|answer|kennwort|geheim|zugangsdaten|wachtwoord|senha|contrase|mdp|parola|haslo|clave|seed";
const ROOT = new RegExp(ROOTS, "gi");
const ANY_ROOT = new RegExp(`${ROOTS}|${FOREIGN_WORDS.join("|")}`, "gi");

/** Finds what every name of a secret has in it. */
export function rootsIn(text: string): RegExp {
  const roots = /[\x80-\xff]/.test(text) ? ANY_ROOT : ROOT;
  roots.lastIndex = 0;
  return roots;
}

/** A name in a line. */
export interface Name {
  text: string;
  start: number;
  end: number;
}

const MAX_NAME = 120;
/** The first of two words that are a name together: `api key`, `mot de passe`. */
const FIRST_WORD = /(?:^|[^\w.$-])((?:mot de|secret|api|access|private|signing|pass|unseal) )$/i;

/** The name around a part of it.
 * @param limit where it cannot begin before */
export function nameAround(line: RuleLine, from: number, to: number, limit: number): Name {
  const { text } = line;
  let start = from, end = to;
  while (start > limit && from - start < MAX_NAME && isNameCharacter(text.charCodeAt(start - 1))) start--;
  while (end < text.length && end - to < MAX_NAME && isNameCharacter(text.charCodeAt(end))) end++;
  let name = text.slice(start, end).replace(/^[\x80-\xbf]+/, "");
  // `\nNAME=` in a string, and the colour codes that loggers put before a name
  if (text[start - 1] === "\\" && line.nesting().depthAt(start) > 0) name = name.replace(/^[nrt]/, "");
  if (text[start - 1] === "[") name = name.replace(/^[\d;]*m/, "");
  start = end - name.length;
  const words = FIRST_WORD.exec(text.slice(Math.max(0, start - 12), start));
  if (words !== null) {
    name = words[1]! + name;
    start -= words[1]!.length;
  }
  // `Unseal Key 1: …`
  if (/^unseal key$/i.test(name) && /^ \d{1,2}:/.test(text.slice(end, end + 4))) end = text.indexOf(":", end);
  return { text: name, start, end };
}

/** Names that are parts of something else: `arn:aws:…:secret:name`, `AWS::KMS::Key`, `(?<password>…)`, `checksum/secret`. */
export function isPartOfOther(text: string, { start, end }: Name): boolean {
  const before = text[start - 1];
  if (before === ":") return text[start - 2] === ":" || (text[end] === ":" && text[end + 1] !== " ");
  if (before === "<") return text[start - 2] === "?" || text[start - 3] === "?";
  return before === "/" && isChecksumOf(text, start);
}

/** `checksum/secret: 0a1b…` and its like say that a secret changed, not what it is. */
function isChecksumOf(text: string, start: number): boolean {
  return /(?:checksum|hash|digest|sha\d*|md5)\w{0,20}\/$/i.test(text.slice(Math.max(0, start - 60), start));
}

/** Letters, digits and `_ . - $`, and bytes of letters in UTF-8: Latin, Cyrillic, Chinese, Japanese, Korean. */
function isNameCharacter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 45 && c <= 57 && c !== 47) || c === 95 || c === 36 ||
    (c >= 0x80 && c <= 0xbf) || (c >= 0xc3 && c <= 0xc5) || c === 0xd0 || c === 0xd1 || (c >= 0xe3 && c <= 0xed);
}
