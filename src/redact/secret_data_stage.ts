import { concatBytes } from "../core/concat_bytes.ts";
import { fromBytes, toBytes } from "./latin1.ts";
import { maskSpans } from "./mask.ts";
import { DATA_LINE, keyColumn, KIND_LINE, spansOfSecrets } from "./secret_data.ts";
import type { Emit, Report, Stage, Step } from "./stage.ts";
import { textFormatOf } from "./text_format.ts";
import { quoteYamlMasks } from "./yaml_quoting.ts";

/** Hides the values of Secrets whose `data` stands before `kind`, as `kubectl get secret -o yaml` prints them: lines are held
 * back from `data:` on until the kind of the object is known. Everything else of a Secret is the rule's (`rule`). */
export function secretDataStage(rule: string): Stage {
  return {
    start(path, report) {
      // logs have no manifests, and are most of the bytes
      return /\.log(?:\.\d+)?$/i.test(path) ? undefined : new SecretDataStep(rule, path, report);
    },
  };
}

/** A Secret has at most 1 MiB, and so has a ConfigMap: what is longer is neither. */
const MAX_HELD_BYTES = 4 << 20;
/** A line with `data:` on it is shorter. */
const MAX_DATA_LINE = 200;
const LF = 10;

class SecretDataStep implements Step {
  readonly #rule: string;
  readonly #path: string;
  readonly #report: Report;
  /** Bytes that wait for more: lines from `data:` on, or the beginning of a line. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** Column of the keys of the object whose kind is not known yet. */
  #column = -1;
  /** True in the middle of a line that was passed on. */
  #inLine = false;
  #count = 0;
  #hidden = 0;

  constructor(rule: string, path: string, report: Report) {
    this.#rule = rule;
    this.#path = path;
    this.#report = report;
  }

  push(chunk: Uint8Array, emit: Emit): void {
    const bytes = this.#kept.length === 0 ? chunk : concatBytes([...this.#kept, chunk]);
    const seen = this.#keptBytes;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#look(bytes, seen, emit);
  }

  end(emit: Emit): void {
    const rest = concatBytes(this.#kept);
    if (rest.length > 0) emit(this.#column < 0 ? rest : this.#decide(rest));
    this.#report({ rule: this.#rule, count: this.#count, bytesHidden: this.#hidden, builtIn: true });
  }

  #look(bytes: Uint8Array, seen: number, emit: Emit): void {
    let at = 0;
    if (this.#inLine) {
      at = bytes.indexOf(LF) + 1;
      if (at === 0) return emit(bytes);
      this.#inLine = false;
    }
    while (at < bytes.length) {
      if (this.#column < 0) {
        const data = findDataLine(bytes, at);
        if (data === undefined) break;
        if (data.start > 0) emit(bytes.subarray(0, data.start));
        bytes = bytes.subarray(data.start);
        this.#column = data.column;
        at = data.end - data.start;
        seen = 0;
        continue;
      }
      const from = Math.max(at, bytes.lastIndexOf(LF, Math.max(0, seen - 1)) + 1);
      const end = endOfObject(bytes, from, this.#column);
      if (end < 0) return this.#keep(bytes, emit);
      emit(this.#decide(bytes.subarray(0, end)));
      bytes = bytes.subarray(end);
      at = seen = 0;
      this.#column = -1;
    }
    this.#passAllButBeginning(bytes, emit);
  }

  #keep(bytes: Uint8Array, emit: Emit): void {
    if (bytes.length > MAX_HELD_BYTES) {
      this.#column = -1;
      return this.#passAllButBeginning(bytes, emit);
    }
    this.#kept = [bytes];
    this.#keptBytes = bytes.length;
  }

  /** What may be the beginning of a line with `data:` waits for its end. */
  #passAllButBeginning(bytes: Uint8Array, emit: Emit): void {
    const lineStart = bytes.lastIndexOf(LF) + 1;
    this.#inLine = bytes.length - lineStart > MAX_DATA_LINE;
    const end = this.#inLine ? bytes.length : lineStart;
    if (end > 0) emit(bytes.subarray(0, end));
    this.#kept = end < bytes.length ? [bytes.slice(end)] : [];
    this.#keptBytes = bytes.length - end;
  }

  #decide(held: Uint8Array): Uint8Array {
    const lines = fromBytes(held).split("\n");
    const spans = spansOfSecrets(lines);
    if (spans.length === 0) return held;
    for (const { line, span } of spans) {
      const masked = maskSpans(lines[line]!, [span]);
      lines[line] = quoteYamlMasks(masked.text, textFormatOf(this.#path));
      this.#count += masked.count;
      this.#hidden += masked.hidden;
    }
    return toBytes(lines.join("\n"));
  }
}

const D = 100, COLON = 58, BRACE = 123;

/** The next line that is nothing but `data:` or `"data": {`. */
function findDataLine(bytes: Uint8Array, from: number): { start: number; end: number; column: number } | undefined {
  for (let end = bytes.indexOf(LF, from); end >= 0; end = bytes.indexOf(LF, end + 1)) {
    let last = end - 1;
    while (last >= from && (bytes[last] === 32 || bytes[last] === 13)) last--;
    const ends = last - from > 3 && (bytes[last] === COLON || bytes[last] === BRACE);
    if (!ends) continue;
    const start = bytes.lastIndexOf(LF, last) + 1;
    if (end - start > MAX_DATA_LINE || !bytes.subarray(start, last).includes(D)) continue;
    const text = fromBytes(bytes.subarray(Math.max(start, from), end));
    if (DATA_LINE.test(text)) return { start: Math.max(start, from), end: end + 1, column: keyColumn(text) };
  }
  return undefined;
}

/** Behind the line that tells the kind of the object, or before the first line that is none of its; -1 when neither came. */
function endOfObject(bytes: Uint8Array, from: number, column: number): number {
  for (let at = from, feed = bytes.indexOf(LF, at); feed >= 0; at = feed + 1, feed = bytes.indexOf(LF, at)) {
    let first = at;
    while (bytes[first] === 32) first++;
    if (first - at > column || bytes[first] === LF || bytes[first] === 13) continue;
    const text = fromBytes(bytes.subarray(at, Math.min(feed, at + MAX_DATA_LINE)));
    if (keyColumn(text) < column || /^(?:---|\.\.\.)/.test(text) || text.startsWith("- ", column - 2)) return at;
    if (keyColumn(text) === column && KIND_LINE.test(text)) return feed + 1;
  }
  return -1;
}
