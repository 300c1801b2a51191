import type { RE2JS } from "re2js";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { freeOldGarbage } from "../core/free_garbage.ts";
import { firstRegexMatch, lineAt } from "./regex.ts";

/** What a pattern found in a file. */
export interface TextMatch {
  /** From 1. */
  line: number;
  /** The text of each named group. */
  groups: Record<string, string>;
}

/** A file up to this size is searched as one text. */
const WHOLE_BYTES = 16 * 1024 * 1024;
const STRETCH_CHARS = 1024 * 1024;
/** How much of a stretch is searched once more with the next one. */
const OVERLAP_CHARS = 64 * 1024;
/** Texts of a megabyte count as old at once. */
const STRETCHES_BETWEEN_SWEEPS = 24;

/** The first match of each pattern in a file. A file of more than 16 MB is searched in stretches of 1 MB: a match that begins
 * in one and is longer than 64 kB may be found shorter than it is, or not at all.
 * @returns undefined when there is no such file */
export async function searchText(
  patterns: readonly RE2JS[],
  bundle: BundleReader,
  path: string,
): Promise<(TextMatch | undefined)[] | undefined> {
  const found = new Array<TextMatch | undefined>(patterns.length);
  let exists = false;
  for await (const stretch of stretchesOf(bundle, path)) {
    exists = true;
    patterns.forEach((pattern, i) => found[i] ??= matchIn(pattern, stretch));
    if (!found.includes(undefined)) break;
  }
  return exists ? found : undefined;
}

interface Stretch {
  text: string;
  /** Of its first character. */
  line: number;
  first: boolean;
  last: boolean;
}

function matchIn(pattern: RE2JS, { text, line, first, last }: Stretch): TextMatch | undefined {
  // Behind the first stretch no character is the first one of the file, for which ^ and \A ask.
  const match = firstRegexMatch(pattern, text, first ? 0 : 1);
  if (match === undefined) return undefined;
  // What reaches the end may go on behind it: the next stretch has all of it.
  if (!last && match.end === text.length && match.index >= text.length - OVERLAP_CHARS) return undefined;
  return { line: line - 1 + lineAt(text, match.index), groups: match.groups };
}

async function* stretchesOf(bundle: BundleReader, path: string): AsyncGenerator<Stretch> {
  const size = await bundle.size?.(path);
  if (size === undefined || size <= WHOLE_BYTES) {
    const text = await bundle.readText(path);
    if (text !== undefined) yield { text, line: 1, first: true, last: true };
    return;
  }
  const decoder = new TextDecoder();
  let text = "", line = 1, first = true, stretches = 0;
  for await (const piece of await bundle.stream?.(path) ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length < STRETCH_CHARS) continue;
    yield { text, line, first, last: false };
    const rest = text.length - OVERLAP_CHARS;
    line = line - 1 + lineAt(text, rest);
    text = text.slice(rest);
    first = false;
    if (++stretches % STRETCHES_BETWEEN_SWEEPS === 0) freeOldGarbage();
  }
  yield { text: text + decoder.decode(), line, first, last: true };
}
