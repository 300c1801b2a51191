import { type Findings, NOTHING, type RedactionRule, type RuleLine } from "../rule.ts";
import { isPlainlyNoSecret, isSecretValue, looksGenerated, looksTyped } from "../secret_value.ts";
import { isHint, type NameKind, nameKind } from "../secret_name.ts";
import { bareValue, quotedValue, type Value, valueOf } from "../value_span.ts";

/** Values of settings whose names say that they are secret, in every syntax that has names and values. */
export const namedValue: RedactionRule = {
  id: "named-value",
  why: "A value that its own name calls a password, a token or a key opens what it belongs to",
  keywords: [
    ..."pass pwd secret token credential creds jwt cookie session authorization connectionstring connection_string"
      .split(" "),
    ...["connection-string", "signature", "access_key_id", "accesskeyid", "private_key_id", "key-data", "otp", "salt"],
    // `key` and `auth` are in too many words: only where they can end a name
    ...["key", "auth", "_pat", "license", "sid"].flatMap((w) =>
      ['"', "'", "\\", ":", "=", " =", " :", ">"].map((c) => w + c)
    ),
    ...["api_key", "api-key", "apikey", "access-key", "access_key", "secret-key", "secret_key"],
  ],
  find: findNamedValues,
  hides: [
    '{"password":"hunter2"}',
    '  "dbPassword": "hunter2",',
    '{"msg":"{\\"auth\\":{\\"clientSecret\\":\\"hunter2\\"}}"}',
    '"a": "{\\"b\\":\\"{\\\\\\"apiKey\\\\\\":\\\\\\"x\\\\\\\\\\\\\\"y\\\\\\"}\\"}"',
    "DB_PASSWORD=hunter2",
    "export API_TOKEN='hunter2'",
    "spring.datasource.password = hunter2",
    "  password: hunter2",
    "- {name: ops, password: hunter2}",
    'level=info passphrase="correct horse" took=3ms',
    'Password:"hunter2", Tokens:3',
    "settings = {'api_key': 'hunter2'}",
    "mysql --password=hunter2 -e status",
    "vector --api-token hunter2 --quiet",
    '["--password","hunter2"]',
    '        "--token",\n        "hunter2",',
    "GET /x?page=1&access_token=hunter2&sort=asc",
    "X-Api-Key: hunter2",
    "<apiKey>hunter2</apiKey>",
    '<property name="admin.password">hunter2</property>',
    '<add key="ClientSecret" value="hunter2"/>',
    '{"password":"a\\"b\\\\"}',
    'password "Hunter-2.x99" accepted',
    "\x1b[33mpassword\x1b[0m: \x1b[1mhunter2\x1b[0m",
    "aws_secret_access_key abcDEF123/ghiJKL456+mnoPQR789stuVWX0yz12",
  ],
  keeps: [
    '"secretName": "checkout-tls"',
    '{"tokenExpirationSeconds":3607,"max_tokens":4096,"password":"","token":null,"usePassword":true}',
    "password: $(DB_PASSWORD)",
    "password=${DB_PASSWORD} token=<redacted> pwd=********",
    "  existingSecret: checkout-db",
    "PASSWORD_MIN_LENGTH=12",
    "apiKeyHeader: X-Api-Key",
    "--token-ttl=24h --tls-private-key-file=/etc/tls/tls.key --password-file=/run/secrets/db",
    "token bucket refill: 250 tokens per second",
    "password reset e-mail was sent",
    'secret "checkout-tls" not found',
    "invalid token: unexpected end of file",
    "PWD=/srv/app",
    "OLDPWD=/home/app",
    '"key": "postgres-password"',
    "key=orders/2026/03/04",
    "<passwordEncoder>bcrypt</passwordEncoder>",
    "use <token>, <name>",
    "    password: *anchor",
    '"secretKeyRef": {"name": "db", "key": "password"}',
    "compass: north",
    "Accepted password for root from 10.1.2.3 port 52144 ssh2",
  ],
};

const ROOT = /pass|pwd|secret|token|key|auth|cred|jwt|cookie|session|signature|string|otp|salt|_pat|license|sid/gi;
const MAX_NAME = 120;
/** Characters of a value that are enough to judge it. */
const JUDGED = 1200;
/** A quote with the backslashes before it. */
const MAX_QUOTE = 64;
const MAX_LIST = 1000, MAX_LIST_TEXT = 65_536;

function findNamedValues(line: RuleLine): Findings {
  const { text } = line;
  const found: Findings = { hide: [] };
  if (line.carried === "array-item") takeArrayItem(line, found);
  if (line.carried instanceof Block) {
    const inside = line.carried.next(text);
    if (inside !== undefined) return inside;
  }
  ROOT.lastIndex = 0;
  let done = 0;
  for (let root = ROOT.exec(text); root !== null; root = ROOT.exec(text)) {
    const name = nameAround(line, root.index, ROOT.lastIndex, done);
    ROOT.lastIndex = Math.max(ROOT.lastIndex, name.end);
    const kind = text[name.start - 1] === "/" && isChecksumOf(text, name.start) ? "none" : nameKind(name.text);
    if (kind === "none") continue;
    const end = takeValue(line, name, kind, found);
    done = Math.max(name.end, end);
    ROOT.lastIndex = Math.max(ROOT.lastIndex, end);
  }
  return found.hide.length > 0 || found.carry !== undefined ? found : NOTHING;
}

interface Name {
  text: string;
  start: number;
  end: number;
}

function nameAround(line: RuleLine, from: number, to: number, limit: number): Name {
  const { text } = line;
  let start = from, end = to;
  while (start > limit && from - start < MAX_NAME && isNameCharacter(text.charCodeAt(start - 1))) start--;
  while (end < text.length && end - to < MAX_NAME && isNameCharacter(text.charCodeAt(end))) end++;
  let name = text.slice(start, end);
  // `\nNAME=` in a string, and the colour codes that loggers put before a name
  if (text[start - 1] === "\\" && line.nesting().depthAt(start) > 0) name = name.replace(/^[nrt]/, "");
  if (text[start - 1] === "[") name = name.replace(/^[\d;]*m/, "");
  return { text: name, start: end - name.length, end };
}

// Colour codes, raw or escaped.
const COLOUR = String.raw`(?:(?:\x1b|\\+u001b|\\+x1b|\\+033)\[[\d;]{0,12}m)?`;
const SEPARATOR = new RegExp(
  String
    .raw`${COLOUR}(?<quote>\\{0,31}["'\x60])?\]?${COLOUR}[ \t]{0,40}(?:=>|:=|={1,2}|:(?!:))${COLOUR}[ \t]{0,80}${COLOUR}`,
  "y",
);
const TAG_END = /(?:\s[^<>]{0,300})?>\s{0,40}(?:<!\[CDATA\[)?/y;
const ATTRIBUTE_TAG_END = /["'](?:\s[^<>]{0,300})?>\s{0,40}(?:<!\[CDATA\[)?/y;
const VALUE_ATTRIBUTE = /["']\s{1,40}(?:value|connectionString|content)\s?=\s?["']/y;
const LIST_ITEM = /(?<quote>\\{0,31}["'])\s{0,40},\s{0,40}(?=\\{0,31}["'])/y;
const LIST_END = /\\{0,31}["']\s{0,40},\s{0,40}$/y;
const WORDS_BETWEEN = /(?:[ \t]{1,4}(?:is|was))?[ \t]{1,4}(?=\S)/y;
const NODE_PROPERTIES = /(?:[&!][\w!-]{1,100}[ \t]{1,10})+/y;
const BLOCK_SCALAR = /[|>][-+\d]{0,2}[ \t]*(?:#.*)?\r?$/y;
const SCHEME = /(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)[ ]+(?=\S)/iy;

/** @returns the end of what was looked at */
function takeValue(line: RuleLine, name: Name, kind: NameKind, found: Findings): number {
  const { text } = line;
  const markup = takeMarkup(line, name, kind, found);
  if (markup !== undefined) return markup;
  const separator = matchAt(SEPARATOR, text, name.end);
  if (separator !== undefined) {
    return takeAssigned(line, name, kind, name.end + separator[0].length, separator, found);
  }
  return takeUnassigned(line, name, kind, found);
}

/** `<name>value</name>`, `<x name="name">value</x>` and `<x key="name" value="value"/>` */
function takeMarkup(line: RuleLine, name: Name, kind: NameKind, found: Findings): number | undefined {
  const { text } = line;
  const before = text[name.start - 1];
  const asTag = before === "<" ||
    (before === ":" && /<\w{1,40}:$/.test(text.slice(Math.max(0, name.start - 42), name.start)));
  const asAttribute = (before === '"' || before === "'") && text[name.start - 2] === "=";
  if (!asTag && !asAttribute) return undefined;
  const tag = matchAt(asTag ? TAG_END : ATTRIBUTE_TAG_END, text, name.end);
  if (tag !== undefined && !tag[0].includes("/>")) {
    const start = name.end + tag[0].length;
    if (tag[0].endsWith("[")) return takeUntil(text, start, "]]>", kind, found);
    // a placeholder such as `<token>` is no element
    return /^[^<]{0,20000}(?:<\/|$)/.test(text.slice(start, start + 20_010))
      ? takeUntil(text, start, "<", kind, found)
      : name.end;
  }
  const attribute = asAttribute ? matchAt(VALUE_ATTRIBUTE, text, name.end) : undefined;
  if (attribute === undefined) return undefined;
  return takeUntil(text, name.end + attribute[0].length, attribute[0].at(-1)!, kind, found);
}

function takeAssigned(
  line: RuleLine,
  name: Name,
  kind: NameKind,
  at: number,
  separator: RegExpExecArray,
  found: Findings,
): number {
  const { text, format } = line;
  if (at >= text.length || text[at] === "\r") return at;
  const depth = line.nesting().depthAt(at);
  const opensLine = beginsLine(text, name.start);
  const properties = opensLine || format === "yaml" ? matchAt(NODE_PROPERTIES, text, at) : undefined;
  if (properties !== undefined) at += properties[0].length;
  if (opensLine && !isHint(kind) && matchAt(BLOCK_SCALAR, text, at) !== undefined && /^[^"]*$/.test(text)) {
    found.carry = new Block(indentOf(text), kind);
    return text.length;
  }
  const quoted = (limit: number) => quotedValue(text, at, depth, limit);
  if (quoted(MAX_QUOTE) !== undefined) return take(quoted, kind, found);
  if (text[at] === "[") return takeList(line, kind, at, found);
  if (text[at] === "{" && !/^\{\{/.test(text.slice(at, at + 2))) return at;
  // after a name in quotes, JSON has a number, true, false or null
  if (separator.groups?.quote?.endsWith('"') && format !== "yaml" && /[\d.,}\]tfn-]/.test(text[at]!)) return at;
  const whole = opensLine && (format === "yaml" || format === "settings" || (depth > 0 && opensLine === "inside"));
  at += matchAt(SCHEME, text, at)?.[0].length ?? 0;
  const bare = (limit: number) => bareValue(text, at, depth, limit, whole ? "comment" : "blank", format === "xml");
  const value = bare(JUDGED);
  if (!whole && separator[0].includes(": ") && !opensLine && /^[A-Za-z]+[.,;!?]?$/.test(value.text)) return at;
  if (/pwd$/i.test(name.text) && /^(?:[A-Za-z]:)?[\/\\]/.test(value.text)) return at;
  return take(bare, kind, found);
}

/** `--name value`, `["--name","value"]`, and sentences: `password "value"`, `name value`. */
function takeUnassigned(line: RuleLine, name: Name, kind: NameKind, found: Findings): number {
  const { text } = line;
  const isFlag = /^-{1,2}[A-Za-z]/.test(name.text);
  if (isFlag && !isHint(kind)) {
    const comma = matchAt(LIST_ITEM, text, name.end);
    if (comma !== undefined) {
      const at = name.end + comma[0].length;
      const item = (limit: number) => quotedValue(text, at, line.nesting().depthAt(at), limit);
      return item(JUDGED)?.text.startsWith("-") ? at : take(item, kind, found);
    }
    if (matchAt(LIST_END, text, name.end) !== undefined) found.carry = "array-item";
  }
  const between = matchAt(WORDS_BETWEEN, text, name.end);
  if (between === undefined) return name.end;
  const at = name.end + between[0].length;
  if (text[at] === "-" || text[at] === "=" || text[at] === ":") return at;
  const depth = line.nesting().depthAt(at);
  const parse = (limit: number) =>
    quotedValue(text, at, depth, limit) ?? bareValue(text, at, depth, limit, "blank", false);
  const value = parse(JUDGED);
  if (isFlag && !isHint(kind)) {
    return /^(?:string|strings|stringArray|int|file|[A-Z_]+)$/.test(value.text) ? at : take(parse, kind, found);
  }
  const looks = kind === "password"
    ? looksTyped(value.text)
    : !isHint(kind) && value.text.length >= 12 && looksGenerated(value.text);
  return looks ? take(parse, kind, found) : at;
}

/** A list of strings on the same line: `"Authorization": ["Bearer x"]`. */
function takeList(line: RuleLine, kind: NameKind, at: number, found: Findings): number {
  const { text } = line;
  let i = at + 1;
  for (let items = 0; items < MAX_LIST; items++) {
    while (text[i] === " " || text[i] === ",") i++;
    const depth = line.nesting().depthAt(i);
    const start = i;
    const parse = (limit: number) => quotedValue(text, start, depth, Math.min(limit, MAX_LIST_TEXT));
    const value = parse(MAX_LIST_TEXT);
    if (value === undefined) break;
    take(parse, kind, found);
    for (i = value.end; text[i] === "\\";) i++;
    i++;
  }
  return at + 1;
}

/** The item after a flag in a list of one item a line. */
function takeArrayItem(line: RuleLine, found: Findings): void {
  const at = line.text.length - line.text.trimStart().length;
  const value = quotedValue(line.text, at, 0, MAX_LIST_TEXT);
  if (value !== undefined && !value.text.startsWith("-") && !isPlainlyNoSecret(value.text)) {
    found.hide.push({ start: value.start, end: value.end });
  }
}

/** Hides a value when it is a secret.
 * @param parse given how much to look at
 * @returns where to go on: after the value, or in it, since a harmless value may have names and values in it */
function take(parse: (limit: number) => Value | undefined, kind: NameKind, found: Findings): number {
  const start = parse(JUDGED);
  if (start === undefined) return 0;
  const value = withoutScheme(start);
  if (!isSecretValue(kind, value.text)) return start.start;
  const end = start.cut ? parse(Number.POSITIVE_INFINITY)!.end : start.end;
  found.hide.push({ start: value.start, end });
  return end;
}

function takeUntil(text: string, start: number, mark: string, kind: NameKind, found: Findings): number {
  return take(
    (limit) => {
      const window = limit < text.length ? text.slice(0, start + limit) : text;
      const end = window.indexOf(mark, start);
      return valueOf(window, start, end < 0 ? window.length : end, end < 0 && window.length < text.length);
    },
    kind,
    found,
  );
}

/** `Bearer x` → `x`: the scheme tells the reader what kind of credential was there. */
function withoutScheme(value: Value): Value {
  const scheme = matchAt(SCHEME, value.text, 0);
  if (scheme === undefined) return value;
  return { ...value, start: value.start + scheme[0].length, text: value.text.slice(scheme[0].length) };
}

/** Whether a name is the first thing on its line: of the file, or of a text inside a string of it. */
function beginsLine(text: string, start: number): "outside" | "inside" | undefined {
  const before = text.slice(Math.max(0, start - 80), start);
  if (start <= 80 && /^[ \t]*(?:- +)*(?:export +|set +)?["']?$/.test(before)) return "outside";
  return /\\n[ \t]*(?:- +)*(?:export +|set +)?["']?$/.test(before) ? "inside" : undefined;
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** The lines of a YAML block scalar (`password: |`), each of which is hidden. */
class Block {
  constructor(readonly indent: number, readonly kind: NameKind) {}

  /** @returns undefined when the block has ended before this line */
  next(text: string): Findings | undefined {
    const content = text.trim();
    if (content === "") return { hide: [], carry: this };
    const indent = indentOf(text);
    if (indent <= this.indent) return undefined;
    if (isPlainlyNoSecret(content)) return { hide: [], carry: this };
    return { hide: [{ start: indent, end: indent + content.length }], carry: this };
  }
}

/** `checksum/secret: 0a1b…` and its like say that a secret changed, not what it is. */
function isChecksumOf(text: string, start: number): boolean {
  return /(?:checksum|hash|digest|sha\d*|md5)\w{0,20}\/$/i.test(text.slice(Math.max(0, start - 60), start));
}

/** Letters, digits and `_ . - $`. */
function isNameCharacter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 45 && c <= 57 && c !== 47) || c === 95 || c === 36;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
