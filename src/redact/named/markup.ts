import type { Findings } from "../rule.ts";
import type { NameKind } from "../secret_name.ts";
import { isSecretValue } from "../secret_value.ts";
import { NextLine } from "./open_value.ts";

const TAG_END = /(?:\s[^<>]{0,300})?>\s{0,40}(?:<!\[CDATA\[)?/y;
const ATTRIBUTE_TAG_END = /["'](?:\s[^<>]{0,300})?>\s{0,40}(?:<[\w:.-]{1,60}(?:\s[^<>]{0,300})?>)?(?:<!\[CDATA\[)?/y;
const VALUE_ATTRIBUTE = /["']\s{1,40}(?:value|connectionString|content)\s?=\s?["']/y;
const NAMING_ATTRIBUTE = /\b(?:name|key|property|param|field|label)\s?=\s?$/i;
/** `<name>db.password</name><value>…`, `<key>Password</key><string>…` */
const NAME_TAG_END = /\s{0,10}<\/(?:name|key|param-name|id)>\s{0,40}(?:<(?:value|string|data|param-value|default)>)?/y;

/** Values in markup: `<name>value</name>`, `<x name="name">value</x>`, `<x key="name" value="value"/>` and with the value first,
 * `<name>name</name><value>value</value>`.
 * @returns the end of what was looked at, undefined where the name is none of markup */
export function takeMarkup(
  text: string,
  name: { start: number; end: number },
  kind: NameKind,
  found: Findings,
): number | undefined {
  const before = text[name.start - 1];
  const asTag = before === "<" ||
    (before === ":" && /<\w{1,40}:$/.test(text.slice(Math.max(0, name.start - 42), name.start)));
  const asAttribute = (before === '"' || before === "'") &&
    NAMING_ATTRIBUTE.test(text.slice(Math.max(0, name.start - 20), name.start - 1));
  if (before === ">") return takeNamed(text, name.end, kind, found);
  if (!asTag && !asAttribute) return undefined;
  const tag = matchAt(asTag ? TAG_END : ATTRIBUTE_TAG_END, text, name.end);
  if (tag !== undefined && !tag[0].includes("/>")) {
    const start = name.end + tag[0].length;
    if (tag[0].endsWith("[")) return takeUntil(text, start, "]]>", kind, found);
    if (text.slice(start, start + 40).trim() === "" && start + 40 >= text.length && text.length > name.end) {
      if (asTag && isOnlyTag(text, name.start)) found.carry = new NextLine(0, kind, "xml");
      return start;
    }
    // a placeholder such as `<token>` is no element
    const rest = text.slice(start, start + 20_010);
    return /^[^<]{0,20000}<\//.test(rest) || (!rest.includes("<") && isOnlyTag(text, name.start))
      ? takeUntil(text, start, "<", kind, found)
      : name.end;
  }
  const attribute = asAttribute ? matchAt(VALUE_ATTRIBUTE, text, name.end) : undefined;
  if (attribute === undefined) return asAttribute ? takeAttributeBefore(text, name, kind, found) : undefined;
  return takeUntil(text, name.end + attribute[0].length, attribute[0].at(-1)!, kind, found);
}

function isOnlyTag(text: string, nameStart: number): boolean {
  return text.slice(0, nameStart).trim().length <= 41;
}

function takeNamed(text: string, end: number, kind: NameKind, found: Findings): number | undefined {
  const tag = matchAt(NAME_TAG_END, text, end);
  if (tag === undefined) return undefined;
  const start = end + tag[0].length;
  if (tag[0].endsWith("/name>") || tag[0].endsWith("/key>") || /<\/[\w-]+>\s*$/.test(tag[0])) {
    if (start >= text.trimEnd().length) found.carry = new NextLine(0, kind, "xml");
    return start;
  }
  return takeUntil(text, start, "<", kind, found);
}

/** `<add value="…" key="ApiSecret"/>` */
function takeAttributeBefore(
  text: string,
  name: { start: number; end: number },
  kind: NameKind,
  found: Findings,
): number | undefined {
  const from = Math.max(0, name.start - 1000);
  const window = text.slice(from, name.start);
  const at = window.lastIndexOf("value=");
  const match = at < 0
    ? null
    : /^value=(["'])([^"'<>]{0,900})\1\s{1,20}(?:key|name)\s?=\s?["']$/i.exec(window.slice(at));
  if (match === null) return undefined;
  if (isSecretValue(kind, match[2]!)) found.hide.push({ start: from + at + 7, end: from + at + 7 + match[2]!.length });
  return name.end;
}

const JUDGED = 600;

function takeUntil(text: string, start: number, mark: string, kind: NameKind, found: Findings): number {
  if (!isSecretValue(kind, valueUntil(text, start, mark, JUDGED))) return start;
  const close = text.indexOf(mark, start);
  const end = close < 0 ? text.length : close;
  found.hide.push({ start, end });
  return end;
}

function valueUntil(text: string, start: number, mark: string, limit: number): string {
  const window = text.slice(start, start + limit);
  const end = window.indexOf(mark);
  return (end < 0 ? window : window.slice(0, end)).trimEnd();
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
