import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseAllDocuments, visit } from "yaml";
import type { Span } from "../rule.ts";
import { StructurePath } from "./structure_path.ts";

/** Whether the beginning of a file reads as a YAML map or list: only there can paths lead anywhere. */
export function beginsLikeYaml(head: string): boolean {
  const documents = read(head) ?? [];
  return documents.some(({ contents }) => isSeq(contents) || (isMap(contents) && contents.items.every(hasShortKey)));
}

/** Logs whose lines have one `: ` each read as maps too: their keys are half sentences. */
function hasShortKey({ key }: Pair): boolean {
  return isScalar(key) && !/\s/.test(String(key.value));
}

/** Finds values by path in each document of a YAML text.
 * @returns spans by number of the path, or undefined when it is no YAML */
export function findInYaml(text: string, paths: readonly StructurePath[]): Span[][] | undefined {
  const documents = read(text);
  if (documents === undefined) return undefined;
  return paths.map(({ steps }) =>
    documents.flatMap(({ contents }) => follow(contents, steps)).flatMap((node) => spanOf(text, node))
  );
}

/** True when the text is YAML all of whose aliases have their anchor. */
export function isWholeYaml(text: string): boolean {
  const documents = read(text);
  if (documents === undefined) return false;
  let whole = true;
  for (const document of documents) {
    visit(document, {
      Alias(_, alias) {
        whole &&= alias.resolve(document) !== undefined;
      },
    });
  }
  return whole;
}

function read(text: string): Document[] | undefined {
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent", keepSourceTokens: false });
  if (!Array.isArray(documents) || documents.some((document) => document.errors.length > 0)) return undefined;
  return documents as Document[];
}

function follow(node: Node | null, steps: readonly string[]): Node[] {
  if (node === null) return [];
  const [step, ...rest] = steps;
  if (step === undefined) return [node];
  if (isMap(node)) {
    return node.items
      .filter(({ key }) => isScalar(key) && StructurePath.leadsTo(step, String(key.value)))
      .flatMap(({ value }) => follow(value as Node | null, rest));
  }
  if (!isSeq(node)) return [];
  return node.items.filter((_, i) => StructurePath.leadsTo(step, i)).flatMap((item) =>
    follow(item as Node | null, rest)
  );
}

function spanOf(text: string, node: Node): Span[] {
  if (node.range === undefined || node.range === null) return [];
  if (isScalar(node) && node.value === null) return [];
  if (!isAlias(node) && !isScalar(node) && !isMap(node) && !isSeq(node)) return [];
  const [start, valueEnd] = node.range;
  // block scalars and collections reach over their last line feed, which stays
  const end = start + text.slice(start, valueEnd).trimEnd().length;
  return [{ start, end }];
}
