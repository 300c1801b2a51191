import { concatBytes } from "../core/concat_bytes.ts";
import { fromBytes, toBytes } from "./latin1.ts";
import { type FileMasks, HIDDEN, maskSpans } from "./mask.ts";
import { DATA_LINE, keyColumn, KIND_LINE, spansOfSecrets } from "./secret_data.ts";
import type { Emit, Report, Stage, Step } from "./stage.ts";
import { textFormatOf } from "./text_format.ts";
import { quoteYamlMasks } from "./yaml_quoting.ts";

/** Hides the values of Secrets whose `data` stands before `kind`, as `kubectl get secret -o yaml` prints them: lines are held
 * back from `data:` on until the kind of the object is known. Everything else of a Secret is the rule's (`rule`). */
export function secretDataStage(rule: string): Stage {
  return {
    start(path, report, masks = HIDDEN) {
      // logs have no manifests, and are most of the bytes
      return /\.log(?:\.\d+)?$/i.test(path) ? undefined : new SecretDataStep(rule, path, report, masks);
    },
    concerns: hasWordSecret,
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
  readonly #masks: FileMasks;
  /** Lines from `data:` on, while the kind of their object is not known. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Column of the keys of that object, or -1. */
  #column = -1;
  /** A line whose end has not come yet. */
  #rest = new Uint8Array();
  /** True behind the beginning of a line that was passed on. */
  #inLine = false;
  #count = 0;
  #hidden = 0;

  constructor(rule: string, path: string, report: Report, masks: FileMasks) {
    this.#rule = rule;
    this.#path = path;
    this.#report = report;
    this.#masks = masks;
  }

  push(chunk: Uint8Array, emit: Emit): void {
    if (this.#inLine && chunk.indexOf(LF) < 0) return emit(chunk);
    const bytes = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk]);
    const end = endOfLines(bytes);
    this.#rest = bytes.slice(end);
    if (end > 0) this.#takeLines(bytes.subarray(0, end), emit);
    const passes = this.#inLine || this.#rest.length > (this.#column < 0 ? MAX_DATA_LINE : MAX_HELD_BYTES);
    if (!passes || this.#rest.length === 0) return;
    this.#release(emit);
    emit(this.#rest);
    this.#rest = new Uint8Array();
    this.#inLine = true;
  }

  end(emit: Emit): void {
    if (this.#rest.length > 0) {
      if (this.#column >= 0) this.#held.push(this.#rest);
      else emit(this.#rest);
    }
    this.#release(emit);
    this.#report({ rule: this.#rule, count: this.#count, bytesHidden: this.#hidden, builtIn: true });
  }

  /** @param bytes whole lines, the first of which may have begun earlier */
  #takeLines(bytes: Uint8Array, emit: Emit): void {
    let at = 0;
    if (this.#inLine) {
      at = bytes.indexOf(LF) + 1;
      emit(bytes.subarray(0, at));
      this.#inLine = false;
    }
    while (at < bytes.length) {
      if (this.#column >= 0) {
        const end = endOfObject(bytes, at, this.#column);
        this.#hold(bytes.subarray(at, end < 0 ? bytes.length : end), emit);
        if (end < 0) return;
        this.#release(emit);
        at = end;
        continue;
      }
      const data = findDataLine(bytes, at);
      if (data === undefined) return emit(bytes.subarray(at));
      if (data.end > at) emit(bytes.subarray(at, data.end));
      this.#column = data.column;
      at = data.end;
    }
  }

  #hold(lines: Uint8Array, emit: Emit): void {
    if (lines.length > 0) this.#held.push(lines.slice());
    this.#heldBytes += lines.length;
    if (this.#heldBytes > MAX_HELD_BYTES) this.#release(emit, false);
  }

  /** Lets go of what was held, without the values of a Secret. */
  #release(emit: Emit, known = true): void {
    const held = concatBytes(this.#held);
    if (held.length > 0) emit(known ? this.#hideSecret(held) : held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#column = -1;
  }

  #hideSecret(held: Uint8Array): Uint8Array {
    const lines = [" ".repeat(this.#column) + "data:", ...fromBytes(held).split("\n")];
    const spans = spansOfSecrets(lines);
    if (spans.length === 0) return held;
    for (const { line, span } of spans) {
      const masked = maskSpans(lines[line]!, [span], this.#rule, this.#masks);
      lines[line] = quoteYamlMasks(masked.text, textFormatOf(this.#path));
      this.#count += masked.count;
      this.#hidden += masked.hidden;
    }
    return toBytes(lines.slice(1).join("\n"));
  }
}

/** Whether `Secret` is in it, in UTF-16 too. Of a file of a cluster, other capital letters are few. */
function hasWordSecret(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(WORD[0]!); at >= 0; at = bytes.indexOf(WORD[0]!, at + 1)) {
    const step = bytes[at + 1] === 0 ? 2 : 1;
    if (WORD.every((byte, i) => bytes[at + i * step] === byte)) return true;
  }
  return false;
}

const WORD = toBytes("Secret");

/** Behind the last line feed. */
function endOfLines(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] !== LF) end--;
  return end;
}

const COLON = 58, BRACE = 123;

const latin1 = new TextDecoder("latin1");
/** What is looked at in one go: most of it has nothing of the kind. */
const WINDOW_BYTES = 8192;
const MAY_BE_DATA = /(?<!meta)data(?::\s|\\*": \{)/i;

/** Behind the next line that is nothing but `data:` or `"data": {`, and the column of its key. */
function findDataLine(bytes: Uint8Array, from: number): { end: number; column: number } | undefined {
  for (let start = from; start < bytes.length;) {
    const feed = bytes.indexOf(LF, Math.min(start + WINDOW_BYTES, bytes.length - 1));
    const end = feed < 0 ? bytes.length : feed + 1;
    const window = bytes.subarray(start, end);
    const found = MAY_BE_DATA.test(latin1.decode(window)) ? dataLineIn(window) : undefined;
    if (found !== undefined) return { ...found, end: start + found.end };
    start = end;
  }
  return undefined;
}

function dataLineIn(bytes: Uint8Array): { end: number; column: number } | undefined {
  let start = 0;
  for (let end = bytes.indexOf(LF); end >= 0; start = end + 1, end = bytes.indexOf(LF, start)) {
    let last = end - 1;
    while (last > start && (bytes[last] === 32 || bytes[last] === 13)) last--;
    if (last - start < 4 || (bytes[last] !== COLON && bytes[last] !== BRACE) || end - start > MAX_DATA_LINE) continue;
    const text = fromBytes(bytes.subarray(start, end));
    if (DATA_LINE.test(text)) return { end: end + 1, column: keyColumn(text) };
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
