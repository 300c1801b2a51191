import { type Findings, NOTHING, type RuleLine } from "../rule.ts";
import { isHint, type NameKind, nameKind } from "../secret_name.ts";
import { isSecretValue, looksGenerated, looksTyped, UUID } from "../secret_value.ts";
import { innerLinesOf, lineAt, linesAfter, type TextLine, wholeLine } from "../text_lines.ts";
import { bareValue, quotedValue, type Value } from "../value_span.ts";
import { takeMarkup } from "./markup.ts";
import { isPartOfOther, type Name, nameAround, rootsIn } from "./name.ts";
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
import {
  ARGUMENT_OF,
  BEGINNING,
  BLOCK,
  BLOCK_SCALAR,
  CALL,
  CELL,
  CHANGED_TO,
  COLUMN,
  COMPARED,
  indentOf,
  isInQuotes,
  LIST_END,
  LIST_ITEM,
  matchAt,
  NODE_PROPERTIES,
  objectEnd,
  PROSE,
  SCHEME,
  SEPARATOR,
  TUPLE,
  TYPED,
  VALUE_IN_BRACES,
  withoutScheme,
  WORDS_BETWEEN,
} from "./syntax.ts";

/** Characters of a value that are enough to judge it. */
const JUDGED = 1200;
/** A quote with the backslashes before it. */
const MAX_QUOTE = 64;
const MAX_LIST = 1000, MAX_LIST_TEXT = 65_536;

/** Finds the values in a line whose names say that they are secret, and those that began on lines before it. */
export function findNamedValues(line: RuleLine): Findings {
  const search = new Search(line);
  if (line.carried !== undefined && search.goOn(line.carried as OpenValue)) return search.found;
  search.run();
  const { found } = search;
  return found.hide.length > 0 || found.carry !== undefined ? found : NOTHING;
}

class Search {
  readonly found: Findings = { hide: [] };
  readonly #line: RuleLine;
  readonly #inner: TextLine[];
  /** The name whose value is looked for. */
  #name = "";

  constructor(line: RuleLine) {
    this.#line = line;
    this.#inner = innerLinesOf(line);
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
    const roots = rootsIn(text);
    let done = 0;
    for (let root = roots.exec(text); root !== null; root = roots.exec(text)) {
      const name = nameAround(this.#line, root.index, roots.lastIndex, done);
      roots.lastIndex = Math.max(roots.lastIndex, name.end);
      const said = isPartOfOther(text, name) ? "none" : nameKind(name.text);
      // programs call many things tokens, and write words for them
      const kind = this.#line.format === "code" && (said === "secret" || said === "object") ? "login" : said;
      if (kind === "none") continue;
      const end = this.#takeValue(name, kind);
      done = Math.max(name.end, end);
      roots.lastIndex = Math.max(roots.lastIndex, end);
    }
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
    if (/^pwd$/i.test(name.text) && /^(?:[A-Za-z]:)?[\/\\]/.test(value.text)) return at;
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
      : !isHint(kind) && value.text.length >= 12 &&
        (looksGenerated(value.text) || (kind === "secret" && value.start > at && UUID.test(value.text)));
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
