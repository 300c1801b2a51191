import { type Document, isMap, isScalar, LineCounter, type Node, parseAllDocuments, type YAMLMap } from "yaml";
import { SpecError } from "./spec_error.ts";

/** One YAML document of a source, with the means to say where in it something stands. */
export interface SpecDocument {
  /** File name, URL or `standard input`. */
  source: string;
  /** As plain data. */
  data: Record<string, unknown>;
  /** `file:line:column` of the value (or, with `key`, of the key) at a path of the document; of the nearest ancestor
   * that exists, else of the document. */
  place(path: readonly (string | number)[], which?: "key" | "value"): string;
}

/** Splits a text into its documents. Separators may carry blanks and comments, line ends may be CRLF.
 * @throws {SpecError} when a document is not YAML, or not a mapping */
export function parseDocuments(text: string, source: string): SpecDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ""), { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${source}:${line}:${col}`;
  };
  const result: SpecDocument[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const error = document.errors[0];
    if (error !== undefined) {
      throw new SpecError(
        at(error.pos[0]),
        `This is not valid YAML: ${error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "")}`,
        "Mend the line; tabs, missing spaces after a colon and wrong indents are the usual causes",
        { cause: error },
      );
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue;
    if (!isMap(document.contents)) {
      throw new SpecError(
        at(document.contents.range?.[0] ?? 0),
        "This document is not a mapping",
        "A spec starts with apiVersion: and kind:",
      );
    }
    result.push({
      source,
      data: document.toJS({ maxAliasCount: 1000 }) as Record<string, unknown>,
      place: (path, which = "value") => at(offsetOf(document, path, which)),
    });
  }
  return result;
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[], which: "key" | "value"): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true) as Node | undefined;
    const key = path[depth - 1]!;
    if (isMap(parent)) {
      const pair = (parent as YAMLMap).items.find((item) => isScalar(item.key) && item.key.value === key);
      const node = (which === "key" || depth < path.length ? pair?.key : pair?.value ?? pair?.key) as Node | undefined;
      if (node?.range) return node.range[0];
      if (pair !== undefined) return (pair.key as Node).range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, depth), true) as Node | undefined;
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
