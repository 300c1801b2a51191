import type { Findings, RedactionRule, RuleLine, Span } from "../rule.ts";
import { type NameKind, nameKind } from "../secret_name.ts";
import { isSecretValue } from "../secret_value.ts";
import { backslashesBefore, stringEnd } from "../string_nesting.ts";
import { innerLinesOf, type TextLine, wholeLine } from "../text_lines.ts";
import { BlockScalar } from "../named/open_value.ts";

/** `{"name": "API_TOKEN", "value": "…"}` in JSON of any layout, also inside JSON strings of any depth. */
export const envPair: RedactionRule = {
  id: "env-pair",
  why: "Environment variables and settings in lists keep the name beside the value, not in front of it",
  // What names of secrets have in common: `"name"` alone stands on every third line of a Kubernetes object.
  keywords: ("pass pwd secret token key auth cred jwt cookie session signature connection otp salt _pat license sid " +
    "bearer login _pw psk seed").split(" "),
  alsoHas: [
    "name",
    "key",
    '"k"',
    '"k\\',
    'id"',
    "id:",
    "id\\",
    "variable",
    "property",
    "param",
    'field"',
    'header"',
    'setting"',
    'option"',
  ],
  find: findPairs,
  hides: [
    '{"name":"API_KEY","value":"hunter2"}',
    '{"value":"hunter2","name":"API_KEY"}',
    '{"key": "clientSecret", "value": "hunter2"}',
    '"a":"{\\"name\\":\\"SMTP_PASS\\",\\"value\\":\\"hunter2\\"}"',
    '"name": "SMTP_PASS",\n  "value": "hunter2"',
    '"value": "hunter2",\n  "name": "SMTP_PASS"',
    '{"name":"DB","x":"{\\"env\\":[{\\\\\\"name\\\\\\":\\\\\\"PRIVATE_KEY\\\\\\",\\\\\\"value\\\\\\":\\\\\\"hunter2\\\\\\"}]}"}',
    "- name: API_KEY\n  value: hunter2",
    "  - name: API_KEY\n    value: 'hunter2'",
    "- value: hunter2\n  name: API_KEY",
    "env: [{name: API_KEY, value: hunter2}]",
    '{"name":"API_KEY","description":"a, b","secure":true,"value":"hunter2"}',
    '  "name": "API_KEY",\n  "type": "plain",\n  "value": "hunter2"',
    "- name: API_KEY\n  description: of the shop\n  value: hunter2",
    "- name: API_KEY\n  value: |\n    hunter2\n- name: x",
    '{"ParameterKey":"ApiKey","ParameterValue":"hunter2"}',
    '{"a.yaml":"env:\\n- name: API_KEY\\n  value: hunter2\\n"}',
    '{"a.json":"[{\\n  \\"name\\": \\"API_KEY\\",\\n  \\"value\\": \\"hunter2\\"\\n}]"}',
  ],
  keeps: [
    "- name: API_KEY\n  valueFrom:",
    '- name: API_KEY\n  value: ""',
    "- name: SECRET_PROVIDER\n  value: kubernetes",
    "name: token\nvalues: x",
    '{"name":"API_KEY","value":""}',
    '{"name":"SECRET_PROVIDER","value":"kubernetes"}',
    '{"name":"DB_PASSWORD","value":"$(OTHER)"}',
    '{"name":"API_KEY","valueFrom":{"secretKeyRef":{"name":"db-login","key":"password"}}}',
    '"name": "API_KEY",\n  "valueFrom": {',
    '"name": "db",\n  "value": "hunter2"',
    '{"key":"password","name":"db-login"}',
  ],
};

const NAME_KEYS =
  "name|key|k|id|variable|property|param|parameter|parameterkey|parametername|field|header|setting|option";
const VALUE_KEYS = "value|val|v|data|parametervalue|content|default|text|stringvalue|plaintext";
/** Blanks between the parts of JSON, line feeds of JSON in a string included. */
const GAP = String.raw`(?:\s|\\{1,31}[nrt]){0,80}`;
const NAME = new RegExp(
  String.raw`(?<quote>\\{0,31}")(?:${NAME_KEYS})\k<quote>\s{0,4}:\s{0,4}\k<quote>(?<name>[\w.\/ -]{1,200})\k<quote>`,
  "gi",
);
const MEMBER = new RegExp(
  String.raw`${GAP},${GAP}(?<quote>\\{0,31}")(?<key>[\w.-]{1,60})\k<quote>\s{0,4}:\s{0,4}`,
  "y",
);
const VALUE_KEY = new RegExp(`^(?:${VALUE_KEYS})$`, "i");
const VALUE_LINE = new RegExp(String.raw`^\s*"(?:${VALUE_KEYS})"\s*:\s*"`, "i");
const NEXT_LINE = /\s*,\s*$/y;
const MAX_VALUE_BEFORE = 65_536;
/** Members of an object, or lines, between the name and the value. */
const MAX_BETWEEN = 12;

/** Every name that the patterns below could find, and more: where none of them means a secret, nothing is looked for. */
const ANY_NAME = new RegExp(String.raw`(?<![A-Za-z_])(?:${NAME_KEYS})[\\"':\s]{1,80}(?<name>[\w.\/ -]{1,200})`, "gi");

/** On every line that has a name and a value … */
const HAS_VALUE = new RegExp(String.raw`(?:${VALUE_KEYS})\\{0,31}["']?\s{0,4}:`, "i");
/** … and what is on those that have a name alone, and the value on another line: the name comes first, or a comma last. */
const NAME_FIRST = new RegExp(String.raw`^[\s{[-]*\\*["']?(?:${NAME_KEYS})\\*["']?\s*:`, "i");
const COMMA_LAST = /,\s*$/;

/** A pair of which the name was on an earlier line. */
interface OpenPair {
  kind: NameKind;
  /** Where the name's key stood. */
  indent: number;
  lines: number;
}

function namesSecret(text: string): boolean {
  if (!HAS_VALUE.test(text) && !NAME_FIRST.test(text) && !COMMA_LAST.test(text.slice(-80))) return false;
  ANY_NAME.lastIndex = 0;
  for (let match = ANY_NAME.exec(text); match !== null; match = ANY_NAME.exec(text)) {
    if (nameKind(match.groups!.name!) !== "none") return true;
  }
  return false;
}

function findPairs(line: RuleLine): Findings {
  const { text } = line;
  const found: Findings = { hide: [] };
  const carried = line.carried as OpenPair | BlockScalar | undefined;
  if (carried instanceof BlockScalar) {
    const next = carried.next(text, wholeLine(text));
    if (next !== undefined) return { hide: next.hide, carry: next.open };
  } else if (carried !== undefined) goOn(text, carried, found);
  if (!namesSecret(text)) return found;
  const whole = wholeLine(text);
  found.carry = findYamlPair(text, whole, () => line.previous(), found) ?? found.carry;
  findInnerPairs(line, found);
  for (const match of text.matchAll(NAME)) {
    const kind = nameKind(match.groups!.name!);
    if (kind !== "none") findPair(line, match, kind, found);
  }
  return found;
}

function findPair(line: RuleLine, match: RegExpMatchArray, kind: NameKind, found: Findings): void {
  const { text } = line;
  const quote = match.groups!.quote!, level = levelOf(quote), end = match.index! + match[0].length;
  const after = valueAfter(text, end, quote, level);
  const value = after.value ?? valueBefore(text, match.index!, quote);
  if (value !== undefined) return take(text, value, kind, found.hide);
  if (level > 0) return;
  const above = /^\s*$/.test(text.slice(0, match.index)) ? line.previous() : undefined;
  const aboveValue = above === undefined ? undefined : valueLine(above, kind);
  if (aboveValue !== undefined) found.hideBefore = [aboveValue];
  NEXT_LINE.lastIndex = after.at;
  if (NEXT_LINE.test(text)) found.carry = { kind, indent: indentOf(text), lines: 0 } satisfies OpenPair;
}

/** The string of `"value"` after a name, with other members between them. */
function valueAfter(text: string, at: number, quote: string, level: number): { value?: Span; at: number } {
  for (let count = 0; count < MAX_BETWEEN; count++) {
    MEMBER.lastIndex = at;
    const member = MEMBER.exec(text);
    if (member === null || member.groups!.quote !== quote) return { at };
    const start = at + member[0].length;
    if (text.startsWith(quote, start)) {
      const stop = stringEnd(text, start + quote.length, level);
      const end = stop < 0 ? text.length : stop;
      if (VALUE_KEY.test(member.groups!.key!)) return { value: { start: start + quote.length, end }, at };
      if (stop < 0 || stop - start > MAX_VALUE_BEFORE) return { at };
      at = stop + quote.length;
    } else {
      const scalar = /^[\w.+-]{1,40}/.exec(text.slice(start, start + 40));
      if (scalar === null) return { at };
      at = start + scalar[0].length;
    }
  }
  return { at };
}

/** A line after the one with the name. */
function goOn(text: string, open: OpenPair, found: Findings): void {
  const indent = indentOf(text);
  if (text.trim() === "" || indent < open.indent || open.lines > MAX_BETWEEN || /^\s*[}\]]/.test(text)) return;
  if (indent === open.indent || open.lines === 0) {
    const json = valueLine(text, open.kind);
    if (json !== undefined) return void found.hide.push(json);
    const yaml = YAML_VALUE.exec(text.trimEnd());
    if (yaml !== null) {
      if (/^[|>][-+\d]*$/.test(yaml.groups!.value!)) found.carry = new BlockScalar(indent);
      else found.hide.push(...yamlValue(text, open.kind));
      return;
    }
    if (VALUE_LINE.test(text) || /^\s*-\s/.test(text)) return;
  }
  found.carry = { ...open, lines: open.lines + 1 } satisfies OpenPair;
}

const YAML_NAME = new RegExp(
  String.raw`^(?<before>\s*(?:- +)?)\\*["']?(?:${NAME_KEYS})\\*["']?: +\\*["']?(?<name>[\w.\/ -]{1,200}?)\\*["']?\s*$`,
  "i",
);
const YAML_VALUE = /^\s*(?:- +)?(?:value|val|default|content): +(?<value>\S.*)$/;
const YAML_FLOW =
  /[{,] ?(?:name|key): ?["']?(?<name>[\w.\/-]{1,200})["']?, ?value: ?(?<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^,}\s]+)/gi;

/** The same in YAML: `- name: API_TOKEN` with `value: …` on a line after it or on the one before, and `{name: …, value: …}`.
 * @returns what goes on on the next line */
function findYamlPair(
  text: string,
  line: TextLine,
  previous: () => string | undefined,
  found: Findings,
): OpenPair | undefined {
  const here = text.slice(line.start, line.end);
  for (const match of line.depth > 0 || !/value:/i.test(here) ? [] : here.matchAll(YAML_FLOW)) {
    const value = match.groups!.value!, end = match.index + match[0].length;
    takeScalar(text, end - value.length, end, nameKind(match.groups!.name!), found.hide);
  }
  const name = here.length > 400 ? null : YAML_NAME.exec(here);
  if (name === null) return undefined;
  const kind = nameKind(name.groups!.name!);
  if (kind === "none") return undefined;
  const above = name.groups!.before!.includes("-") ? undefined : previous();
  if (above !== undefined) {
    const value = yamlValue(above, kind);
    if (value.length > 0) found.hideBefore = value;
  }
  return { kind, indent: indentOf(here), lines: 0 };
}

/** Pairs in texts of several lines in strings. */
function findInnerPairs(ruleLine: RuleLine, found: Findings): void {
  const { text } = ruleLine;
  let open: OpenPair | BlockScalar | undefined;
  for (const line of innerLinesOf(ruleLine)) {
    const here = text.slice(line.start, line.end);
    const inside: Findings = { hide: [] };
    if (open instanceof BlockScalar) {
      const next = open.next(here, wholeLine(here));
      open = next?.open as BlockScalar | undefined;
      inside.hide.push(...next?.hide ?? []);
    } else if (open !== undefined) {
      goOn(here, open, inside);
      open = inside.carry as typeof open;
    }
    for (const { start, end } of inside.hide) found.hide.push({ start: line.start + start, end: line.start + end });
    open = findYamlPair(text, line, () => undefined, inside) ?? open;
  }
}

function yamlValue(text: string, kind: NameKind): Span[] {
  const line = text.trimEnd();
  const value = YAML_VALUE.exec(line)?.groups?.value;
  const spans: Span[] = [];
  if (value !== undefined && !/^[|>][-+\d]*$/.test(value)) {
    takeScalar(text, line.length - value.length, line.length, kind, spans);
  }
  return spans;
}

/** A scalar with or without quotes, which stay. */
function takeScalar(text: string, start: number, end: number, kind: NameKind, into: Span[]): void {
  const quote = /^\\*["']/.exec(text.slice(start, start + 40))?.[0];
  const quoted = quote !== undefined && end - start >= 2 * quote.length && text.endsWith(quote, end);
  take(text, quoted ? { start: start + quote.length, end: end - quote.length } : { start, end }, kind, into);
}

function indentOf(text: string): number {
  return /^[ \t]*(?:- +)*/.exec(text)![0].length;
}

function levelOf(quote: string): number {
  return Math.round(Math.log2(quote.length));
}

function valueLine(text: string, kind: NameKind): Span | undefined {
  const start = VALUE_LINE.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const end = stringEnd(text, start, 0);
  const spans: Span[] = [];
  take(text, { start, end: end < 0 ? text.length : end }, kind, spans);
  return spans[0];
}

const COMMA_BEFORE = new RegExp(`${GAP},${GAP}$`);
const VALUE_HEAD = new RegExp(String.raw`"(?:${VALUE_KEYS})\\{0,31}"\s{0,4}:\s{0,4}$`, "i");

/** The string of `"value":"…",` that ends right before a position. */
function valueBefore(text: string, position: number, quote: string): Span | undefined {
  const comma = COMMA_BEFORE.exec(text.slice(Math.max(0, position - 170), position));
  if (comma === null) return undefined;
  const end = position - comma[0].length - quote.length;
  if (!text.startsWith(quote, end)) return undefined;
  const from = Math.max(0, end - MAX_VALUE_BEFORE);
  for (let at = text.lastIndexOf('"', end - 1); at >= from; at = text.lastIndexOf('"', at - 1)) {
    if (backslashesBefore(text, at, from) !== quote.length - 1) continue;
    const start = at + 1;
    return VALUE_HEAD.test(text.slice(Math.max(0, start - 120), start - quote.length)) ? { start, end } : undefined;
  }
  return undefined;
}

function take(text: string, span: Span, kind: NameKind, into: Span[]): void {
  if (isSecretValue(kind, text.slice(span.start, Math.min(span.end, span.start + 600)))) into.push(span);
}
