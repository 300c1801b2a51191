import { distance } from "fastest-levenshtein";

/** The candidate that the user most likely meant, or undefined when none is close.
 * Close means: the same but for casing, or at most one edit for each three characters (two at least from five on). */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  const bound = lower.length < 5 ? 1 : Math.max(2, Math.floor(lower.length / 3));
  let best: string | undefined;
  let bestDistance = bound + 1;
  for (const candidate of candidates) {
    const d = distance(lower, candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}
