import type { Span } from "./rule.ts";

/** What stands in place of everything hidden. */
export const MASK = "***HIDDEN***";

export interface Masked {
  text: string;
  count: number;
  /** Characters (= bytes) that are no longer there. */
  hidden: number;
}

/** Puts the mask over spans of a line. Masks that are there already stay: a span inside one does nothing, one that
 * cuts into one is cut back, one around one swallows it. Empty spans do nothing, overlapping ones become one. */
export function maskSpans(text: string, spans: Span[]): Masked {
  const wanted = spans.filter((span) => span.end > span.start).sort((a, b) => a.start - b.start);
  if (wanted.length === 0) return { text, count: 0, hidden: 0 };
  const masks = masksIn(text);
  const out: string[] = [];
  let at = 0, count = 0, hidden = 0, m = 0;
  for (const span of wanted) {
    let start = Math.max(span.start, at), end = span.end;
    while (m < masks.length && masks[m]! + MASK.length <= start) m++;
    if (m < masks.length && masks[m]! <= start && start < end) start = masks[m]! + MASK.length;
    for (let k = m; k < masks.length && masks[k]! < end; k++) {
      if (masks[k]! >= start && masks[k]! + MASK.length > end) end = masks[k]!;
    }
    if (end <= start) continue;
    out.push(text.slice(at, start));
    if (!span.drop) out.push(MASK);
    at = end;
    const left = text.slice(start, end).replaceAll(MASK, "").length;
    if (left > 0) {
      count++;
      hidden += left;
    }
  }
  if (count === 0) return { text, count, hidden };
  out.push(text.slice(at));
  return { text: out.join(""), count, hidden };
}

function masksIn(text: string): number[] {
  const found: number[] = [];
  for (let i = text.indexOf(MASK); i >= 0; i = text.indexOf(MASK, i + MASK.length)) found.push(i);
  return found;
}
