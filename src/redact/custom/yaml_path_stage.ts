import { concatBytes } from "../../core/concat_bytes.ts";
import { fromBytes, toBytes } from "../latin1.ts";
import { type FileMasks, HIDDEN, hide } from "../mask.ts";
import { RedactionError } from "../redaction_error.ts";
import type { Span } from "../rule.ts";
import type { Emit, Report, Stage, Step } from "../stage.ts";
import { stringEnd } from "../string_nesting.ts";
import { textFormatOf } from "../text_format.ts";
import { scanJson } from "./json_values.ts";
import { StructurePath } from "./structure_path.ts";
import { beginsLikeYaml, findInYaml, isWholeYaml } from "./yaml_values.ts";

/** Files with structure are read whole: up to this size as JSON … */
const MAX_JSON_BYTES = 64 << 20;
/** … and as YAML, whose reader takes about fifty times the memory. */
const MAX_YAML_BYTES = 16 << 20;
/** How much of a file says whether it has structure. */
const HEAD_BYTES = 64 << 10;

export interface NamedPath {
  /** What reports call it. */
  name: string;
  path: string;
}

/** Hides the values that paths lead to, in YAML and JSON files; every other byte stays. Files that are neither pass. */
export function yamlPathStage(paths: NamedPath[], appliesTo: ((path: string) => boolean) | undefined): Stage {
  const compiled = paths.map(({ path }) => new StructurePath(path));
  return {
    start(path, report, masks = HIDDEN) {
      if (appliesTo?.(path) === false) return undefined;
      return new StructuredFile(path, paths, compiled, report, masks);
    },
  };
}

class StructuredFile implements Step {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #state: "unknown" | "json" | "yaml" | "neither" = "unknown";

  constructor(
    readonly path: string,
    readonly names: NamedPath[],
    readonly paths: StructurePath[],
    readonly report: Report,
    readonly masks: FileMasks,
  ) {}

  push(chunk: Uint8Array, emit: Emit): void {
    if (this.#state === "neither") return emit(chunk);
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#state === "unknown" && this.#bytes >= HEAD_BYTES) this.#decide(emit);
    const limit = this.#state === "yaml" ? MAX_YAML_BYTES : MAX_JSON_BYTES;
    if (this.#bytes > limit) {
      throw RedactionError.tooLarge(this.path, "a redactor's yamlPath applies to it, and it is a file", limit);
    }
  }

  end(emit: Emit): void {
    if (this.#state === "neither" || this.#bytes === 0) return;
    const bytes = concatBytes(this.#pieces);
    const text = fromBytes(bytes);
    const json = scanJson(text, this.paths);
    if (json.state === "complete") return this.#hide(text, json.found, '"', emit, bytes);
    if (bytes.length > MAX_YAML_BYTES) throw RedactionError.tooLarge(this.path, "it is a YAML file", MAX_YAML_BYTES);
    const found = findInYaml(text, this.paths);
    if (found === undefined) return emit(bytes);
    this.#hide(text, found, "'", emit, bytes);
  }

  #decide(emit: Emit): void {
    const head = fromBytes(concatBytes(this.#pieces));
    const { state } = scanJson(head, []);
    const whole = head.slice(0, head.lastIndexOf("\n") + 1);
    if (state === "incomplete") this.#state = "json";
    else if (textFormatOf(this.path) === "yaml" || beginsLikeYaml(whole === "" ? head : whole)) this.#state = "yaml";
    else {
      this.#state = "neither";
      for (const piece of this.#pieces) emit(piece);
      this.#pieces = [];
    }
  }

  #hide(text: string, found: Span[][], quote: string, emit: Emit, bytes: Uint8Array): void {
    const out: string[] = [];
    let at = 0;
    const all = found.flatMap((spans, number) => spans.map((span) => ({ ...span, number })));
    all.sort((a, b) => a.start - b.start || b.end - a.end);
    for (const { start, end, number } of all) {
      if (start < at) continue;
      const { name, path } = this.names[number]!;
      const before = text.slice(start, end);
      const isString = isQuoted(before);
      const value = isString ? before.slice(1, -1) : before;
      const mask = hide(value, name, `${path}: `, this.masks);
      if (mask === value) continue;
      // In its own quotes what stays around a token needs no other escapes than it has.
      const inside = isString ? before[0]! : quote;
      // A list may stand right below its key, where a scalar may not.
      const indent = quote === "'" && /^-\s/.test(before) ? " " : "";
      const escaped = isString || quote === '"' ? mask : mask.replaceAll("'", "''");
      out.push(text.slice(at, start), indent, inside, escaped, inside);
      at = end;
      this.report({ rule: name, count: 1, bytesHidden: end - start, builtIn: false });
    }
    if (at === 0) return emit(bytes);
    out.push(text.slice(at));
    const hidden = out.join("");
    if (quote === "'" && !isWholeYaml(hidden)) {
      throw new RedactionError(
        `Cannot redact "${this.path}": without the hidden values it is no YAML any more`,
        "REDACTION_YAML_PATH",
        "Anchors inside hidden values are used elsewhere in the file: hide the single values instead",
      );
    }
    emit(toBytes(hidden));
  }
}

/** True for one string in quotes, of JSON or YAML; not for a map that begins and ends with one. */
function isQuoted(text: string): boolean {
  if (text.length < 2 || text.at(-1) !== text[0]) return false;
  if (text[0] === '"') return stringEnd(text, 1, 0) === text.length - 1;
  return text[0] === "'" && !text.slice(1, -1).replaceAll("''", "").includes("'");
}
