import type { Span } from "./rule.ts";
import { SECRET_TYPES } from "./tokens/secret_type.ts";
import { isOnlyAround } from "./tokens/split_value.ts";

/** What stands in place of everything hidden, unless tokens do. */
export const MASK = "***HIDDEN***";

/** A mask or a token, as a regular expression without groups. The number behind a hash is of other writers. */
export const MASK_SOURCE = String.raw`\*\*\*(?:HIDDEN|[A-Z][A-Z0-9_]{0,31}_(?:${
  SECRET_TYPES.join("|")
})_[A-F0-9]{6,64}(?:_\d{1,6})?)\*\*\*`;
/** No mask is longer. */
export const MAX_MASK_LENGTH = 128;

const EVERY_MASK = new RegExp(MASK_SOURCE, "g");
const WHOLE_MASK = new RegExp(`^${MASK_SOURCE}$`);

/** True for a text that is a mask or a token, and nothing else. */
export function isMask(text: string): boolean {
  return text === MASK || (text.startsWith("***") && WHOLE_MASK.test(text));
}

/** Masks and tokens in a text, from left to right. */
export function masksIn(text: string): Span[] {
  const found: Span[] = [];
  for (let start = text.indexOf("***"); start >= 0; start = text.indexOf("***", start)) {
    if (text.startsWith(MASK, start)) found.push({ start, end: start += MASK.length });
    else {
      EVERY_MASK.lastIndex = start;
      const mask = EVERY_MASK.exec(text);
      if (mask === null) break;
      found.push({ start: mask.index, end: start = EVERY_MASK.lastIndex });
    }
  }
  return found;
}

export function withoutMasks(text: string): string {
  return text.includes("***") ? text.replace(EVERY_MASK, "") : text;
}

/** Chooses what stands in place of hidden text. */
export interface MaskMaker {
  /** @param path of the file in the bundle; for all files in an archive, that of the archive */
  start(path: string): FileMasks;
}

/** The masks of one file. */
export interface FileMasks {
  /** @param value what is hidden, one character per byte. There may be masks in it
   * @param rule reported name of the rule that hides it
   * @param before text in front of it, or some of it */
  of(value: string, rule: string, before: string): string;
  /** To be called when the whole file has been redacted; never for a file that is left out. */
  end(): void;
}

/** Writes {@linkcode MASK} for everything. */
export const HIDDEN: MaskMaker & FileMasks = {
  start: () => HIDDEN,
  of: () => MASK,
  end: () => {},
};

export interface Masked {
  text: string;
  count: number;
  /** Characters (= bytes) that are no longer there. */
  hidden: number;
}

/** Hides spans of a line. Masks that are there already stay: a span inside one does nothing, one that cuts into one is cut
 * back, one around one swallows it. Empty spans do nothing, overlapping ones become neighbours. */
export function maskSpans(text: string, spans: Span[], rule = "", masks: FileMasks = HIDDEN): Masked {
  const wanted = spans.filter((span) => span.end > span.start).sort((a, b) => a.start - b.start);
  if (wanted.length === 0) return { text, count: 0, hidden: 0 };
  const there = masksIn(text);
  const out: string[] = [];
  let at = 0, count = 0, hidden = 0;
  for (const span of wanted) {
    const { start, end } = clearOf(there, Math.max(span.start, at), span.end);
    if (end <= start) continue;
    const value = text.slice(start, end);
    const mask = span.drop ? "" : hide(value, rule, text.slice(Math.max(0, start - BEFORE), start), masks);
    if (mask === value || (span.drop && withoutMasks(value) === "")) continue;
    out.push(text.slice(at, start), mask);
    at = end;
    count++;
    hidden += withoutMasks(value).length - (mask === MASK ? 0 : withoutMasks(mask).length);
  }
  if (count === 0) return { text, count, hidden };
  out.push(text.slice(at));
  return { text: out.join(""), count, hidden };
}

/** How much of the text in front of a value tells its name. */
export const BEFORE = 100;

/** What stands in place of a text: the text itself where nothing in it is left to hide. */
export function hide(value: string, rule: string, before: string, masks: FileMasks): string {
  if (value.includes("***")) {
    const left = withoutMasks(value);
    if (left.length < value.length && isOnlyAround(left)) return value;
  }
  return masks.of(value, rule, before);
}

/** The part of a span that does not cut into a mask; it may be none. */
export function clearOf(masks: readonly Span[], start: number, end: number): { start: number; end: number } {
  const first = maskAround(masks, start), last = maskAround(masks, end);
  return { start: first?.end ?? start, end: last?.start ?? end };
}

/** The mask that a position lies inside of. */
export function maskAround(masks: readonly Span[], position: number): Span | undefined {
  let low = 0, high = masks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (masks[middle]!.start < position) low = middle + 1;
    else high = middle;
  }
  const mask = masks[low - 1];
  return mask !== undefined && position < mask.end ? mask : undefined;
}
