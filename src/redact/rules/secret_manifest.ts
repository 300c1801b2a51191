import { fromBase64 } from "../latin1.ts";
import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import { isPlainlyNoSecret } from "../secret_value.ts";
import { stringEnd } from "../string_nesting.ts";

/** All values of Kubernetes Secrets: in YAML manifests, in pretty JSON, and in JSON on one line or inside strings. */
export const secretManifest: RedactionRule = {
  id: "secret-manifest",
  why: "Everything in a Secret was put there because it is one, whatever its key is called",
  keywords: [
    "kind: secret",
    'kind: "secret"',
    '"kind": "secret"',
    '"kind":"secret"',
    'kind\\":\\"secret',
    'kind\\\\\\":\\\\\\"secret',
  ],
  find: findSecrets,
  hides: [
    "kind: Secret\ndata:\n  user: aHVudGVyMg==",
    "kind: Secret\nmetadata:\n  name: x\nstringData:\n  note: |\n    pin=1234\ntype: Opaque",
    '{"kind":"Secret","data":{"x":"aHVudGVyMg=="}}',
    '{"apiVersion":"v1","data":{"x":"aHVudGVyMg=="},"kind":"Secret"}',
    '"a":"{\\"data\\":{\\"x\\":\\"aHVudGVyMg==\\"},\\"kind\\":\\"Secret\\"}"',
    '  "kind": "Secret",\n  "data": {\n    "x": "aHVudGVyMg=="\n  }',
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

const YAML_KIND = /^(?<indent>[ ]*)(?:- )?kind: ["']?Secret["']?\s*$/;
const PRETTY_KIND = /^(?<indent>\s*)"kind": "Secret",?\s*$/;
const INLINE_KIND = /(?<quote>\\{0,31}")kind\k<quote>\s?:\s?\k<quote>Secret\k<quote>/g;
const MAX_LINES = 20_000;

/** Where in a manifest of several lines the line before was. */
interface Manifest {
  format: "yaml" | "pretty";
  indent: number;
  /** Whether in `data` or `stringData`. */
  inData: boolean;
  lines: number;
}

function findSecrets(line: RuleLine): Findings {
  const { text } = line;
  if (line.carried !== undefined) {
    const known = line.carried as Manifest;
    return known.format === "yaml" ? nextYamlLine(text, known) : nextPrettyLine(text, known);
  }
  const yaml = YAML_KIND.exec(text);
  if (yaml !== null) {
    const indent = text.indexOf("kind");
    return { hide: [], carry: { format: "yaml", indent, inData: false, lines: 0 } satisfies Manifest };
  }
  const pretty = PRETTY_KIND.exec(text);
  if (pretty !== null) {
    const indent = pretty.groups!.indent!.length;
    return { hide: [], carry: { format: "pretty", indent, inData: false, lines: 0 } satisfies Manifest };
  }
  const hide: Span[] = [];
  for (const match of text.matchAll(INLINE_KIND)) hideInline(text, match.index, match.groups!.quote!, hide);
  return hide.length > 0 ? { hide } : NOTHING;
}

function nextYamlLine(text: string, known: Manifest): Findings {
  const content = text.trim();
  const indent = text.length - text.trimStart().length;
  const carry: Manifest = { ...known, lines: known.lines + 1 };
  if (content === "" || content.startsWith("#")) return { hide: [], carry };
  if (/^(?:---|\.\.\.)/.test(text) || indent < known.indent || known.lines > MAX_LINES) return NOTHING;
  if (indent === known.indent) {
    if (content.startsWith("- ")) return NOTHING;
    return { hide: [], carry: { ...carry, inData: /^(?:data|stringData):/.test(content) } };
  }
  if (!known.inData) return { hide: [], carry };
  const value = /^\s+(?:[\w.-]+|"[^"]*"|'[^']*'):\s+(?<value>\S.*)$/.exec(text.trimEnd());
  // a line without `key: ` is one of a block scalar
  const shown = value?.groups?.value ?? content;
  if (isPublic(shown.replace(/^["']|["']$/g, "")) || /^[|>][-+\d]*$/.test(shown)) return { hide: [], carry };
  const end = text.trimEnd().length, start = end - shown.length;
  const quoted = /^(["']).*\1$/.test(shown);
  return { hide: [{ start: quoted ? start + 1 : start, end: quoted ? end - 1 : end }], carry };
}

function nextPrettyLine(text: string, known: Manifest): Findings {
  const content = text.trim();
  const indent = text.length - text.trimStart().length;
  const carry: Manifest = { ...known, lines: known.lines + 1 };
  if (indent < known.indent || known.lines > MAX_LINES) return NOTHING;
  if (indent === known.indent) {
    const inData = /^"(?:data|stringData)": \{$/.test(content) || (known.inData && content !== "}," && content !== "}");
    return { hide: [], carry: { ...carry, inData } };
  }
  const value = known.inData ? /^\s*"(?:[^"\\]|\\.)*": "/.exec(text) : null;
  if (value === null) return { hide: [], carry };
  const start = value[0].length, end = stringEnd(text, start, 0);
  return { hide: end > start && !isPublic(text.slice(start, end)) ? [{ start, end }] : [], carry };
}

/** Nothing, references, and certificates, which every TLS server shows to everybody. */
function isPublic(value: string): boolean {
  if (isPlainlyNoSecret(value)) return true;
  const text = value.startsWith("LS0tLS1CRUdJTi") ? fromBase64(value) : value;
  return text.startsWith("-----BEGIN CERT") && !text.includes("PRIVATE KEY");
}

/** `"data":{…}` of the object with this `"kind":"Secret"`, before or after it. */
function hideInline(text: string, kindAt: number, quote: string, hide: Span[]): void {
  const level = Math.round(Math.log2(quote.length));
  // not further than another object's kind: each part of the line is looked at twice at most
  const mark = `${quote}kind${quote}`;
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
