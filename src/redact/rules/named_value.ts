import { type Findings, NOTHING, type RedactionRule, type RuleLine } from "../rule.ts";
import { FOREIGN_WORDS, isHint, type NameKind, nameKind } from "../secret_name.ts";
import { isSecretValue, looksGenerated, looksTyped, UUID } from "../secret_value.ts";
import { innerLines, lineAt, linesAfter, type TextLine, wholeLine } from "../text_lines.ts";
import { bareValue, quotedValue, type Value } from "../value_span.ts";
import { takeMarkup } from "./named_markup.ts";
import {
  BlockScalar,
  Continuation,
  isFlag,
  ItemAfterFlag,
  Items,
  Members,
  NextLine,
  OpenQuote,
  type OpenValue,
  secretMembers,
} from "./open_value.ts";

/** Values of settings whose names say that they are secret, in every syntax that has names and values. */
export const namedValue: RedactionRule = {
  id: "named-value",
  why: "A value that its own name calls a password, a token or a key opens what it belongs to",
  keywords: [
    ..."pass pwd secret token credential creds jwt cookie session authorization connectionstring connection_string"
      .split(" "),
    ...["connection-string", "signature", "access_key_id", "accesskeyid", "private_key_id", "key-data", "otp", "salt"],
    // `key` and `auth` are in too many words: only where they can end a name
    ...["key", "auth", "_pat", "license", "sid", "psk", "pw", "seed"].flatMap((w) =>
      ['"', "'", "\\", ":", "=", " =", " :", ">"].map((c) => w + c)
    ),
    ...[
      "_key ",
      "_key_",
      "wep_key",
      "%3d",
      "-key ",
      "clave=",
      "clave:",
      "api_key",
      "api-key",
      "apikey",
      "api key",
      "access-key",
      "access_key",
      "secret-key",
      "unseal key",
      "keys",
    ],
    ...["authtok", "rootpw", "bindpw", "pre_shared_key", "community", "security_answer", "securityanswer"],
    ..."kennwort geheimnis zugangsdaten wachtwoord senha contrase mdp: mdp= parola haslo".split(" "),
    ...FOREIGN_WORDS,
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

const ROOT = new RegExp(
  "pass|pwd|secret|token|key|auth|cred|jwt|cookie|session|signature|string|otp|salt|_pat|license|sid|phrase|psk|pw|hash|" +
    "community|answer|kennwort|geheim|zugangsdaten|wachtwoord|senha|contrase|mdp|parola|haslo|clave|seed|" +
    FOREIGN_WORDS.join("|"),
  "gi",
);
const MAX_NAME = 120;
/** Characters of a value that are enough to judge it. */
const JUDGED = 1200;
/** A quote with the backslashes before it. */
const MAX_QUOTE = 64;
const MAX_LIST = 1000, MAX_LIST_TEXT = 65_536;

function findNamedValues(line: RuleLine): Findings {
  const search = new Search(line);
  if (line.carried !== undefined && search.goOn(line.carried as OpenValue)) return search.found;
  search.run();
  const { found } = search;
  return found.hide.length > 0 || found.carry !== undefined ? found : NOTHING;
}

interface Name {
  text: string;
  start: number;
  end: number;
}

// Colour codes, raw or escaped.
const COLOUR = String.raw`(?:(?:\x1b|\\+u001b|\\+x1b|\\+033)\[[\d;]{0,12}m)?`;
const SEPARATOR = new RegExp(
  String.raw`${COLOUR}(?<quote>\\{0,31}["'\x60])?(?:\*\*)?\]?${COLOUR}[ \t]{0,40}` +
    String
      .raw`(?:\\?=>|:=|(?<=[ \t])==(?=[ \t"'])|\\?[:=](?![:=])|::(?= )|%3D|~>)${COLOUR}[ \t]{0,80}${COLOUR}(?:\[\][a-z]{1,20}\{(?="))?`,
  "y",
);
/** `password: string = "…"`, `Password { get; set; } = "…"` */
const TYPED = /(?:\s?:\s?[&\w<>\[\]?.']{1,40}|\s?\{ get;[\w; ]{0,20}\})\s?=\s?(?=["'`])/y;
const COMPARED = /\s[!=]==?\s(?=["'])/y;
/** The next cell of a table in Markdown. */
const CELL = /[\x60*]{0,2}[ \t]{0,60}\|[ \t]{0,60}[\x60*]{0,2}(?=[^\s|])/y;
/** The next column of a table of two, or the value of a directive. */
const COLUMN = /(?:[ \t]{2,80}|\t)(?=\S)/y;
const LIST_ITEM = /(?<quote>\\{0,31}["'])(?:\s|\\{1,31}n){0,40},(?:\s|\\{1,31}n){0,40}(?=\\{0,31}["'])/y;
const LIST_END = /\\{0,31}["']?\s{0,40},?\s{0,40}$/y;
const CALL = /\\{0,31}["']?\((?=\\{0,31}["'])/y;
/** `variable "db_password" {` */
const BLOCK = /["']?\s{1,4}\{\s{0,4}$/y;
const TUPLE = /,\s?(?:<<)?(?=")|\s\.\s(?=")/y;
const ARGUMENT_OF = /(?:define|env|putenv|setenv|put|setProperty|set)\(\s?\\*["']$/i;
const WORDS_BETWEEN =
  /(?:[ \t]{1,4}(?:is|was|are|as|to|set to|set as|changed to|reset to|will be|lautet|ist))?:?[ \t]{1,4}\(?(?=\S)/y;
const PROSE =
  /[ \t](?:for|of|is generated for|para|de|f\xc3\xbcr)[ \t][^"'=:]{1,60}(?:: ?|[ \t](?:is|was|to)[ \t])(?=\S)/y;
const NODE_PROPERTIES = /(?:[&!][\w!-]{1,100}[ \t]{1,10})+/y;
const BLOCK_SCALAR = /^[|>][-+\d]{0,2}[ \t]*(?:#.*)?\r?$/;
const SCHEME = /(?:bearer|basic|token|digest|negotiate|apikey|geniekey|splunk|sharedkey|aws4-hmac-sha256)[ ]+(?=\S)/iy;
const CHANGED_TO = /\\{0,31}["'] -> (?=\\{0,31}["'])/y;
/** What may stand before a name that is the first thing on its line. */
const BEGINNING =
  /^[ \t]*(?:[-+~#;>][ \t]+)*(?:(?:export|set|declare -\w+|readonly|local|ENV|ARG|const|let|var|val)[ \t]+)?[[$@]?\\*["']?$/i;

class Search {
  readonly found: Findings = { hide: [] };
  readonly #line: RuleLine;
  readonly #inner: TextLine[];
  /** The name whose value is looked for. */
  #name = "";

  constructor(line: RuleLine) {
    this.#line = line;
    this.#inner = innerLines(line.text);
  }

  /** A value that began on an earlier line.
   * @returns true when the whole line belongs to it */
  goOn(open: OpenValue): boolean {
    const { text } = this.#line;
    const next = open.next(text, wholeLine(text));
    if (next === undefined) return false;
    this.found.hide.push(...next.hide);
    this.found.carry = next.open;
    return next.whole === true;
  }

  run(): void {
    const { text } = this.#line;
    ROOT.lastIndex = 0;
    let done = 0;
    for (let root = ROOT.exec(text); root !== null; root = ROOT.exec(text)) {
      const name = this.#nameAround(root.index, ROOT.lastIndex, done);
      ROOT.lastIndex = Math.max(ROOT.lastIndex, name.end);
      const said = isPartOfOther(text, name) ? "none" : nameKind(name.text);
      // programs call many things tokens, and write words for them
      const kind = this.#line.format === "code" && (said === "secret" || said === "object") ? "login" : said;
      if (kind === "none") continue;
      const end = this.#takeValue(name, kind);
      done = Math.max(name.end, end);
      ROOT.lastIndex = Math.max(ROOT.lastIndex, end);
    }
  }

  #nameAround(from: number, to: number, limit: number): Name {
    const { text } = this.#line;
    let start = from, end = to;
    while (start > limit && from - start < MAX_NAME && isNameCharacter(text.charCodeAt(start - 1))) start--;
    while (end < text.length && end - to < MAX_NAME && isNameCharacter(text.charCodeAt(end))) end++;
    let name = text.slice(start, end).replace(/^[\x80-\xbf]+/, "");
    // `\nNAME=` in a string, and the colour codes that loggers put before a name
    if (text[start - 1] === "\\" && this.#line.nesting().depthAt(start) > 0) name = name.replace(/^[nrt]/, "");
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

  /** @returns the end of what was looked at */
  #takeValue(name: Name, kind: NameKind): number {
    const { text } = this.#line;
    this.#name = name.text;
    const markup = takeMarkup(text, name, kind, this.found);
    if (markup !== undefined) return markup;
    const typed = matchAt(TYPED, text, name.end);
    if (typed !== undefined) return this.#takeQuoted(name.end + typed[0].length, kind);
    const other = matchAt(COMPARED, text, name.end) ??
      (text.slice(Math.max(0, name.start - 8), name.start).includes("|") ? matchAt(CELL, text, name.end) : undefined);
    if (other !== undefined) return this.#takeTyped(name.end + other[0].length, kind);
    const separator = matchAt(SEPARATOR, text, name.end);
    if (separator !== undefined) return this.#takeAssigned(name, kind, name.end + separator[0].length, separator);
    return this.#takeUnassigned(name, kind);
  }

  #takeQuoted(at: number, kind: NameKind): number {
    const depth = this.#line.nesting().depthAt(at);
    return this.#take((limit) => quotedValue(this.#line.text, at, depth, limit), kind);
  }

  #takeAssigned(name: Name, kind: NameKind, at: number, separator: RegExpExecArray): number {
    const { text, format } = this.#line;
    const depth = this.#line.nesting().depthAt(at);
    const number = lineAt(this.#inner, name.start);
    const here = number < 0 ? wholeLine(text) : this.#inner[number]!;
    const opensLine = name.start - here.start <= 120 && BEGINNING.test(text.slice(here.start, name.start));
    const open = (value: OpenValue) => this.#open(value, number);
    const indent = indentOf(text, here);
    if (at >= here.end || (here.end - at < 100 && text.slice(at, here.end).trim() === "")) {
      const style = separator.groups?.quote?.endsWith('"')
        ? "json"
        : format === "text" && depth === 0
        ? "text"
        : "yaml";
      if (opensLine && /[:>]/.test(separator[0]) && format !== "settings") open(new NextLine(indent, kind, style));
      return at;
    }
    if (opensLine && depth === 0 && text.slice(at, at + 20).trimEnd() === "\\") {
      open(new Continuation());
      return text.length;
    }
    const properties = opensLine || format === "yaml" ? matchAt(NODE_PROPERTIES, text, at) : undefined;
    if (properties !== undefined) at += properties[0].length;
    if (opensLine && !isHint(kind) && here.end - at < 200 && BLOCK_SCALAR.test(text.slice(at, here.end))) {
      open(new BlockScalar(indent));
      return here.end;
    }
    if (/^(?:"""|''')/.test(text.slice(at, at + 3)) && depth === 0) return this.#takeTripleQuoted(at, kind, open);
    if (text[at] === "'" && !/[\w$]/.test(text[at + 1] ?? "") && isInQuotes(text, at, ["'"])) return at;
    const quoted = (limit: number) => quotedValue(text, at, depth, limit);
    if (quoted(MAX_QUOTE) !== undefined) {
      const end = this.#take(quoted, kind);
      const again = matchAt(CHANGED_TO, text, end);
      if (again !== undefined) return this.#takeQuoted(end + again[0].length, kind);
      const quote = /^\\*(["'])/.exec(text.slice(at, at + MAX_QUOTE))?.[1];
      const closed = end < here.end || isHint(kind) || !opensLine || format === "json" || quote === undefined;
      if (!closed) open(new OpenQuote(quote, depth));
      return end;
    }
    if (text[at] === "[") {
      if (opensLine && here.end - at < 100 && text.slice(at + 1, here.end).trim() === "") {
        open(new Items(indent, kind, false));
      }
      return this.#takeList(kind, at);
    }
    const braces = kind === "password" ? /^\{([^{}"'\s]{4,200})\}(?=[;"'\\]|$)/.exec(text.slice(at, at + 210)) : null;
    if (braces !== null && separator[0].includes("=")) {
      this.found.hide.push({ start: at + 1, end: at + 1 + braces[1]!.length });
      return at + braces[0].length;
    }
    if (text[at] === "{" && !VALUE_IN_BRACES.test(text.slice(at, at + 50))) {
      const end = objectEnd(text, at, here.end);
      this.found.hide.push(...secretMembers(text, at, end, depth, kind));
      if (opensLine && here.end - at < 100 && text.slice(at + 1, here.end).trim() === "") {
        open(new Members(indent, kind));
      }
      return at;
    }
    // after a name in quotes, JSON has a number, true, false or null
    if (separator.groups?.quote?.endsWith('"') && format !== "yaml" && /[\d.,}\]tfn-]/.test(text[at]!)) return at;
    // in program text, what has no quotes is an expression
    if (separator[0].includes("==") || (format === "code" && depth === 0 && !isInQuotes(text, at))) return at;
    if (separator[0].endsWith("%3D")) return this.#takePercentEncoded(at, kind);
    if (/^\([a-z ]{3,40}\)/.test(text.slice(at, at + 45))) return at; // (sensitive value)
    if (text[at] === "<") {
      const placeholder = /^<([^<>]{1,200})>/.exec(text.slice(at, at + 210));
      if (placeholder !== null) return this.#takePlaceholder(at, placeholder[1]!);
    }
    const whole = opensLine && (format === "yaml" || format === "settings" || (depth > 0 && number >= 0));
    at += matchAt(SCHEME, text, at)?.[0].length ?? 0;
    const bare = (limit: number) => bareValue(text, at, depth, limit, whole ? "comment" : "blank", format === "xml");
    const value = bare(JUDGED);
    if (!whole && separator[0].includes(": ") && !opensLine && /^[A-Za-z]+[.,;!?]?$/.test(value.text)) return at;
    if (/pwd$/i.test(name.text) && /^(?:[A-Za-z]:)?[\/\\]/.test(value.text)) return at;
    const end = this.#take(bare, kind);
    if (end > at && opensLine && depth === 0 && text.trimEnd().endsWith("\\") && end >= here.end - 2) {
      open(new Continuation());
    }
    // `credentials: admin / hunter2`
    const second = /cred|login/i.test(name.text) ? /^ \/ (\S{6,200})/.exec(text.slice(end, end + 210)) : null;
    if (second !== null && looksTyped(second[1]!)) {
      this.found.hide.push({ start: end + 3, end: end + second[0].length });
    }
    return end;
  }

  /** In a connection string that is part of an address: `PWD%3Dhunter2%3B`. */
  #takePercentEncoded(at: number, kind: NameKind): number {
    const value = /^[^\s%"'&;\\]{1,1000}/.exec(this.#line.text.slice(at, at + JUDGED))?.[0] ?? "";
    if (isSecretValue(kind, value)) this.found.hide.push({ start: at, end: at + value.length });
    return at + value.length;
  }

  /** `<…>` stands for a value to be filled in, unless it is one. */
  #takePlaceholder(at: number, inside: string): number {
    const end = at + inside.length + 2;
    if (looksTyped(inside) && !/[\s']/.test(inside)) this.found.hide.push({ start: at + 1, end: end - 1 });
    return end;
  }

  /** `"""…"""` and `'''…'''` of TOML and ini files, on one line or several. */
  #takeTripleQuoted(at: number, kind: NameKind, open: (value: OpenValue) => void): number {
    const { text } = this.#line;
    const quote = text.slice(at, at + 3), start = at + 3;
    const close = text.indexOf(quote, start);
    const end = close < 0 ? text.trimEnd().length : close;
    if (isSecretValue(kind, text.slice(start, Math.min(end, start + JUDGED)))) this.found.hide.push({ start, end });
    if (close < 0 && !isHint(kind)) open(new OpenQuote(quote, 0));
    return end;
  }

  /** Lets a value go on: on the next line of the file, or of the text in a string that the name stands in. */
  #open(value: OpenValue, number: number): void {
    if (number < 0) {
      this.found.carry = value;
      return;
    }
    let open: OpenValue | undefined = value;
    for (const line of linesAfter(this.#inner, number)) {
      const next: ReturnType<OpenValue["next"]> = open.next(this.#line.text, line);
      if (next === undefined) return;
      this.found.hide.push(...next.hide);
      open = next.open;
      if (open === undefined) return;
    }
  }

  /** `--name value`, `["--name","value"]`, `name("value")`, and sentences: `password "value"`, `name value`. */
  #takeUnassigned(name: Name, kind: NameKind): number {
    const { text } = this.#line;
    const flag = /^-{1,2}[A-Za-z]/.test(name.text);
    const listed = this.#takeNext(name, kind, flag) ?? (isHint(kind) ? undefined : this.#takeProse(name, kind));
    if (listed !== undefined) return listed;
    const directive = flag ? undefined : this.#takeDirective(name, kind);
    if (directive !== undefined) return directive;
    const between = matchAt(WORDS_BETWEEN, text, name.end);
    if (between === undefined) return name.end;
    const at = name.end + between[0].length;
    if (text[at] === "=" || text[at] === ":" || (text[at] === "-" && !flag)) return at;
    if (!flag) return this.#takeTyped(at, kind);
    const parse = (limit: number) => this.#word(at, limit);
    const value = parse(JUDGED).text;
    return isFlag(value) || /^(?:string|strings|stringArray|int|file|[A-Z_]+)$/.test(value)
      ? at
      : this.#take(parse, kind);
  }

  /** `name  value` and `name "value"` with nothing else on the line. */
  #takeDirective(name: Name, kind: NameKind): number | undefined {
    const { text } = this.#line;
    if (isHint(kind) || name.start > 120 || !BEGINNING.test(text.slice(0, name.start))) return undefined;
    const quoted = /^[ \t]{1,40}(?=["'])/.exec(text.slice(name.end, name.end + 50));
    const gap = quoted ?? matchAt(COLUMN, text, name.end);
    if (gap === undefined || text.length > name.end + JUDGED || this.#line.format === "code") return undefined;
    const at = name.end + gap[0].length;
    const value = this.#word(at, JUDGED);
    const last = value.end + (value.start > at ? 1 : 0);
    if (text.slice(last).replace(/[\s;]/g, "") !== "") return undefined;
    const looks = quoted !== null || looksTyped(value.text) || looksGenerated(value.text) || UUID.test(value.text);
    return looks ? this.#take((limit) => this.#word(at, limit), kind) : undefined;
  }

  /** The value as the next item of a list, of arguments or of a tuple. */
  #takeNext(name: Name, kind: NameKind, flag: boolean): number | undefined {
    const { text } = this.#line;
    const comma = matchAt(LIST_ITEM, text, name.end);
    if (comma !== undefined) {
      const at = name.end + comma[0].length;
      const item = (limit: number) => quotedValue(text, at, this.#line.nesting().depthAt(at), limit);
      const value = item(JUDGED)?.text ?? "";
      const hidden = flag ? !isFlag(value) : ARGUMENT_OF.test(text.slice(Math.max(0, name.start - 20), name.start)) ||
        (kind === "password" ? value.length >= 8 && looksTyped(value) : looksGenerated(value));
      return hidden ? this.#take(item, kind) : at;
    }
    if (flag && matchAt(LIST_END, text, name.end) !== undefined) this.found.carry = new ItemAfterFlag();
    if (isHint(kind)) return undefined;
    const inBrackets = text[name.start - 1] === "{" || text[name.start - 1] === "(";
    if (matchAt(BLOCK, text, name.end) !== undefined) {
      this.found.carry = new Members(indentOf(text, wholeLine(text)), kind);
      return text.length;
    }
    const next = matchAt(CALL, text, name.end) ?? (inBrackets ? matchAt(TUPLE, text, name.end) : undefined);
    return next && this.#takeTyped(name.end + next[0].length, kind);
  }

  /** `password for root is x`, and `Password for the elastic user:` with the value on the next line. */
  #takeProse(name: Name, kind: NameKind): number | undefined {
    const { text, format } = this.#line;
    const prose = matchAt(PROSE, text, name.end);
    if (prose !== undefined) {
      const at = name.end + prose[0].length, end = this.#takeTyped(at, kind);
      return end > at ? end : undefined;
    }
    if (format === "text" && /^ for [^:]{1,60}:$/.test(text.slice(name.end, name.end + 70).trimEnd())) {
      this.found.carry = new NextLine(indentOf(text, wholeLine(text)), kind, "text");
    }
    return undefined;
  }

  #word(at: number, limit: number): Value {
    const { text } = this.#line;
    const depth = this.#line.nesting().depthAt(at);
    return quotedValue(text, at, depth, limit) ?? bareValue(text, at, depth, limit, "blank", false);
  }

  /** A value in a place where words stand as a rule: hidden when it is none. */
  #takeTyped(at: number, kind: NameKind): number {
    const value = this.#word(at, JUDGED);
    const looks = kind === "password"
      ? looksTyped(value.text) || (value.start > at && /^[0-9a-f]{8,}$/.test(value.text))
      : !isHint(kind) && value.text.length >= 12 && looksGenerated(value.text);
    return looks ? this.#take((limit) => this.#word(at, limit), kind) : at;
  }

  /** A list of strings on the same line: `"Authorization": ["Bearer x"]`, `password=[x]`. */
  #takeList(kind: NameKind, at: number): number {
    const { text } = this.#line;
    const depth = this.#line.nesting().depthAt(at + 1);
    if (/[^\s"'\\{[\]]/.test(text[at + 1] ?? " ")) return this.#takeBareItem(kind, at, depth);
    let i = at + 1;
    for (let items = 0; items < MAX_LIST; items++) {
      while (text[i] === " " || text[i] === ",") i++;
      const start = i;
      const parse = (limit: number) => quotedValue(text, start, depth, Math.min(limit, MAX_LIST_TEXT));
      const value = parse(MAX_LIST_TEXT);
      if (value === undefined) break;
      this.#take(parse, kind);
      for (i = value.end; text[i] === "\\";) i++;
      i++;
    }
    return at + 1;
  }

  #takeBareItem(kind: NameKind, at: number, depth: number): number {
    const { text } = this.#line;
    const from = at + 1 + (matchAt(SCHEME, text, at + 1)?.[0].length ?? 0);
    const end = this.#take((limit) => {
      const value = bareValue(text, from, depth, limit, "blank", false);
      const close = text.slice(from, value.end).indexOf("]");
      return close < 0 ? value : { ...value, end: from + close, text: value.text.slice(0, close), cut: false };
    }, kind);
    return Math.max(end, at + 1);
  }

  /** `"password": "password1"` is a label. */
  #repeatsName(value: string): boolean {
    const name = this.#name.replace(/^-+/, "").toLowerCase();
    return name.length > 3 && value.length - name.length <= 4 && value.toLowerCase().startsWith(name);
  }

  /** Hides a value when it is a secret.
   * @param parse given how much to look at
   * @returns where to go on: after the value, or in it, since a harmless value may have names and values in it */
  #take(parse: (limit: number) => Value | undefined, kind: NameKind): number {
    const start = parse(JUDGED);
    if (start === undefined) return 0;
    const value = withoutScheme(start);
    if (!isSecretValue(kind, value.text) || this.#repeatsName(value.text)) return start.start;
    const end = start.cut ? parse(Number.POSITIVE_INFINITY)!.end : start.end;
    this.found.hide.push({ start: value.start, end });
    return end;
  }
}

/** The first of two words that are a name together: `api key`, `mot de passe`. */
const FIRST_WORD = /(?:^|[^\w.$-])((?:mot de|secret|api|access|private|signing|pass|unseal) )$/i;
/** `{SSHA}…`, `{x}y` are values; `{{ … }}` is a reference. */
const VALUE_IN_BRACES = /^\{(?:\{|[\w+-]{1,40}\}[^\s,;}"'])/;

/** `Bearer x` → `x`: the scheme tells the reader what kind of credential was there. */
function withoutScheme(value: Value): Value {
  const scheme = matchAt(SCHEME, value.text, 0);
  if (scheme === undefined) return value;
  return { ...value, start: value.start + scheme[0].length, text: value.text.slice(scheme[0].length) };
}

/** Whether a quote that was opened before a position has not been closed there. */
function isInQuotes(text: string, at: number, quotes = ["'", '"', "`"]): boolean {
  const before = text.slice(Math.max(0, at - 400), at);
  return quotes.some((quote) => before.split(quote).length % 2 === 0);
}

/** The end of an object of one line, or of the line. */
function objectEnd(text: string, at: number, limit: number): number {
  const to = Math.min(limit, at + 4000);
  let depth = 0;
  for (let i = at; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 123) depth++;
    else if (c === 125 && --depth === 0) return i;
  }
  return to;
}

function indentOf(text: string, line: TextLine): number {
  let i = line.start;
  while (i < line.end && (text[i] === " " || text[i] === "\t" || (text[i] === "-" && text[i + 1] === " "))) i++;
  return i - line.start;
}

/** Names that are parts of something else: `arn:aws:…:secret:name`, `AWS::KMS::Key`, `(?<password>…)`, `checksum/secret`. */
function isPartOfOther(text: string, { start, end }: Name): boolean {
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

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
