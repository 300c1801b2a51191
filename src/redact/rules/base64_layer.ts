import { gunzipSync } from "node:zlib";
import { fromBase64, fromBytes, toBytes } from "../latin1.ts";
import { KeywordScanner, SCAN_BYTES } from "../keyword_scanner.ts";
import { compileRule } from "../line_rule.ts";
import { lineStage } from "../line_stage.ts";
import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import type { Stage } from "../stage.ts";

/** Base64, and gzip in base64, of a text in which other rules would hide something: settings in a ConfigMap's binaryData,
 * releases of Helm, keys in a kubeconfig. The whole layer is hidden. */
export function base64Layer(rules: readonly RedactionRule[]): RedactionRule {
  const layers = new Layers(rules);
  return {
    id: "base64-layer",
    why: "Base64 hides nothing from whoever knows it",
    keywords: keywords(),
    find: (line) => layers.find(line),
    hides: [
      `"env.b64": "${btoa("DB_PASSWORD=hunter2\nLOG=info\n")}"`,
      `x: ${btoa("a: b\nauth:\n  clientSecret: hunter2\n")}`,
      `blob ${btoa("key\n-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA")} end`,
      `x: ${btoa("postgres://shop:hunter2@pg:5432/orders")}`,
      `twice ${btoa(btoa('{"user":"bob","password":"hunter2"}'))}`,
      `release: ${GZIPPED}`,
      `release: ${btoa(GZIPPED)}`,
      `${LONG.slice(0, 76)}\n${LONG.slice(76)}`,
      `"${LONG.slice(0, 76)}\\n${LONG.slice(76)}\\n"`,
    ],
    keeps: [
      "cGFzc3dvcmQ9aHVudGVyMg-and_more-that-is-none",
      `greeting: ${btoa("Welcome! No password is needed here.\n")}`,
      `ca: ${btoa("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n")}`,
      `x: ${btoa("secretName: checkout-tls\n")}`,
      `site: ${btoa("see https://shop.example.net/checkout\n")}`,
    ],
  };
}

/** A text in gzip: `{"config":{"password":"hunter2"}}` */
const GZIPPED = "H4sIAAAAAAAC/6tWSs7PS8tMV7KqVipILC4uzy9KUbJSyijNK0ktMlKqrQUA5u9q1iEAAAA=";
const LONG = btoa("# the settings of the shop, with words that say nothing of it\ndb_password=hunter2\nend=1\n");

const RUN = /[A-Za-z0-9+\/_-]{16,}={0,2}/g;
/** Lines of one base64 text, with line feeds of a string between them. */
const WRAPPED =
  /(?<![A-Za-z0-9+\/])[A-Za-z0-9+\/]{40,}(?:\\{1,15}r)?\\{1,15}n(?:[A-Za-z0-9+\/]{4,}={0,2}(?:\\{1,15}r)?\\{1,15}n)*(?:[A-Za-z0-9+\/]{4,}={0,2})?/g;
/** A line that is base64 and nothing else. */
const BASE64_LINE = /^\s*(?<run>[A-Za-z0-9+\/]{40,}={0,2})\s*$/;
const LAST_LINE = /^\s*(?<run>[A-Za-z0-9+\/]{4,}={0,2})\s*$/;
const MAX_RUN = 4 << 20, MAX_INNER = 16 << 20;
const MAX_DEPTH = 4;

class Layers {
  readonly #rules: readonly RedactionRule[];
  #stage: Stage | undefined;
  #scanner: KeywordScanner | undefined;

  constructor(rules: readonly RedactionRule[]) {
    this.#rules = rules;
  }

  find(line: RuleLine): Findings {
    const { text } = line;
    const hide: Span[] = [];
    const found: Findings = { hide };
    for (const { 0: run, index } of text.matchAll(RUN)) {
      if (run.length <= MAX_RUN && this.#isSecret(run, 1)) hide.push({ start: index, end: index + run.length });
    }
    for (const { 0: run, index } of text.matchAll(WRAPPED)) {
      const joined = run.replace(/\\+[nr]/g, "");
      if (joined.length <= MAX_RUN && this.#isSecret(joined, 1)) hide.push({ start: index, end: index + run.length });
    }
    this.#joinLines(line, found);
    return hide.length > 0 || found.carry !== undefined ? found : NOTHING;
  }

  /** Base64 that was broken into lines: what two of them hold together is hidden on both. */
  #joinLines(line: RuleLine, found: Findings): void {
    const here = (line.carried === undefined ? BASE64_LINE : LAST_LINE).exec(line.text)?.groups?.run;
    if (here === undefined) return;
    const carried = line.carried as Carried | undefined;
    const before = carried?.run ?? BASE64_LINE.exec(line.previous() ?? "")?.groups?.run;
    const isKey = carried?.key ?? false;
    if (isKey || (before !== undefined && this.#isSecret(before + here, 1))) {
      found.hide.push({ start: line.text.indexOf(here), end: line.text.indexOf(here) + here.length });
      if (before !== undefined && carried?.hidden !== true) {
        const above = line.previous() ?? "", start = above.indexOf(before);
        if (start >= 0) found.hideBefore = [{ start, end: start + before.length }];
      }
    }
    if (here.endsWith("=") || here.length < 40 || (carried?.lines ?? 0) > 500) return;
    const key = isKey || /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/.test(fromBase64(here));
    found.carry = { run: here, key, hidden: found.hide.length > 0, lines: (carried?.lines ?? 0) + 1 } satisfies Carried;
  }

  #isSecret(run: string, depth: number): boolean {
    const inner = unpack(fromBase64(run));
    if (inner === undefined) return false;
    if (this.#hasSecret(inner)) return true;
    return depth < MAX_DEPTH &&
      [...inner.matchAll(RUN)].some(({ 0: deeper }) =>
        deeper.length <= MAX_RUN && this.#mayHold(deeper) && this.#isSecret(deeper, depth + 1)
      );
  }

  #hasSecret(inner: string): boolean {
    this.#stage ??= lineStage(this.#rules.map(compileRule));
    let found = false;
    const step = this.#stage.start("layer.properties", ({ count }) => found ||= count > 0)!;
    step.push(toBytes(inner), () => {});
    step.end(() => {});
    // the first line of a key, whose body is in the next layer
    return found || /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/.test(inner);
  }

  #mayHold(run: string): boolean {
    this.#scanner ??= new KeywordScanner(keywords());
    const bytes = toBytes(run);
    for (let from = 0; from < bytes.length; from += SCAN_BYTES) {
      if (this.#scanner.scan(bytes, from, Math.min(from + SCAN_BYTES, bytes.length), 0).count > 0) return true;
    }
    return false;
  }
}

interface Carried {
  /** The line before. */
  run: string;
  /** Whether these are the lines of a private key's PEM. */
  key: boolean;
  /** Whether the line before is hidden already. */
  hidden: boolean;
  lines: number;
}

/** The text that bytes are, unpacked if they are gzip; undefined when they are no text. */
function unpack(inner: string): string | undefined {
  if (!inner.startsWith("\x1f\x8b")) return isText(inner) ? inner : undefined;
  try {
    const unpacked = fromBytes(gunzipSync(toBytes(inner), { maxOutputLength: MAX_INNER }));
    return isText(unpacked) ? unpacked : undefined;
  } catch {
    return undefined;
  }
}

/** Control characters other than blanks and the escape of colour codes are no part of a text. */
function isText(inner: string): boolean {
  if (inner.length < 8) return false;
  for (let i = 0; i < inner.length && i < 4096; i++) {
    const c = inner.charCodeAt(i);
    if ((c < 32 && (c < 9 || c > 13) && c !== 27) || c === 127) return false;
  }
  return true;
}

const WORDS = "password passwd secret token api_key apikey credential".split(" ");
const BEGINNINGS = "private key|ghp_|xoxb-|AKIA|postgres://|postgresql://|mysql://|redis://|amqp://|mongodb".split("|");
/** How gzip begins in base64, and gzip, JSON and PEM in base64 of base64. */
const LAYERS = ["h4sia", "h4sic", "sdrzsuf", "sdrzsun", "zxlk", "tfmwd"];

/** How words look in base64 at each of the three places where a byte can lie. */
function keywords(): string[] {
  const cased = WORDS.flatMap((word) => [word, word.toUpperCase(), word[0]!.toUpperCase() + word.slice(1)]);
  const found = new Set([...cased, ...BEGINNINGS, "PRIVATE KEY"].flatMap(inBase64).map((word) => word.toLowerCase()));
  return [...LAYERS, ...[...found].filter((word) => word.length >= 5)];
}

/** The three ways, without the characters that neighbours take part in. */
function inBase64(word: string): string[] {
  return [0, 1, 2].map((shift) => {
    const text = btoa("\0".repeat(shift) + word).replace(/=+$/, "");
    return text.slice([0, 2, 3][shift]!, Math.floor(((shift + word.length) * 8) / 6));
  });
}
