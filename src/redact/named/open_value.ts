import type { Span } from "../rule.ts";
import type { NameKind } from "../secret_name.ts";
import { isPlainlyNoSecret, isSecretValue, looksGenerated, looksTyped } from "../secret_value.ts";
import { backslashesBefore, quoteLevel } from "../string_nesting.ts";
import type { TextLine } from "../text_lines.ts";
import { quotedValue } from "../value_span.ts";

/** A value that began on an earlier line, or whose name stood there. */
export interface OpenValue {
  /** What is hidden on the next line, and what is still open after it.
   * @returns undefined when the value had ended before this line */
  next(text: string, line: TextLine): { hide: Span[]; open?: OpenValue; whole?: boolean } | undefined;
}

const MAX_LINES = 1000;

/** The lines of a YAML block scalar (`password: |`), each of which is hidden. */
export class BlockScalar implements OpenValue {
  constructor(readonly indent: number) {}

  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    const { from, to } = content(text, line);
    if (from === to) return { hide: [], open: this, whole: true };
    if (from - line.start <= this.indent) return undefined;
    const hide = isPlainlyNoSecret(text.slice(from, Math.min(to, from + 600))) ? [] : [{ start: from, end: to }];
    return { hide, open: this, whole: true };
  }
}

/** The line after `name:` (YAML, JSON) or after `<name>`. */
export class NextLine implements OpenValue {
  /** @param style where the name stood: `yaml` also begins a list of items with dashes */
  constructor(readonly indent: number, readonly kind: NameKind, readonly style: "yaml" | "json" | "xml" | "text") {}

  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    const { from, to } = content(text, line);
    if (from === to) return undefined;
    const indent = from - line.start;
    if (this.style === "yaml" && indent >= this.indent && text.startsWith("- ", from)) {
      return new Items(indent, this.kind, true).next(text, line);
    }
    if (this.style === "xml") return xmlText(text, from, to, this.kind);
    if (indent <= this.indent) return undefined;
    const value = quotedValue(text, from, line.depth, 65_536);
    if (value !== undefined) {
      if (value.end > to || /^\\*["']?\s*[:=]/.test(text.slice(value.end, value.end + 40))) return undefined;
      const hide = isSecretValue(this.kind, value.text) ? [{ start: value.start, end: value.end }] : [];
      return { hide };
    }
    // var_dump of PHP: `string(8) "hunter2"`
    const dumped = /^string\(\d{1,6}\) "/.exec(text.slice(from, from + 30));
    if (dumped !== null) {
      return { hide: [{ start: from + dumped[0].length, end: to - (text[to - 1] === '"' ? 1 : 0) }] };
    }
    const word = text.slice(from, Math.min(to, from + 600));
    if (this.style === "json" || /[:=]\s|^[-#{\[<|]|\s\S+\s|:$/.test(word)) return undefined;
    if (this.style === "text" && !looksTyped(word)) return undefined;
    return { hide: isSecretValue(this.kind, word) ? [{ start: from, end: to }] : [] };
  }
}

function xmlText(text: string, from: number, to: number, kind: NameKind): ReturnType<OpenValue["next"]> {
  const tag = /^<(?:value|string|data|param-value|default)>/i.exec(text.slice(from, from + 20));
  const start = tag === null ? from : from + tag[0].length;
  const close = text.indexOf("<", start);
  const end = close < 0 || close > to ? to : close;
  if (end === start || (tag === null && close === from)) return undefined;
  return { hide: isSecretValue(kind, text.slice(start, Math.min(end, start + 600))) ? [{ start, end }] : [] };
}

/** A list of one item a line: `"passwords": [`, or YAML's `passwords:` with dashes below. */
export class Items implements OpenValue {
  constructor(readonly indent: number, readonly kind: NameKind, readonly dashes: boolean, readonly lines = 0) {}

  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    let { from, to } = content(text, line);
    if (from === to || this.lines > MAX_LINES) return undefined;
    const open = new Items(this.indent, this.kind, this.dashes, this.lines + 1);
    if (this.dashes) {
      if (from - line.start !== this.indent || !text.startsWith("- ", from)) return undefined;
      for (from++; text[from] === " ";) from++;
    }
    const value = quotedValue(text, from, line.depth, 65_536);
    if (value !== undefined) {
      if (/^\\*["']?\s*:/.test(text.slice(value.end, value.end + 40))) return undefined;
      return { hide: isSecretValue(this.kind, value.text) ? [{ start: value.start, end: value.end }] : [], open };
    }
    if (!this.dashes) return undefined;
    const word = text.slice(from, Math.min(to, from + 600));
    if (/[:=]\s|^[{\[&*!|>]|\s\S+\s|:$/.test(word)) return undefined;
    return { hide: isSecretValue(this.kind, word) ? [{ start: from, end: to }] : [], open };
  }
}

/** The item after a flag, in a list of one item a line. */
export class ItemAfterFlag implements OpenValue {
  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    let { from, to } = content(text, line);
    const dash = text.startsWith("- ", from);
    if (dash) { for (from++; text[from] === " ";) from++; }
    const value = quotedValue(text, from, line.depth, 65_536);
    const word = value?.text ?? text.slice(from, Math.min(to, from + 600));
    if (from === to || isFlag(word) || isPlainlyNoSecret(word) || /\s/.test(word) && value === undefined) {
      return undefined;
    }
    if (value === undefined && !dash && !looksTyped(word) && !looksGenerated(word)) return undefined;
    return { hide: [value === undefined ? { start: from, end: to } : { start: value.start, end: value.end }] };
  }
}

/** An option, and no secret that happens to begin with a dash. */
export function isFlag(value: string): boolean {
  return value.startsWith("-") && (value.startsWith("--") || value.length < 12 || !looksGenerated(value.slice(1)));
}

/** A string whose closing quote is on a later line. The mask stands in the first line: the others are emptied, since another mask would
 * be taken for the beginning of a value of its own in YAML. */
export class OpenQuote implements OpenValue {
  constructor(readonly quote: string, readonly depth: number, readonly lines = 0) {}

  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    if (this.lines > MAX_LINES) return undefined;
    const { from, to } = content(text, line);
    const end = this.#close(text, line.start, line.end);
    if (end < 0) {
      const hide = to > from ? [{ start: from, end: to, drop: true }] : [];
      return { hide, open: new OpenQuote(this.quote, this.depth, this.lines + 1), whole: true };
    }
    return { hide: end > from ? [{ start: from, end, drop: true }] : [] };
  }

  #close(text: string, start: number, end: number): number {
    for (let i = text.indexOf(this.quote, start); i >= 0 && i < end; i = text.indexOf(this.quote, i + 1)) {
      const backslashes = backslashesBefore(text, i, start);
      if (this.quote.startsWith("'") && backslashes === 0) return i;
      const level = quoteLevel(backslashes);
      if (level <= this.depth) return i - ((1 << level) - 1);
    }
    return -1;
  }
}

/** A value of a properties file that goes on after a backslash at the end of the line. */
export class Continuation implements OpenValue {
  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    const { from, to } = content(text, line);
    if (from === to) return undefined;
    const goesOn = backslashesBefore(text, to, from) % 2 === 1;
    const end = goesOn ? to - 1 : to;
    return { hide: end > from ? [{ start: from, end }] : [], open: goesOn ? this : undefined, whole: true };
  }
}

const MEMBER =
  /(?:^|[{,\s])\\*["']?(?:value|default|plaintext|plain_text|stringvalue|content)\\*["']?\s{0,20}[:=]\s{0,20}(?=\\*["'])/gi;

/** The members of an object whose name says that it holds a secret: `"db_password": {"sensitive": true, "value": "…"}`,
 * `variable "db_password" { default = "…" }`. */
export class Members implements OpenValue {
  constructor(readonly indent: number, readonly kind: NameKind, readonly lines = 0) {}

  next(text: string, line: TextLine): ReturnType<OpenValue["next"]> {
    const { from, to } = content(text, line);
    if (from === to || from - line.start <= this.indent || this.lines > 30) return undefined;
    return {
      hide: secretMembers(text, from, to, line.depth, this.kind),
      open: new Members(this.indent, this.kind, this.lines + 1),
    };
  }
}

/** What is secret in the members between two positions. */
export function secretMembers(text: string, from: number, to: number, depth: number, kind: NameKind): Span[] {
  const hide: Span[] = [];
  const begin = Math.max(0, from - 1);
  for (const member of text.slice(begin, to).matchAll(MEMBER)) {
    const value = quotedValue(text, begin + member.index + member[0].length, depth, 65_536);
    if (value === undefined || !isSecretValue(kind, value.text)) continue;
    if (kind === "password" || looksTyped(value.text) || looksGenerated(value.text)) {
      hide.push({ start: value.start, end: value.end });
    }
  }
  return hide;
}

function content(text: string, line: TextLine): { from: number; to: number } {
  let { start: from, end: to } = line;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return { from, to };
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9 || c === 13;
}
