import type { Findings, RedactionRule, RuleLine, Span } from "../rule.ts";
import { type NameKind, nameKind } from "../secret_name.ts";
import { isSecretValue } from "../secret_value.ts";
import { stringEnd } from "../string_nesting.ts";

/** `{"name": "API_TOKEN", "value": "…"}` in JSON of any layout, also inside JSON strings of any depth. */
export const envPair: RedactionRule = {
  id: "env-pair",
  why: "Environment variables and settings in lists keep the name beside the value, not in front of it",
  // What names of secrets have in common: `"name"` alone stands on every third line of a Kubernetes object.
  keywords: ("pass pwd secret token key auth cred jwt cookie session signature connection otp salt _pat license sid " +
    "bearer login").split(" "),
  alsoHas: ["name", "key"],
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

const NAME = /(?<quote>\\{0,31}")(?:name|key)\k<quote>\s{0,4}:\s{0,4}\k<quote>(?<name>[\w.\/-]{1,200})\k<quote>/gi;
const VALUE = /\s{0,80},\s{0,80}(?<quote>\\{0,31}")value\k<quote>\s{0,4}:\s{0,4}\k<quote>/iy;
const VALUE_LINE = /^\s*"value"\s*:\s*"/i;
const NEXT_LINE = /\s*,\s*$/y;
const MAX_VALUE_BEFORE = 65_536;

/** Every name that the patterns below could find, and more: where none of them means a secret, nothing is looked for. */
const ANY_NAME = /(?:name|key)[\\"':\s]{1,80}(?<name>[\w.\/-]{1,200})/gi;

function namesSecret(text: string): boolean {
  ANY_NAME.lastIndex = 0;
  for (let match = ANY_NAME.exec(text); match !== null; match = ANY_NAME.exec(text)) {
    if (nameKind(match.groups!.name!) !== "none") return true;
  }
  return false;
}

function findPairs(line: RuleLine): Findings {
  const { text } = line;
  const found: Findings = { hide: [] };
  if (!isCarried(line.carried) && !namesSecret(text)) return found;
  findYamlPair(line, found);
  if (isCarried(line.carried)) {
    const value = valueLine(text, line.carried.kind);
    if (value !== undefined) found.hide.push(value);
  }
  for (const match of text.matchAll(NAME)) {
    const kind = nameKind(match.groups!.name!);
    if (kind === "none") continue;
    const quote = match.groups!.quote!, level = levelOf(quote), end = match.index + match[0].length;
    VALUE.lastIndex = end;
    const after = VALUE.exec(text);
    if (after !== null && after.groups!.quote === quote) {
      const start = end + after[0].length;
      const stop = stringEnd(text, start, level);
      take(text, { start, end: stop < 0 ? text.length : stop }, kind, found.hide);
      continue;
    }
    const before = valueBefore(text, match.index, quote);
    if (before !== undefined) {
      take(text, before, kind, found.hide);
      continue;
    }
    if (level > 0) continue;
    const above = /^\s*$/.test(text.slice(0, match.index)) ? line.previous() : undefined;
    const aboveValue = above === undefined ? undefined : valueLine(above, kind);
    if (aboveValue !== undefined) found.hideBefore = [aboveValue];
    NEXT_LINE.lastIndex = end;
    if (NEXT_LINE.test(text)) found.carry = { kind };
  }
  return found;
}

const YAML_NAME = /^(?<before>\s*(?:- +)?)["']?(?:name|key)["']?: +["']?(?<name>[\w.\/-]{1,200})["']?\s*$/i;
const YAML_VALUE = /^\s*(?:- +)?value: +(?<value>\S.*)$/;
const YAML_FLOW =
  /[{,] ?(?:name|key): ?["']?(?<name>[\w.\/-]{1,200})["']?, ?value: ?(?<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^,}\s]+)/gi;

/** The same in YAML: `- name: API_TOKEN` with `value: …` on the line after or before, and `{name: …, value: …}`. */
function findYamlPair(line: RuleLine, found: Findings): void {
  const { text } = line;
  const name = YAML_NAME.exec(text);
  if (name !== null) {
    const kind = nameKind(name.groups!.name!);
    if (kind === "none") return;
    found.carry = { kind };
    const above = line.previous();
    const startsItem = name.groups!.before!.includes("-");
    const value = above === undefined || startsItem ? undefined : yamlValue(above, kind);
    if (value !== undefined) found.hideBefore = [value];
  }
  if (isCarried(line.carried)) {
    const value = yamlValue(text, line.carried.kind);
    if (value !== undefined) found.hide.push(value);
  }
  for (const match of text.matchAll(YAML_FLOW)) {
    const value = match.groups!.value!, end = match.index + match[0].length;
    takeScalar(text, end - value.length, end, nameKind(match.groups!.name!), found.hide);
  }
}

function yamlValue(text: string, kind: NameKind): Span | undefined {
  const line = text.trimEnd();
  const value = YAML_VALUE.exec(line)?.groups?.value;
  if (value === undefined || /^[|>][-+\d]*$/.test(value)) return undefined;
  const spans: Span[] = [];
  takeScalar(text, line.length - value.length, line.length, kind, spans);
  return spans[0];
}

/** A scalar with or without quotes, which stay. */
function takeScalar(text: string, start: number, end: number, kind: NameKind, into: Span[]): void {
  const quoted = end - start >= 2 && /["']/.test(text[start]!) && text[end - 1] === text[start];
  take(text, quoted ? { start: start + 1, end: end - 1 } : { start, end }, kind, into);
}

function isCarried(carried: unknown): carried is { kind: NameKind } {
  return typeof carried === "object" && carried !== null && "kind" in carried;
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

/** The string of `"value":"…",` that ends right before a position. */
function valueBefore(text: string, position: number, quote: string): Span | undefined {
  const from = Math.max(0, position - MAX_VALUE_BEFORE);
  const window = text.slice(from, position);
  const tail = window.slice(-170);
  // The second pattern alone would try each blank of an indent as its beginning.
  const comma = /,\s{0,80}$/.test(tail) ? /\s{0,80},\s{0,80}$/.exec(tail) : null;
  if (comma === null) return undefined;
  const end = position - comma[0].length - quote.length;
  if (!text.startsWith(quote, end)) return undefined;
  const head = new RegExp(
    `${quote.replaceAll("\\", "\\\\")}value${quote.replaceAll("\\", "\\\\")}\\s{0,4}:\\s{0,4}${
      quote.replaceAll("\\", "\\\\")
    }`,
    "gi",
  );
  let start = -1;
  for (const match of window.matchAll(head)) start = from + match.index + match[0].length;
  return start >= 0 && start <= end && stringEnd(text, start, levelOf(quote)) === end ? { start, end } : undefined;
}

function take(text: string, span: Span, kind: NameKind, into: Span[]): void {
  if (isSecretValue(kind, text.slice(span.start, Math.min(span.end, span.start + 600)))) into.push(span);
}
