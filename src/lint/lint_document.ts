import { type Document, isMap, isScalar, type LineCounter, type Node, type Pair, type Scalar } from "yaml";
import { offsetOf, type SpecDocument } from "../spec/spec_document.ts";
import type { SpecKind } from "../spec/troubleshoot_documents.ts";
import type { Edit, Finding, Level } from "./finding.ts";
import { type Code, ruleOf } from "./rules.ts";

export type Path = readonly (string | number)[];

export interface ReportOptions {
  /** Where it shows: the value at the path unless told otherwise. */
  which?: "key" | "value";
  /** Instead of the path. */
  field?: string;
  /** A place of its own in the text. */
  offset?: number;
  level?: Level;
  suggestion?: string;
  edits?: Edit[];
}

/** A document that is being checked: its data, its nodes and the places of both, and what was found in it. */
export class LintDocument implements SpecDocument {
  /** Places have no name: who prints them knows it. */
  readonly source = "";
  readonly text: string;
  readonly data: Record<string, unknown>;
  readonly findings: Finding[];
  /** Set by the check of the head. */
  kind: SpecKind | undefined;
  readonly #lines: LineCounter;
  readonly #yaml: Document.Parsed;
  readonly #base: Path;

  /** @param base where in the YAML document the spec stands: in a List, below its items */
  constructor(
    { text, lines, yaml, data, findings }: {
      text: string;
      lines: LineCounter;
      yaml: Document.Parsed;
      data: Record<string, unknown>;
      findings: Finding[];
    },
    base: Path = [],
  ) {
    this.text = text;
    this.data = data;
    this.findings = findings;
    this.#lines = lines;
    this.#yaml = yaml;
    this.#base = base;
  }

  /** The same text, seen from an item of a List. */
  below(data: Record<string, unknown>, base: Path): LintDocument {
    const { text, findings } = this;
    return new LintDocument({ text, lines: this.#lines, yaml: this.#yaml, data, findings }, base);
  }

  place(path: Path, which: "key" | "value" = "value"): string {
    const { line, col } = this.#lines.linePos(this.offset(path, which));
    return `:${line}:${col}`;
  }

  offset(path: Path, which: "key" | "value" = "value"): number {
    return offsetOf(this.#yaml, [...this.#base, ...path], which);
  }

  position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  columnOf(offset: number): number {
    return this.#lines.linePos(offset).col;
  }

  /** Where the line of an offset ends, its line end excluded. */
  lineEnd(offset: number): number {
    const at = this.text.slice(offset).search(/\r?\n|$/);
    return offset + at;
  }

  node(path: Path): Node | undefined {
    const whole = [...this.#base, ...path];
    return (whole.length === 0 ? this.#yaml.contents : this.#yaml.getIn(whole, true)) as Node | undefined;
  }

  /** The key and the value at a path, as nodes. */
  pair(path: Path): Pair<Scalar, Node | null> | undefined {
    const parent = this.node(path.slice(0, -1));
    if (!isMap(parent)) return undefined;
    return parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) as
      | Pair<Scalar, Node | null>
      | undefined;
  }

  /** The value at a path, as data. */
  value(path: Path): unknown {
    return path.reduce<unknown>(
      (at, key) => typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[key] : undefined,
      this.data,
    );
  }

  report(code: Code, path: Path, message: string, options: ReportOptions = {}): void {
    const offset = options.offset ?? this.offset(path, options.which);
    const { line, col } = this.#lines.linePos(offset);
    const { level = ruleOf(code).level, suggestion, edits } = options;
    this.findings.push({
      code,
      level,
      line,
      column: col,
      message,
      field: options.field ?? fieldName(path),
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(edits === undefined ? {} : { edits }),
    });
  }

  /** The edit that writes another word in the place of the plain or quoted key or value at a path, in the same quotes. */
  rewrite(path: Path, which: "key" | "value", word: string): Edit[] | undefined {
    const node = which === "key" ? this.pair(path)?.key : this.node(path);
    if (!isScalar(node) || !node.range) return undefined;
    const [start, end] = node.range;
    const written = this.text.slice(start, end);
    const quote = /^(["']?)[\w./-]+\1$/.exec(written)?.[1];
    return quote === undefined ? undefined : [{ start, end, text: quote + word + quote }];
  }
}

/** `spec.analyzers[0].textAnalyze` */
export function fieldName(path: Path): string {
  return path.map((part) => typeof part === "number" ? `[${part}]` : `.${part}`).join("").replace(/^\./, "");
}
