import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import { stringEnd } from "../string_nesting.ts";

const dashes = "-----"; // apart, so that no scanner takes this file for a key

/** PEM, OpenSSH, PGP and OpenVPN keys: on lines of their own, behind log prefixes, with escaped line feeds in strings, or as
 * a list of strings. */
export const privateKey: RedactionRule = {
  id: "private-key",
  why: "A private key lets its reader pose as the server, user or signer it belongs to",
  keywords: ["private key", "openvpn static key"],
  find: findPrivateKeys,
  hides: [
    `${dashes}BEGIN RSA PRIVATE KEY${dashes}\nMIIEpAIBAAKCAQEA\n${dashes}END RSA PRIVATE KEY${dashes}`,
    `12:00 INFO ${dashes}BEGIN PRIVATE KEY${dashes}\n12:01 INFO MIIEpAIBAAKCAQEA`,
    `{"pem":"${dashes}BEGIN PRIVATE KEY${dashes}\\nMIIEpAIBAAKCAQEA\\n${dashes}END PRIVATE KEY${dashes}\\n","n":1}`,
    `{"a":"{\\"pem\\":\\"${dashes}BEGIN EC PRIVATE KEY${dashes}\\\\nMIIEpAIBAAKCAQEA\\"}"}`,
    `KEY="${dashes}BEGIN OPENSSH PRIVATE KEY${dashes}\nb3BlbnNzaC1rZXktdjE`,
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAA+wAAAA3\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
    `${dashes}BEGIN OpenVPN Static key V1${dashes}\n6acef03f62675b4b1bbd03e53b187727\n${dashes}END OpenVPN Static key V1${dashes}`,
    `k = "${dashes}BEGIN EC PRIVATE KEY${dashes}\\n" +\n  "MHcCAQEEIAbCdEfGhIjK\\n" +`,
    `["${dashes}BEGIN PRIVATE KEY${dashes}", "MIIEpAIBAAKCAQEA", "${dashes}END PRIVATE KEY${dashes}"]`,
    `| ${dashes}BEGIN PRIVATE KEY${dashes}   |\n| MIIEpAIBAAKCAQEA   |`,
  ],
  keeps: [
    `${dashes}BEGIN CERTIFICATE${dashes}\nMIIDdzCCAl+gAwIBAgIE\n${dashes}END CERTIFICATE${dashes}`,
    `${dashes}BEGIN PUBLIC KEY${dashes}\nMIIDdzCCAl+gAwIBAgIE`,
    `files that begin with "${dashes}BEGIN RSA PRIVATE KEY${dashes}" are keys`,
    "private key file /etc/ssl/private/shop.key has mode 0600",
  ],
};

const BEGIN = /-{4,5} ?BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1) ?-{4,5}/g;
const END = /-{4,5} ?END /g;
/** Base64 at the end of a line, whatever a logger put before it or a string literal after it. */
const BODY_LINE = /(?<body>[A-Za-z0-9+\/=]{4,})(?=\s*(?:$|["',\\|<]))/;
const BODY_START = /[A-Za-z0-9+\/=]{12,}/;
const BODY = /[A-Za-z0-9+\/=]{16,}/g;
/** A key of 16,384 bits has about 200 lines. */
const MAX_LINES = 1000;
/** Lines of something else between those of a key, as when two processes write to one log. */
const MAX_OTHER_LINES = 20;

interface OpenKey {
  lines: number;
  others: number;
  /** In a quoted scalar of YAML, where a mask on each line would be taken for a value of its own. */
  quoted: boolean;
}

function findPrivateKeys(line: RuleLine): Findings {
  const { text } = line;
  const hide: Span[] = [];
  let from = 0;
  if (line.carried !== undefined) {
    const key = line.carried as OpenKey;
    const end = indexOfEnd(text, 0);
    const body = BODY_LINE.exec((end < 0 ? text : text.slice(0, end)).slice(-4096));
    if (body !== null) {
      const offset = Math.max(0, (end < 0 ? text.length : end) - 4096);
      const start = offset + body.index;
      hide.push({ start, end: start + body[0].length, drop: key.quoted });
    }
    const others = body === null ? key.others + 1 : 0;
    if (end < 0 && !text.includes("-----BEGIN ")) {
      return others > MAX_OTHER_LINES || key.lines > MAX_LINES
        ? { hide }
        : { hide, carry: { ...key, lines: key.lines + 1, others } };
    }
    from = Math.max(0, end);
  }
  BEGIN.lastIndex = from;
  let nextEnd = -1;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const start = BEGIN.lastIndex;
    if (nextEnd < start) nextEnd = indexOfEnd(text, start, Infinity);
    const end = nextEnd < Infinity ? nextEnd : -1;
    const depth = line.nesting().depthAt(begin.index);
    const closing = depth > 0 ? stringEnd(text.slice(0, start + 200_000), start, depth - 1) : -1;
    const stop = [end, closing].filter((at) => at >= 0).sort((a, b) => a - b)[0];
    const last = stop ?? text.trimEnd().length;
    if (/^(?:\\+[nr]|\s|\|)*$/.test(text.slice(start, Math.min(last, start + 40)))) {
      // the string holds the first line alone: the others are in strings of their own, or on the next lines
      if (end < 0) return { hide, carry: openAt(line, begin.index) };
      for (const body of text.slice(start, end).matchAll(BODY)) {
        hide.push({ start: start + body.index, end: start + body.index + body[0].length });
      }
      BEGIN.lastIndex = end;
      continue;
    }
    // a sentence about keys has no key in it
    if (!BODY_START.test(text.slice(start, Math.min(last, start + 400)))) continue;
    if (last > start) hide.push({ start, end: last });
    if (stop === undefined) return { hide, carry: openAt(line, begin.index) };
    BEGIN.lastIndex = stop;
  }
  return hide.length > 0 ? { hide } : NOTHING;
}

function openAt(line: RuleLine, begin: number): OpenKey {
  return { lines: 0, others: 0, quoted: line.format === "yaml" && /: +["']$/.test(line.text.slice(0, begin)) };
}

function indexOfEnd(text: string, from: number, none = -1): number {
  END.lastIndex = from;
  return END.exec(text)?.index ?? none;
}
