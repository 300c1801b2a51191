import { fromBase64 } from "./latin1.ts";
import type { Span } from "./rule.ts";
import { isPlainlyNoSecret } from "./secret_value.ts";
import { backslashesBefore, quoteLevel, stringEnd } from "./string_nesting.ts";

/** `kind: Secret` and `"kind": "Secret"` on a line of their own, in JSON in a string too. */
export const KIND_LINE =
  /^(?<indent>\s*(?:- )?)(?:kind: ["']?(?<yaml>\w+)["']?|\\*"kind\\*": \\*"(?<json>\w+)\\*",?)\s*$/;
/** `data:`, `"stringData": {` */
export const DATA_LINE = /^(?<indent>\s*(?:- )?)(?:(?:data|stringData):|\\*"(?:data|stringData)\\*": \{)\s*$/;
const DOCUMENT = /^(?:---|\.\.\.)/;

/** What is hidden on a line below `data:` of a Secret: the value after its key, or a line of a value of several.
 * @returns undefined for certificates, references and lines without a value */
export function dataSpan(text: string): Span | undefined {
  const line = text.trimEnd();
  const json = /^\s*\\*"(?:[^"\\]|\\(?!")){1,253}\\*": (?=\\*")/.exec(line);
  if (json !== null) {
    const quote = line.indexOf('"', json[0].length);
    const end = stringEnd(text, quote + 1, quoteLevel(backslashesBefore(line, quote)));
    return end > quote + 1 && !isPublic(text.slice(quote + 1, end)) ? { start: quote + 1, end } : undefined;
  }
  if (/^\s*(?:[{}]|#|$)/.test(line)) return undefined;
  // a line without `key: ` is one of a block scalar
  const shown = /^\s+(?:[\w.-]+|"[^"]*"|'[^']*'):\s+(?<value>\S.*)$/.exec(line)?.groups?.value ?? line.trimStart();
  if (isPublic(shown.replace(/^["']|["']$/g, "")) || /^(?:[|>][-+\d]*|[\w.-]+:)$/.test(shown)) return undefined;
  const end = line.length, start = end - shown.length;
  return /^(["']).*\1$/.test(shown) ? { start: start + 1, end: end - 1 } : { start, end };
}

/** Nothing, references, and certificates, which every TLS server shows to everybody. */
export function isPublic(value: string): boolean {
  if (isPlainlyNoSecret(value)) return true;
  const text = value.startsWith("LS0tLS1CRUdJTi") ? fromBase64(value) : value;
  return text.startsWith("-----BEGIN CERT") && !text.includes("PRIVATE KEY");
}

/** Column in which the keys of the object on this line stand. */
export function keyColumn(text: string): number {
  return /^\s*(?:- )*/.exec(text)![0].length;
}

/** What is hidden in the Secrets among lines, with `data` before or after `kind`. */
export function spansOfSecrets(lines: readonly string[]): { line: number; span: Span }[] {
  const found: { line: number; span: Span }[] = [];
  lines.forEach((text, i) => {
    const kind = KIND_LINE.exec(text);
    if ((kind?.groups?.yaml ?? kind?.groups?.json) !== "Secret") return;
    const column = keyColumn(text);
    for (let at = firstLine(lines, i, column), inData = false; at < lines.length; at++) {
      const line = lines[at]!;
      if (at > i && (endsObject(line, column) || isKind(line, column))) break;
      const here = keyColumn(line);
      if (here === column) inData = DATA_LINE.test(line);
      else if (inData && here > column) {
        const span = dataSpan(line);
        if (span !== undefined) found.push({ line: at, span });
      }
    }
  });
  return found;
}

function firstLine(lines: readonly string[], kindLine: number, column: number): number {
  let at = kindLine;
  while (at > 0 && !beginsItem(lines[at]!, column)) {
    const before = lines[at - 1]!;
    if (endsObject(before, column) || isKind(before, column)) break;
    at--;
  }
  return at;
}

/** True when the object with keys in this column cannot have this line, unless as its first. */
function endsObject(text: string, column: number): boolean {
  const content = text.trim();
  return content !== "" && (DOCUMENT.test(text) || keyColumn(text) < column);
}

/** An object has one kind: a second one is another object's. */
function isKind(text: string, column: number): boolean {
  return keyColumn(text) === column && KIND_LINE.test(text);
}

function beginsItem(text: string, column: number): boolean {
  return text.startsWith("- ", column - 2);
}
