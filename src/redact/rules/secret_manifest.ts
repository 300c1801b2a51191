import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import { DATA_LINE, dataSpan, isPublic, keyColumn, KIND_LINE, spansOfSecrets } from "../secret_data.ts";
import { stringEnd } from "../string_nesting.ts";
import { innerLinesOf, linesAfter } from "../text_lines.ts";

/** All values of Kubernetes Secrets: in YAML manifests, in pretty JSON, and in JSON on one line or inside strings. Where `data`
 * stands on lines before `kind`, secret_data_stage.ts looks ahead. */
export const secretManifest: RedactionRule = {
  id: "secret-manifest",
  why: "Everything in a Secret was put there because it is one, whatever its key is called",
  keywords: [
    "kind: secret",
    'kind: "secret"',
    '"kind": "secret',
    '"kind":"secret',
    'kind\\":\\"secret',
    'kind\\\\\\":\\\\\\"secret',
    'kind\\": \\"secret',
    "kind:secret",
  ],
  find: findSecrets,
  hides: [
    "kind: Secret\ndata:\n  user: aHVudGVyMg==",
    "kind: Secret\nmetadata:\n  name: x\nstringData:\n  note: |\n    pin=1234\ntype: Opaque",
    '{"kind":"Secret","data":{"x":"aHVudGVyMg=="}}',
    '{"apiVersion":"v1","data":{"x":"aHVudGVyMg=="},"kind":"Secret"}',
    '"a":"{\\"data\\":{\\"x\\":\\"aHVudGVyMg==\\"},\\"kind\\":\\"Secret\\"}"',
    '  "kind": "Secret",\n  "data": {\n    "x": "aHVudGVyMg=="\n  }',
    '{"kind":"SecretList","items":[{"metadata":{"name":"x"},"data":{"x":"aHVudGVyMg=="}}]}',
    '{\n  "kind": "SecretList",\n  "items": [\n    {\n      "data": {\n        "x": "aHVudGVyMg=="',
    "{kind: Secret, stringData: {x: hunter2}}",
    '{"m":"apiVersion: v1\\ndata:\\n  x: aHVudGVyMg==\\nkind: Secret\\n"}',
  ],
  keeps: [
    "kind: Secret\nmetadata:\n  name: aHVudGVyMg\n---\nkind: ConfigMap\ndata:\n  user: shop",
    '{"kind":"ConfigMap","data":{"x":"aHVudGVyMg=="}}',
    '{"kind":"Secret","metadata":{"name":"x"},"type":"Opaque"}',
    "kind: Secret\ndata:\n  tls.crt: " + btoa("-----BEGIN CERTIFICATE-----\nMIID\n"),
    "kind: SecretStore\ndata:\n  a: b",
    '{"data":{"x":"y"},"group":[{"kind":"Secret"}]}',
    '{"subjects":[{"kind":"Secret","name":"x"}]}',
  ],
};

const INLINE_KIND = /(?<quote>\\{0,31}")kind\k<quote>\s?:\s?\k<quote>Secret(?<list>List)?\k<quote>/g;
const FLOW_KIND = /[{,]\s?kind:\s?["']?Secret["']?[,}]/;
const FLOW_VALUE = /[{,]\s?[\w.-]{1,253}:\s?(?<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^,{}\s"']{1,4000})(?=\s?[,}])/g;
const MAX_LINES = 20_000;

/** Where in a manifest of several lines the line before was. */
interface Manifest {
  /** Of the keys of the object. */
  column: number;
  /** Whether in `data` or `stringData`: the column of that key, or -1. */
  data: number;
  /** A SecretList: every `data` in it, however deep, is a Secret's. */
  list: boolean;
  lines: number;
}

function findSecrets(line: RuleLine): Findings {
  const { text } = line;
  const next = line.carried === undefined ? undefined : nextLine(text, line.carried as Manifest);
  if (next !== undefined && next.hide.length > 0) return next;
  const kind = KIND_LINE.exec(text);
  const name = kind?.groups?.yaml ?? kind?.groups?.json;
  if (name === "Secret" || name === "SecretList") {
    const carry: Manifest = { column: keyColumn(text), data: -1, list: name === "SecretList", lines: 0 };
    return { hide: [], carry };
  }
  const hide: Span[] = [];
  for (const match of text.matchAll(INLINE_KIND)) {
    hideInline(text, match.index, match.groups!.quote!, match.groups!.list !== undefined, hide);
  }
  if (FLOW_KIND.test(text)) hideFlow(text, hide);
  hideInner(line, hide);
  return hide.length > 0 || next !== undefined ? { hide, carry: next?.carry } : NOTHING;
}

function nextLine(text: string, known: Manifest): Findings | undefined {
  const content = text.trim();
  const carry: Manifest = { ...known, lines: known.lines + 1 };
  if (content === "" || content.startsWith("#")) return { hide: [], carry };
  const column = keyColumn(text);
  if (/^(?:---|\.\.\.)/.test(text) || column < known.column || known.lines > MAX_LINES) return undefined;
  if (column === known.column && !known.list && content.startsWith("- ")) return undefined;
  if (column <= known.data) carry.data = -1;
  if (DATA_LINE.test(text) && (column === known.column || known.list)) carry.data = column;
  else if (carry.data >= 0) {
    const span = dataSpan(text);
    if (span !== undefined) return { hide: [span], carry };
  }
  return { hide: [], carry };
}

/** Manifests of several lines in strings. */
function hideInner(ruleLine: RuleLine, hide: Span[]): void {
  const { text } = ruleLine;
  const inner = innerLinesOf(ruleLine);
  let done = -1;
  inner.forEach((line, i) => {
    if (line.start <= done) return;
    const lines = [line, ...linesAfter(inner, i)];
    done = lines.at(-1)!.start;
    for (const { line: number, span } of spansOfSecrets(lines.map(({ start, end }) => text.slice(start, end)))) {
      const { start } = lines[number]!;
      hide.push({ start: start + span.start, end: start + span.end });
    }
  });
}

/** `{kind: Secret, stringData: {pin: "1234"}}`: YAML in flow style. */
function hideFlow(text: string, hide: Span[]): void {
  for (const data of text.matchAll(/[{,]\s?(?:data|stringData):\s?(?=\{)/g)) {
    const from = data.index + data[0].length, close = text.indexOf("}", from);
    const end = close < 0 ? text.length : close + 1;
    for (const { 0: pair, index, groups } of text.slice(from, end).matchAll(FLOW_VALUE)) {
      const value = groups!.value!, quoted = /^["']/.test(value) ? 1 : 0;
      const last = from + index + pair.length;
      if (!isPublic(value)) hide.push({ start: last - value.length + quoted, end: last - quoted });
    }
  }
}

/** `"data":{…}` of the object with this `"kind":"Secret"`, before or after it. */
function hideInline(text: string, kindAt: number, quote: string, list: boolean, hide: Span[]): void {
  const level = levelOf(quote);
  // not further than another object's kind: each part of the line is looked at twice at most
  const mark = `${quote}kind${quote}`;
  if (list) return hideList(text, kindAt, quote, hide);
  const from = Math.max(0, kindAt === 0 ? 0 : text.lastIndexOf(mark, kindAt - 1));
  const next = text.indexOf(mark, kindAt + 1);
  const before = text.slice(from, kindAt), after = text.slice(kindAt, next < 0 ? text.length : next);
  for (const name of ["data", "stringData"]) {
    const head = `${quote}${name}${quote}:{`;
    const earlier = before.lastIndexOf(head), later = after.indexOf(head);
    if (earlier >= 0 && isOneObject(text, from + earlier, kindAt, quote, level)) {
      hideStrings(text, from + earlier + head.length, quote, level, hide);
    }
    if (later >= 0 && isOneObject(text, kindAt, kindAt + later, quote, level)) {
      hideStrings(text, kindAt + later + head.length, quote, level, hide);
    }
  }
}

/** Every `data` up to the next object that has a kind. */
function hideList(text: string, kindAt: number, quote: string, hide: Span[]): void {
  const next = text.indexOf(`${quote}kind${quote}`, kindAt + 1);
  const window = text.slice(kindAt, next < 0 ? text.length : next);
  for (const name of ["data", "stringData"]) {
    const head = `${quote}${name}${quote}:{`;
    for (let at = window.indexOf(head); at >= 0; at = window.indexOf(head, at + 1)) {
      hideStrings(text, kindAt + at + head.length, quote, levelOf(quote), hide);
    }
  }
}

function levelOf(quote: string): number {
  return Math.round(Math.log2(quote.length));
}

/** Whether two keys belong to the same object: what is opened between them is closed there. */
function isOneObject(text: string, first: number, second: number, quote: string, level: number): boolean {
  let depth = 0;
  for (let i = first; i < second; i++) {
    const c = text[i];
    if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    else if (text.startsWith(quote, i)) {
      const end = stringEnd(text, i + quote.length, level);
      if (end < 0) return false;
      i = end + quote.length - 1;
    }
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** The strings that are values in a flat object, from after its `{`. */
function hideStrings(text: string, at: number, quote: string, level: number, hide: Span[]): void {
  for (let i = at; text.startsWith(quote, i);) {
    const keyEnd = stringEnd(text, i + quote.length, level);
    const valueAt = keyEnd + quote.length + 1 + quote.length;
    if (keyEnd < 0 || !text.startsWith(`:${quote}`, keyEnd + quote.length)) return;
    const end = stringEnd(text, valueAt, level);
    if (end < 0) return;
    if (!isPublic(text.slice(valueAt, end))) hide.push({ start: valueAt, end });
    i = end + quote.length;
    if (text[i] !== ",") return;
    i++;
  }
}
