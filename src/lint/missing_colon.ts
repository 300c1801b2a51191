import * as analyzers from "../analyze/registry.ts";
import * as collectors from "../collect/registry.ts";
import { DOCUMENT_SHAPES } from "../spec/document_shapes.ts";
import type { Edit } from "./finding.ts";

const HEADS = ["apiVersion", "kind", "metadata", "name", "spec"];
/** Words that stand alone on a line as keys only. */
const KEYS: ReadonlySet<string> = new Set([
  ...HEADS,
  ...Object.values(DOCUMENT_SHAPES).flatMap(({ lists, others }) => [...Object.keys(lists), ...Object.keys(others)]),
  ...collectors.KNOWN_CLUSTER_KINDS,
  ...collectors.KNOWN_HOST_KINDS,
  ...analyzers.KNOWN_CLUSTER_ANALYZERS,
  ...analyzers.KNOWN_HOST_ANALYZERS,
  "outcomes",
]);

/** The colon that is missing where a text cannot be parsed: behind a word that is known as a key, on the line of the error
 * or on the one before. */
export function missingColon(text: string, offset: number): Edit[] | undefined {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.lastIndexOf("\n", start - 2) + 1;
  for (const at of start === 0 ? [0] : [before, start]) {
    const line = /^.*/.exec(text.slice(at, at + 1_000))![0].trimEnd();
    const [, lead, word, rest] = /^([ ]*(?:-[ ]+)?)([A-Za-z]\w*)([ ]+[^\s:#]+)?$/.exec(line) ?? [];
    if (word === undefined || !(rest === undefined ? KEYS.has(word) : HEADS.includes(word))) continue;
    const end = at + lead!.length + word.length;
    return [{ start: end, end, text: ":" }];
  }
  return undefined;
}
