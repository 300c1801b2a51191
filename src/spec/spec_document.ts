import {
  type Document,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";
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

/** The parser's messages with these codes quote what is written. */
const QUOTING: Record<string, string> = {
  BAD_COLLECTION_TYPE: "a tag does not fit to what follows it",
  BAD_DQ_ESCAPE: "there is no such escape sequence in double quotes",
  TAG_RESOLVE_FAILED: "the tag is not known",
  UNEXPECTED_TOKEN: "something stands where it cannot",
};

/** What the parser says of a document, without words of it: they may be a secret. */
export function yamlProblem({ code, message }: YAMLParseError): string {
  return QUOTING[code] ?? message.split("\n")[0]!;
}

/** Splits a text into its documents. Separators may carry blanks and comments, line ends may be CRLF.
 * @throws {SpecError} when a document is not YAML, or not a mapping */
export function parseDocuments(text: string, source: string): SpecDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ""), {
    lineCounter: lines,
    uniqueKeys: true,
    merge: true,
    prettyErrors: false,
    logLevel: "error", // its warnings quote what is written
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${source}:${line}:${col}`;
  };
  const result: SpecDocument[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const error = document.errors[0];
    if (error !== undefined) {
      // No cause, and no words of the text: what is written there may be a secret.
      throw new SpecError(
        at(error.pos[0]),
        `This is not valid YAML: ${yamlProblem(error)}`,
        /\{\{.*\}\}/.test(text)
          ? "It holds {{ … }}: render the template first, and pass what comes out"
          : "Mend the line; tabs, missing spaces after a colon and wrong indents are the usual causes",
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
      data: toData(document, at),
      place: (path, which = "value") => at(offsetOf(document, path, which)),
    });
  }
  return result;
}

function toData(document: Document.Parsed, at: (offset: number) => string): Record<string, unknown> {
  try {
    return document.toJS({ maxAliasCount: 1000 }) as Record<string, unknown>;
  } catch (error) {
    // An alias without its anchor, or aliases of aliases that would fill the memory.
    if (!(error instanceof ReferenceError)) throw error;
    throw new SpecError(
      at(document.contents?.range?.[0] ?? 0),
      "The aliases of this document cannot be resolved",
      "Anchors stand before their aliases; write out what an alias of many aliases would repeat",
    );
  }
}

/** Where in the text the value or the key at a path begins; the nearest ancestor's that exists, else the document's. */
export function offsetOf(
  document: Document.Parsed,
  path: readonly (string | number)[],
  which: "key" | "value",
): number {
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
